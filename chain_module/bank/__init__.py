"""Balances: who holds what, moved by MsgSend and MsgMultiSend, and never made or lost.

What belongs here: coins, balances, supply, their messages, genesis and queries. What does not:
who may sign (`auth`, `tx`), and what fees are for.
"""
