"""The app hash: one root over the roots of all stores, as the Cosmos SDK computes it.

Names sorted; a leaf is the store's name and the SHA-256 of its root, both with their length; the
tree is CometBFT's, which is RFC 6962's: leaves hashed behind 0x00, inner nodes behind 0x01, split
at the largest power of two below the number of leaves. An empty store counts. The SDK's transient
and memory stores do not, and we have none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

from chain_module.store.encoding import EMPTY_ROOT, HASH_LENGTH, uvarint

LEAF_PREFIX: Final = b"\x00"
INNER_PREFIX: Final = b"\x01"


def app_hash(roots: Mapping[str, bytes]) -> bytes:
    """32 bytes, of each store's name and root."""
    return simple_root([store_leaf(name, roots[name]) for name in sorted(roots)])


def store_leaf(name: str, root: bytes) -> bytes:
    """The hash of one store's leaf. Names are ASCII."""
    text = name.encode("ascii")
    data = uvarint(len(text)) + text + HASH_LENGTH + sha256(root).digest()
    return sha256(LEAF_PREFIX + data).digest()


def simple_root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; SHA-256 of nothing where there is none."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else EMPTY_ROOT
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = simple_root(leaves[:split]), simple_root(leaves[split:])
    return sha256(INNER_PREFIX + left + right).digest()
