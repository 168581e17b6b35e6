"""CometBFT's light client (v0.38): which headers follow from one that is trusted.

Light blocks in, a verdict out: no network, no clock, no store. `codec` lets in what has the right
form; `hashes` and `sign_bytes` compute what validators signed; each rule is one function of
`predicates` or `tally`. `enclave_rule` is the enclave's list of rules, without clock or trusting
period; `verifier` is CometBFT's own, for a node and for published cases; `bisection` walks to a
height by either, and `fork` judges two branches.
"""
