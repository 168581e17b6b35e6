"""SIGN_MODE_DIRECT against cosmpy, whose signatures come from the pure-Python `ecdsa` library."""

from __future__ import annotations

import hashlib
from typing import Final

import ecdsa
import pytest
from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import SignDoc
from hypothesis import given
from hypothesis import strategies as st

from chain_module.tx.sign_bytes import (
    MAX_LOW_S,
    ORDER,
    REMEMBERED,
    SCALAR_BYTES,
    BadSignature,
    sign_bytes,
    verify,
    verify_new,
)
from tests.support.cosmpy_wallets import ALICE, BOB, wallet
from tests.support.work import counted

SIGNED: Final = b"what is signed"


def scalars(signature: bytes) -> tuple[int, int]:
    r, s = signature[:SCALAR_BYTES], signature[SCALAR_BYTES:]
    return int.from_bytes(r, "big"), int.from_bytes(s, "big")


def joined(r: int, s: int) -> bytes:
    return r.to_bytes(SCALAR_BYTES, "big") + s.to_bytes(SCALAR_BYTES, "big")


def test_the_order_is_that_of_the_curve() -> None:
    assert ecdsa.SECP256k1.order == ORDER


@given(st.binary(), st.binary(), st.text(max_size=50), st.integers(0, 2**64 - 1))
def test_sign_bytes_are_cosmpys(
    body: bytes, auth_info: bytes, chain_id: str, account_number: int
) -> None:
    document = SignDoc(
        body_bytes=body,
        auth_info_bytes=auth_info,
        chain_id=chain_id,
        account_number=account_number,
    )
    made = sign_bytes(
        body_bytes=body,
        auth_info_bytes=auth_info,
        chain_id=chain_id,
        account_number=account_number,
    )
    assert made == document.SerializeToString()


@given(st.binary(), st.integers(0, 50))
def test_what_cosmpy_signs_is_accepted(signed: bytes, number: int) -> None:
    one = wallet(number)
    verify(one.public_key, one.key.sign(signed), signed)


@given(st.binary(), st.integers(0, 511), st.booleans())
def test_a_changed_bit_is_refused(signed: bytes, bit: int, change_message: bool) -> None:  # noqa: FBT001 (drawn)
    signature = bytearray(ALICE.key.sign(signed))
    if change_message:
        signed += b"\0"
    else:
        signature[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadSignature):
        verify(ALICE.public_key, bytes(signature), signed)


def test_the_higher_s_is_refused() -> None:
    r, s = scalars(ALICE.key.sign(SIGNED))
    verify(ALICE.public_key, joined(r, s), SIGNED)
    high = joined(r, ORDER - s)
    # It is a signature, and a library that does not look at s takes it.
    key = ecdsa.VerifyingKey.from_string(ALICE.public_key, ecdsa.SECP256k1)
    assert key.verify_digest(high, hashlib.sha256(SIGNED).digest())
    with pytest.raises(BadSignature, match="higher value of s"):
        verify(ALICE.public_key, high, SIGNED)


@pytest.mark.parametrize("signed", [b"%d" % number for number in range(300)])
def test_scalars_of_every_length(signed: bytes) -> None:
    """One in 128 signatures has a leading zero byte, half of all r have the top bit set."""
    verify(BOB.public_key, BOB.key.sign(signed), signed)


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        bytes(63),
        bytes(64),
        bytes(65),
        joined(0, 1),
        joined(1, 0),
        joined(ORDER, 1),
        joined(2**256 - 1, 1),
        joined(1, MAX_LOW_S),
        joined(1, MAX_LOW_S + 1),
        joined(1, ORDER),
        joined(1, 2**256 - 1),
    ],
    ids=lambda signature: f"{len(signature)}-{signature[:2].hex()}-{signature[-2:].hex()}",
)
def test_what_is_no_signature_is_refused(signature: bytes) -> None:
    with pytest.raises(BadSignature):
        verify(ALICE.public_key, signature, SIGNED)


def test_a_der_signature_is_refused() -> None:
    """The 64 bytes are the one form, although the library reads the other."""
    r, s = scalars(ALICE.key.sign(SIGNED))
    with pytest.raises(BadSignature):
        verify(ALICE.public_key, ecdsa.util.sigencode_der(r, s, ORDER), SIGNED)


@pytest.mark.parametrize(
    "key",
    [b"", bytes(33), b"\x02" + bytes(32), b"\x02" + b"\xff" * 32, b"\x05" + bytes(31) + b"\x01"],
    ids=["empty", "zeros", "zero", "above-p", "wrong-prefix"],
)
def test_what_is_no_key_signs_nothing(key: bytes) -> None:
    with pytest.raises(BadSignature):
        verify(key, ALICE.key.sign(SIGNED), SIGNED)


def test_another_key_is_refused() -> None:
    with pytest.raises(BadSignature):
        verify(BOB.public_key, ALICE.key.sign(SIGNED), SIGNED)


def test_bad_signatures_push_no_good_one_out() -> None:
    """What was verified once stays known, whatever strangers sign with the same key."""
    good = ALICE.key.sign(SIGNED)
    verify(ALICE.public_key, good, SIGNED)
    for number in range(REMEMBERED):
        with pytest.raises(BadSignature):
            verify(ALICE.public_key, joined(number + 1, 1), SIGNED)
    with counted() as work:
        verify(ALICE.public_key, good, SIGNED)
    assert not work.of(verify_new)
