"""The parts that every confidential application of ours is made of (Quartz's roles).

`Enclave` holds a `KeyManager`, an `Attestor`, a `KvStore` and an entropy source, and runs a
`Handler` as one transaction: it commits whole or changes nothing.
"""
