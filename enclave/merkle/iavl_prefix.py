"""What an IAVL node's prefix must hold: `validateIavlOps` of cosmos/ics23 (go/ops.go).

    leaf    height 0 | size 1 | version
    inner   height   | size   | version | 0x20                          (the child is the left one)
    inner   height   | size   | version | 0x20 | left hash | 0x20       (it is the right one)

The three are signed varints, as Go's binary.PutVarint has them. A node's height is at least its
distance from the leaf: so no leaf, and no node from further down, passes for one further up.
"""

from __future__ import annotations

from typing import Final

from enclave.merkle.refusal import bad_proof
from enclave.wire import read_varint

_BEFORE_LEFT: Final = 1
"""Bytes after the version where the child is the left one: a hash's length."""
_BEFORE_RIGHT: Final = 34
"""Where it is the right one: length, left hash, length."""


def check_leaf_prefix(prefix: bytes) -> None:
    """Height 0, size 1, a version and nothing else. Raises Refusal, BAD_PROOF."""
    height, size, rest = _read(prefix, least_height=0)
    if rest:
        raise bad_proof("an IAVL leaf's prefix that ends with its version", f"{rest} bytes more")
    if height:
        raise bad_proof("an IAVL leaf of height 0", f"{height}")
    if size != 1:
        raise bad_proof("an IAVL leaf of size 1", f"{size}")


def check_inner_prefix(prefix: bytes, *, layer: int) -> None:
    """A height of at least `layer`, and a child to the left or none. Raises Refusal, BAD_PROOF."""
    _, _, rest = _read(prefix, least_height=layer)
    if rest not in (_BEFORE_LEFT, _BEFORE_RIGHT):
        raise bad_proof(
            f"{_BEFORE_LEFT} or {_BEFORE_RIGHT} bytes after an IAVL node's version", f"{rest}"
        )


def _read(prefix: bytes, *, least_height: int) -> tuple[int, int, int]:
    """Height, size, and the number of bytes after the version."""
    height, at = _varint(prefix, 0, "height")
    if height < least_height:
        raise bad_proof(f"an IAVL height of at least {least_height}", f"{height}")
    size, at = _varint(prefix, at, "size")
    if size < 0:
        raise bad_proof("an IAVL size of at least 0", f"{size}")
    version, at = _varint(prefix, at, "version")
    if version < 0:
        raise bad_proof("an IAVL version of at least 0", f"{version}")
    return height, size, len(prefix) - at


def _varint(data: bytes, at: int, name: str) -> tuple[int, int]:
    """The signed integer at `at`, and where the next byte is."""
    try:
        value, at = read_varint(data, at)
    except IndexError:
        raise bad_proof(f"a prefix with an IAVL {name}, a varint of 64 bits", data.hex()) from None
    return value >> 1 ^ -(value & 1), at
