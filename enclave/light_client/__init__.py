"""CometBFT's light client (v0.38): which headers follow from one that is trusted.

Light blocks in, a verdict out: no network, no clock, no store. `codec` lets in what has the right
form; `hashes` and `sign_bytes` compute what validators signed; each rule is one function of
`predicates` or `tally`. `enclave_rule` is the list of rules, without clock or trusting period, and
`fork` judges two branches. What belongs here: what any enclave needs to follow a chain. What must
not: what the chain is for (`registration`), and the way to a height, which hosts find.
"""
