"""A whole network on this machine: its homes, its processes, its registrations.

What belongs here: building, running and asking a network of several nodes. What must not: how one
node is configured, run or registered; that is `config`, `supervisor` and `join`.
"""
