"""Everything that touches the world: processes, files, sockets, clocks, and the command line.

What belongs here: the application that CometBFT asks, the host of the enclave, clients of all three
processes, their supervisor, and `seedpactd`. What must not: rules of consensus (`chain_module`) and
secrets (`enclave`).
"""
