"""What an enclave believes of the chain: signed headers, and what is proven under the last of them.

The one room where light client and Merkle proofs meet the registration store. `headers` leads from
a root of trust to a header; `chain` reads proven entries under it. Nothing else about the chain
reaches a handler, in software mode too.
"""
