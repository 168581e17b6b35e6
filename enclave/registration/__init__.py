"""What the chain says about the seed agreement: network identity, records, context and gates.

Everything here is pure and shared: the enclave decides with it, and so does the chain module.
"""
