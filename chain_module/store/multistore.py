"""The app hash: one root over the roots of all stores, as the Cosmos SDK computes it.

Names sorted; a leaf is the store's name and the SHA-256 of its root, both with their length; the
tree is CometBFT's simple one (`enclave.merkle.simple_tree`). An empty store counts. The SDK's
transient and memory stores do not, and we have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from chain_module.store.encoding import HASH_LENGTH, uvarint
from enclave.merkle.simple_tree import leaf_hash, root_of_hashes


def app_hash(roots: Mapping[str, bytes]) -> bytes:
    """32 bytes, of each store's name and root."""
    return root_of_hashes([store_leaf(name, roots[name]) for name in sorted(roots)])


def store_leaf(name: str, root: bytes) -> bytes:
    """The hash of one store's leaf. Names are ASCII."""
    text = name.encode("ascii")
    data = uvarint(len(text)) + text + HASH_LENGTH + sha256(root).digest()
    return leaf_hash(data)
