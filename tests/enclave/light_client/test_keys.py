"""Validators' keys: addresses and signatures, against other implementations."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import coincurve
import pytest
from Crypto.Hash import RIPEMD160
from hypothesis import given
from hypothesis import strategies as st

from enclave.light_client.keys import address, verifies
from enclave.light_client.types import KeyKind, PublicKey
from tests.enclave.light_client.maker import ORDER, signer

PRIVATE: Final = coincurve.PrivateKey(sha256(b"a validator's key").digest())
SECP256K1: Final = PublicKey(KeyKind.SECP256K1, PRIVATE.public_key.format())
MESSAGE: Final = b"a vote"

private_keys = st.integers(1, ORDER - 1).map(lambda number: number.to_bytes(32, "big"))


def signed(private: coincurve.PrivateKey, message: bytes) -> bytes:
    """r, then s, the smaller of the two, as libsecp256k1 and CometBFT have it."""
    return private.sign_recoverable(message)[:64]


def test_an_address_is_of_20_bytes_by_the_keys_kind() -> None:
    ed25519 = signer("a").key
    assert address(ed25519) == sha256(ed25519.data).digest()[:20]
    digest = sha256(SECP256K1.data).digest()
    assert address(SECP256K1) == RIPEMD160.new(digest).digest()


@given(private_keys, st.binary(max_size=64))
def test_signatures_of_libsecp256k1_verify(private: bytes, message: bytes) -> None:
    key = coincurve.PrivateKey(private)
    public = PublicKey(KeyKind.SECP256K1, key.public_key.format())
    signature = signed(key, message)
    assert verifies(public, signature, message)
    assert not verifies(public, signature, message + b"!")


@given(st.integers(0, 511), st.sampled_from(KeyKind))
def test_a_changed_bit_does_not_verify(bit: int, kind: KeyKind) -> None:
    member = signer("a", kind=kind)
    signature = bytearray(member.sign(MESSAGE))
    assert verifies(member.key, bytes(signature), MESSAGE)
    signature[bit // 8] ^= 1 << bit % 8
    assert not verifies(member.key, bytes(signature), MESSAGE)


def test_the_greater_s_does_not_verify() -> None:
    """Or a vote would have two signatures; CometBFT refuses it as well."""
    signature = signed(PRIVATE, MESSAGE)
    r, s = signature[:32], int.from_bytes(signature[32:], "big")
    assert s <= ORDER // 2
    assert verifies(SECP256K1, r + s.to_bytes(32, "big"), MESSAGE)
    assert not verifies(SECP256K1, r + (ORDER - s).to_bytes(32, "big"), MESSAGE)


@pytest.mark.parametrize("kind", KeyKind)
@pytest.mark.parametrize(
    "signature", [b"", bytes(63), bytes(64), bytes(65), bytes(31) + b"\1" + bytes(32), b"\xff" * 64]
)
def test_what_is_no_signature_does_not_verify(kind: KeyKind, signature: bytes) -> None:
    assert not verifies(signer("a", kind=kind).key, signature, MESSAGE)


@pytest.mark.parametrize("kind", KeyKind)
def test_a_longer_or_shorter_signature_does_not_verify(kind: KeyKind) -> None:
    member = signer("a", kind=kind)
    signature = member.sign(MESSAGE)
    assert not verifies(member.key, signature + b"\0", MESSAGE)
    assert not verifies(member.key, signature[:-1], MESSAGE)


def test_a_signature_of_secp256k1_has_one_length() -> None:
    """The same r and s with a zero before it would be another signature of the vote."""
    signature = signed(PRIVATE, MESSAGE)
    assert verifies(SECP256K1, signature, MESSAGE)
    assert not verifies(SECP256K1, signature[:32] + b"\0" + signature[32:], MESSAGE)


@pytest.mark.parametrize("data", [bytes(33), b"\2" + b"\xff" * 32, b"\2" + bytes(32)])
def test_a_key_that_is_no_point_verifies_nothing(data: bytes) -> None:
    key = PublicKey(KeyKind.SECP256K1, data)
    assert not verifies(key, signed(PRIVATE, MESSAGE), MESSAGE)
