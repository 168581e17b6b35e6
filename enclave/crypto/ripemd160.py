"""RIPEMD-160 (Dobbertin, Bosselaers and Preneel, 1996; ISO/IEC 10118-3), for addresses.

Validators with secp256k1 keys have addresses from it. OpenSSL offers it in some builds only, in
3.0 behind a legacy module, so `hashlib` may or may not; a verdict must not depend on that. It
hashes public keys alone, and is slow (some 0.1 ms), which no address needs to be quicker than.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_BLOCK_BYTES: Final = 64
_MASK: Final = 2**32 - 1
_START: Final = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)

# Two lines of five rounds of 16 steps. Each round takes the words in the order of the round before
# permuted by rho; the right line starts with pi(i) = 9 i + 5.
_RHO: Final = (7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8)
_LEFT_FIRST: Final = tuple(range(16))
_RIGHT_FIRST: Final = tuple((9 * i + 5) % 16 for i in range(16))
_LEFT_CONSTANTS: Final = (0x00000000, 0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xA953FD4E)
_RIGHT_CONSTANTS: Final = (0x50A28BE6, 0x5C4DD124, 0x6D703EF3, 0x7A6D76E9, 0x00000000)
_LEFT_FUNCTIONS: Final = (0, 1, 2, 3, 4)
_RIGHT_FUNCTIONS: Final = (4, 3, 2, 1, 0)

# How far a step rotates: by round and word, in both lines.
_SHIFTS: Final = (
    (11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8),
    (12, 13, 11, 15, 6, 9, 9, 7, 12, 15, 11, 13, 7, 8, 7, 7),
    (13, 15, 14, 11, 7, 7, 6, 8, 13, 14, 13, 12, 5, 5, 6, 9),
    (14, 11, 12, 14, 8, 6, 5, 5, 15, 12, 15, 14, 9, 9, 8, 6),
    (15, 12, 13, 13, 9, 5, 8, 6, 14, 11, 12, 11, 8, 6, 5, 5),
)


def ripemd160(data: bytes) -> bytes:
    """20 bytes."""
    size = len(data)
    padded = data + b"\x80" + bytes(-(size + 9) % _BLOCK_BYTES) + (8 * size).to_bytes(8, "little")
    state: Sequence[int] = _START
    for at in range(0, len(padded), _BLOCK_BYTES):
        words = [
            int.from_bytes(padded[i : i + 4], "little") for i in range(at, at + _BLOCK_BYTES, 4)
        ]
        state = _compress(state, words)
    return b"".join(word.to_bytes(4, "little") for word in state)


def _compress(state: Sequence[int], words: Sequence[int]) -> Sequence[int]:
    """The state of five words after one block of 16."""
    left = _line(state, words, _LEFT_FIRST, _LEFT_CONSTANTS, _LEFT_FUNCTIONS)
    right = _line(state, words, _RIGHT_FIRST, _RIGHT_CONSTANTS, _RIGHT_FUNCTIONS)
    return [(state[(i + 1) % 5] + left[(i + 2) % 5] + right[(i + 3) % 5]) & _MASK for i in range(5)]


def _line(
    state: Sequence[int],
    words: Sequence[int],
    order: Sequence[int],
    constants: Sequence[int],
    functions: Sequence[int],
) -> Sequence[int]:
    """One line: 80 steps that begin with the words in `order`."""
    a, b, c, d, e = state
    for constant, function, shifts in zip(constants, functions, _SHIFTS, strict=True):
        for word in order:
            total = (a + _mix(function, b, c, d) + words[word] + constant) & _MASK
            shift = shifts[word]
            rotated = (total << shift | total >> 32 - shift) + e & _MASK
            a, e, d, c, b = e, d, (c << 10 | c >> 22) & _MASK, b, rotated
        order = [_RHO[word] for word in order]
    return (a, b, c, d, e)


def _mix(function: int, x: int, y: int, z: int) -> int:
    """One of the five Boolean functions. A complement is negative here: its sum is masked."""
    match function:
        case 0:
            return x ^ y ^ z
        case 1:
            return x & y | ~x & z
        case 2:
            return (x | ~y) ^ z
        case 3:
            return x & z | y & ~z
        case _:
            return x ^ (y | ~z)
