"""Merkle trees of the chain: CometBFT's simple tree, and proofs that a state holds or lacks a key.

`simple_tree` is the root over validator sets, headers, commits and stores. `ics23` verifies one
proof against one root and one spec (`specs`), as cosmos/ics23 does in Go; `proof_ops` verifies the
two levels of a Cosmos chain, from a key of a store to a header's app hash. Pure: bytes in, a
refusal or nothing out.
"""
