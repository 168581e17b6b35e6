"""Keys, values and blocks for the state tree's benchmarks; blocks.go makes the same in Go."""

from __future__ import annotations

from hashlib import sha256, sha512
from typing import Final

KEY_BYTES: Final = 28


def key(index: int) -> bytes:
    """The key of that number: 28 bytes."""
    return sha256(b"key" + index.to_bytes(8, "big")).digest()[:KEY_BYTES]


def value(index: int, block: int) -> bytes:
    """What a block writes to it: 64 bytes."""
    return sha512(b"value" + index.to_bytes(8, "big") + block.to_bytes(8, "big")).digest()


def genesis(keys: int) -> dict[bytes, bytes | None]:
    """Block 0: every key."""
    return {key(index): value(index, 0) for index in range(keys)}


def updates(block: int, *, count: int, keys: int) -> dict[bytes, bytes | None]:
    """A block of `count` random updates among `keys` keys, in the order of drawing."""
    prefix, changes, attempt = b"block" + block.to_bytes(8, "big"), dict[bytes, bytes | None](), 0
    while len(changes) < count:
        draw = sha256(prefix + attempt.to_bytes(8, "big")).digest()[:8]
        index = int.from_bytes(draw, "big") % keys
        changes[key(index)] = value(index, block)
        attempt += 1
    return changes
