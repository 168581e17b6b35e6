"""The state machine as a whole: what each ABCI call does to the state, as values.

What belongs here: how a block runs, which transactions a proposal may hold, and how the modules
are put together. What must not: sockets, disks, clocks and the enclave (`node`), and the rules of
one module (that module).
"""
