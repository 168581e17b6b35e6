"""Ed25519 by libsodium against OpenSSL: one verdict, but for points of small order (ADR 0021).

Whoever makes a key or a signature with a part of small order is no honest signer, and such a
signature is good for several keys or messages. libsodium refuses more of them than OpenSSL, and
never takes a signature that OpenSSL refuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha512
from itertools import count
from typing import Final

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import example, given
from hypothesis import strategies as st

from enclave.crypto.primitives import ed25519_public, ed25519_verifies
from tests.enclave.crypto.agreements import SECRETS, flips
from tests.enclave.crypto.published import wycheproof
from tests.second_opinion.curve25519 import Affine, L, P, edwards_add, edwards_decode
from tests.support.laws import slow_law

NEUTRAL: Final[Affine] = (0, 1)
BASE_ENCODED: Final = bytes([0x58]) + bytes([0x66]) * 31
"""RFC 8032 section 5.1: B, whose y is 4/5."""
EIGHTH_ENCODED: Final = bytes.fromhex(
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
)
"""A point of order 8."""


def point(encoded: bytes) -> Affine:
    decoded = edwards_decode(encoded)
    assert decoded is not None
    return decoded


def times(scalar: int, factor: Affine) -> Affine:
    total = NEUTRAL
    for bit in f"{scalar:b}":
        total = edwards_add(total, total)
        if bit == "1":
            total = edwards_add(total, factor)
    return total


def encode(value: Affine) -> bytes:
    x, y = value
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE: Final = point(BASE_ENCODED)
EIGHTH: Final = point(EIGHTH_ENCODED)


def openssl_verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Strange:
    """A signature whose key is aB + iE and whose R is rB + jE, where E has order 8."""

    a: int
    r: int
    i: int
    j: int
    message: bytes

    @property
    def public(self) -> bytes:
        return encode(edwards_add(times(self.a, BASE), times(self.i, EIGHTH)))

    @property
    def signature(self) -> bytes:
        encoded = encode(edwards_add(times(self.r, BASE), times(self.j, EIGHTH)))
        return encoded + ((self.r + self.challenge(encoded) * self.a) % L).to_bytes(32, "little")

    def challenge(self, encoded: bytes) -> int:
        digest = sha512(encoded + self.public + self.message).digest()
        return int.from_bytes(digest, "little") % L

    @property
    def fits(self) -> bool:
        """SB = R + kA without the factor 8 that ZIP-215 has: the parts of order 8 cancel."""
        return (self.j + self.challenge(self.signature[:32]) * self.i) % 8 == 0


def test_the_points_are_what_they_are_called() -> None:
    assert times(L, BASE) == NEUTRAL
    assert BASE[1] == 4 * pow(5, -1, P) % P
    assert times(8, EIGHTH) == NEUTRAL != times(4, EIGHTH)


SCALARS: Final = st.just(0) | st.integers(1, L - 1)


@slow_law()
@given(
    st.builds(
        Strange, SCALARS, SCALARS, st.integers(0, 7), st.integers(0, 7), st.binary(max_size=9)
    )
)
@example(Strange(1, 1, 0, 0, b""))
@example(Strange(0, 1, 0, 0, b"signed by nobody"))
@example(Strange(1, 0, 0, 0, b"R is neutral"))
def test_the_two_differ_about_points_of_small_order_alone(case: Strange) -> None:
    """ZIP-215 takes all of these."""
    assert openssl_verifies(case.public, case.signature, case.message) is case.fits
    small = case.a == 0 or case.r == 0
    found = ed25519_verifies(case.public, case.signature, case.message)
    assert found is (case.fits and not small)


@given(SECRETS, st.binary(max_size=200), st.data())
def test_one_verdict_about_a_changed_bit(seed: bytes, message: bytes, data: st.DataObject) -> None:
    public = ed25519_public(seed)
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(message)
    signed = public + signature + message
    assert ed25519_verifies(public, signature, message)
    changed = data.draw(flips(signed))
    parts = changed[:32], changed[32:96], changed[96:]
    assert ed25519_verifies(*parts) is openssl_verifies(*parts) is False


@given(SECRETS, st.binary(max_size=64))
def test_neither_takes_a_second_form_of_s(seed: bytes, message: bytes) -> None:
    public = ed25519_public(seed)
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(message)
    other = signature[:32] + (int.from_bytes(signature[32:], "little") + L).to_bytes(32, "little")
    assert ed25519_verifies(public, other, message) is openssl_verifies(public, other, message)
    assert not ed25519_verifies(public, other, message)


def test_one_verdict_about_wycheproofs_cases() -> None:
    for vector in wycheproof("ed25519"):
        public = bytes.fromhex(vector.group["publicKey"]["pk"])
        message, signature = vector.get("msg"), vector.get("sig")
        assert ed25519_verifies(public, signature, message) is openssl_verifies(
            public, signature, message
        )


@pytest.mark.parametrize("y", range(P, 2**255))
@pytest.mark.parametrize("sign", [0, 1])
def test_a_point_has_one_encoding(y: int, sign: int) -> None:
    """As a key, where OpenSSL takes another one (y = P + 1 is the neutral point's); and as R."""
    other = (y | sign << 255).to_bytes(32, "little")
    signature = BASE_ENCODED + (1).to_bytes(32, "little")
    assert openssl_verifies(other, signature, b"") is (y == P + 1)
    assert not ed25519_verifies(other, signature, b"")
    challenge = sha512(other + BASE_ENCODED).digest()
    with_r = other + (int.from_bytes(challenge, "little") % L).to_bytes(32, "little")
    assert not openssl_verifies(BASE_ENCODED, with_r, b"")
    assert not ed25519_verifies(BASE_ENCODED, with_r, b"")


def test_a_signature_ends_after_64_bytes() -> None:
    """Or what was signed would be cut elsewhere."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public = private.public_key().public_bytes_raw()
    signature = private.sign(b"message")
    assert ed25519_verifies(public, signature, b"message")
    assert not ed25519_verifies(public, signature[:63], signature[63:] + b"message")
    assert not ed25519_verifies(public, signature + b"m", b"essage")


def test_a_key_has_32_bytes() -> None:
    """The byte that lies behind a key of 31 in memory is 0."""
    publics = ((seed, ed25519_public(seed.to_bytes(32, "big"))) for seed in count())
    seed, public = next(found for found in publics if found[1][31] == 0)
    signature = Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32, "big")).sign(b"message")
    assert ed25519_verifies(public, signature, b"message")
    assert not ed25519_verifies(public[:31], signature, b"message")
    assert not ed25519_verifies(public + b"\0", signature, b"message")
