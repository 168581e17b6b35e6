"""CometBFT's simple Merkle tree (crypto/merkle), which is RFC 6962's with SHA-256.

A leaf is hashed behind 0x00 and an inner node behind 0x01, so that neither can be taken for the
other. A tree of n > 1 leaves splits at the largest power of two below n. That is the tree in which
neighbours are joined level by level and an odd last one is handed up as it is: the way it is
computed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

LEAF_PREFIX: Final = b"\x00"
INNER_PREFIX: Final = b"\x01"

EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves."""


def root(items: Sequence[bytes]) -> bytes:
    """32 bytes, over `items` in their order."""
    return root_of_hashes([leaf_hash(item) for item in items])


def leaf_hash(item: bytes) -> bytes:
    """32 bytes."""
    return sha256(LEAF_PREFIX + item).digest()


def inner_hash(left: bytes, right: bytes) -> bytes:
    """32 bytes, of two hashes of 32."""
    return sha256(INNER_PREFIX + left + right).digest()


def root_of_hashes(leaves: Sequence[bytes]) -> bytes:
    """The root over leaves that are hashed already."""
    if not leaves:
        return EMPTY_ROOT
    level = list(leaves)
    while len(level) > 1:
        above = [
            inner_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)
        ]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]
