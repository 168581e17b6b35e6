"""Accounts: who may sign, with which key, and how many transactions each has sent.

What belongs here: the accounts' records, genesis and queries. What does not: checking signatures
and moving fees (`tx`), and balances (`bank`).
"""
