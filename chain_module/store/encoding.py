"""Bytes that IAVL hashes: signed varints, leaf and inner node, the empty tree.

The rules are those of github.com/cosmos/iavl v1.3.5, `Node.writeHashBytes`:

    leaf   0, 1, version   | uvarint(length of key) key | 32 SHA-256(value)
    inner  height, size, version | 32 hash of left | 32 hash of right          (no key)

Height, size and version are signed (zigzag) varints as in Go's binary.PutVarint; the key's length
is an unsigned one, and so are the two 32 (one byte, 0x20) before each hash.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without keys. An empty store still counts in the app hash."""

HASH_LENGTH: Final = b"\x20"
"""Stands before each 32-byte hash."""

LEAF_HEAD: Final = b"\x00\x02"
"""Height 0 and size 1 as signed varints."""

MORE: Final = 0x80
"""The bit of a varint's byte that says that another follows."""


def uvarint(value: int) -> bytes:
    """Unsigned LEB128, shortest form. Raises ValueError below 0."""
    if value < 0:
        raise ValueError("an unsigned varint is not negative")
    parts = bytearray()
    while value >= MORE:
        parts.append(value % MORE | MORE)
        value //= MORE
    parts.append(value)
    return bytes(parts)


def varint(value: int) -> bytes:
    """Signed varint of a value that is not negative: zigzag doubles it."""
    return uvarint(value << 1)


SMALL: Final = 4096
SMALL_VARINTS: Final = tuple(varint(value) for value in range(SMALL))
"""Heights, and the sizes of all subtrees but the few at the top: a table is 20 times faster."""

SMALL_UVARINTS: Final = tuple(uvarint(value) for value in range(512))
"""Lengths of keys."""


def size_varint(size: int) -> bytes:
    """`varint(size)`, by table where it can be."""
    return SMALL_VARINTS[size] if size < SMALL else varint(size)


def version_tail(version: int) -> bytes:
    """What an inner node's hash has between size and left hash: the same for a whole commit."""
    return varint(version) + HASH_LENGTH


def leaf_head(version: int) -> bytes:
    """What a leaf's hash has before its key's length: the same for a whole commit."""
    return LEAF_HEAD + varint(version)


def leaf_hash(head: bytes, key: bytes, value: bytes) -> bytes:
    """The hash of a leaf; `head` is `leaf_head(version)`."""
    size = len(key)
    length = SMALL_UVARINTS[size] if size < len(SMALL_UVARINTS) else uvarint(size)
    return sha256(b"".join((head, length, key, HASH_LENGTH, sha256(value).digest()))).digest()


def inner_hash(height: int, size: int, tail: bytes, left: bytes, right: bytes) -> bytes:
    """The hash of an inner node; `tail` is `version_tail(version)`."""
    head = SMALL_VARINTS[height]
    return sha256(b"".join((head, size_varint(size), tail, left, HASH_LENGTH, right))).digest()
