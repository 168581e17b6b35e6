"""CometBFT's light client as those outside of an enclave have it: a clock and a trusting period.

What belongs here: orders of the rules of `enclave.light_client`. What must not: a rule of its own
that the enclave has as well.
"""
