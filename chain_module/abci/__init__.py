"""ABCI 2.0 as plain values: what the engine asks, what an application answers.

What belongs here: the values, by the field names of CometBFT's specification. What must not: their
encoding and the socket (`node.abci`), and what the answers should be (the application).
"""
