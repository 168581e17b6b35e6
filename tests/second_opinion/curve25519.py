"""Curve25519 in both shapes, in plain integers: which keys gate 1 accepts (section 5).

RFC 7748's ladder and RFC 8032's point decoding, straight from their text. Slow on purpose.
"""

from __future__ import annotations

from typing import Final

P: Final = 2**255 - 19
"""The field of both curves."""

L: Final = 2**252 + 27742317777372353535851937790883648493
"""Order of the prime-order subgroup."""

D: Final = -121665 * pow(121666, -1, P) % P
"""RFC 8032 section 5.1: the constant of the twisted Edwards curve."""

A24: Final = 121665
"""RFC 7748 section 5: (486662 - 2) / 4."""

SQRT_MINUS_ONE: Final = pow(2, (P - 1) // 4, P)

Affine = tuple[int, int]


def ladder(scalar: int, u: int) -> int:
    """RFC 7748 section 5's Montgomery ladder, without clamping: the u-coordinate, 0 at infinity."""
    x1, x2, z2, x3, z3, swap = u % P, 1, 0, u % P, 1, 0
    for bit in reversed(range(255)):
        k = scalar >> bit & 1
        if swap ^ k:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = k
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb, aa, bb = d * a, c * b, a * a, b * b
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        e = aa - bb
        x2, z2 = aa * bb % P, e * (aa + A24 * e) % P
    if swap:
        x2, z2 = x3, z3
    return x2 * pow(z2, P - 2, P) % P


def x25519(private: bytes, public: bytes) -> bytes:
    """RFC 7748 X25519, all zeros for a point of low order."""
    k = bytearray(private)
    k[0] &= 248
    k[31] = k[31] & 127 | 64
    u = int.from_bytes(public, "little") & (2**255 - 1)
    return ladder(int.from_bytes(k, "little"), u).to_bytes(32, "little")


def exchange_key_is_canonical(key: bytes) -> bool:
    """Gate 1: 32 bytes, little-endian, below 2^255-19."""
    return len(key) == 32 and int.from_bytes(key, "little") < P


def exchange_key_is_low_order(key: bytes) -> bool:
    """Whether 8 times the point is the point at infinity (or its u is 0): no clamped scalar helps.

    Multiples of 8 vanish on points of order 1, 2, 4 and 8, on the curve and on its twist.
    """
    return ladder(8, int.from_bytes(key, "little") & (2**255 - 1)) == 0


def edwards_decode(encoded: bytes) -> Affine | None:
    """RFC 8032 section 5.1.3 read strictly: the point, or None for what is not canonical."""
    if len(encoded) != 32:
        return None
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    x = _recover_x(y)
    if x is None or (x == 0 and sign == 1):
        return None
    return (x if x & 1 == sign else P - x), y


def edwards_add(one: Affine, other: Affine) -> Affine:
    """The complete addition law of the twisted Edwards curve."""
    (x1, y1), (x2, y2) = one, other
    t = D * x1 * x2 * y1 * y2 % P
    x3 = (x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P
    y3 = (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P
    return x3, y3


def edwards_is_small_order(point: Affine) -> bool:
    """Whether 8 times the point is the neutral element."""
    for _ in range(3):
        point = edwards_add(point, point)
    return point == (0, 1)


def tls_key_is_acceptable(key: bytes) -> bool:
    """Gate 1: a canonical Ed25519 point that is not of small order."""
    point = edwards_decode(key)
    return point is not None and not edwards_is_small_order(point)


def _recover_x(y: int) -> int | None:
    xx = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if x * x % P != xx:
        x = x * SQRT_MINUS_ONE % P
    return x if x * x % P == xx else None
