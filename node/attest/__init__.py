"""The laboratory of bad quotes: evidence of software mode that is spoilt in one named way.

What belongs here: tables of what a verifier must refuse, for `seedpactd attest issue` and for
tests. What must not: a verifier.
"""
