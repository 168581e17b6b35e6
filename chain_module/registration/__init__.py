"""Who may hold the seed: registration, renewal, policy and revocation (protocol.md 5 to 7).

What belongs here: the chain's gates, the records and their table of keys, the genesis and the
identity of the network. What must not: verifying a quote (gate 3 is done by those who propose and
vote, `enclave.registration.verification`; a replay needs no verification library), and the seed.
"""
