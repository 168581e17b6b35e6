"""Everything that touches the world: the enclave's client and the command line `seedpactd`.

What belongs here: files, sockets, clocks, user interfaces. What must not: rules of consensus
(`chain_module`) and secrets (`enclave`).
"""
