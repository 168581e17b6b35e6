"""The platform of software mode: an attestor, and the issuer of its quotes and collateral.

What belongs here: what a development network has in place of SGX. What must not: anything that
hardware mode needs. A start in hardware mode imports nothing of this package, and the Gramine
manifest leaves it out.
"""
