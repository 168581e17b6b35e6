"""Transactions: their one encoding, what signers sign, and what must hold before messages run.

What belongs here: decoding, signatures, sequences, fees and gas, equal for all modules. What does
not: what messages do (their modules), and running blocks (`app`).
"""
