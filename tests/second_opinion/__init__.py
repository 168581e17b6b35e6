"""A second opinion on the seed agreement, written from docs/spec/protocol.md alone.

Nothing in this package imports the product. HKDF, X25519 and AES-SIV are pycryptodome's, ML-KEM
is kyber-py's, and curve checks are big-integer arithmetic. None of it is constant-time or fit for
real secrets: it exists to give the same bytes as `enclave.crypto` by another way.
"""
