"""The node as CometBFT's application: the state machine, its disk and its enclave, put together.

What belongs here: the order of work at each ABCI call, what is remembered between calls, and how
long an enclave may take. What must not: rules of the chain (`chain_module`), the wire of ABCI
(`node.abci`), the wire of the enclave (`node.enclave_client`).
"""
