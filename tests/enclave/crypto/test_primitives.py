"""Laws of gate 1's keys and of the primitives (docs/spec/protocol.md sections 2 and 5)."""

from __future__ import annotations

import hashlib

import pytest
from Crypto.Signature import eddsa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import assume, example, given
from hypothesis import strategies as st

from enclave.crypto import primitives
from enclave.crypto.primitives import ExchangeKey, KemKey, check_exchange_key, check_tls_key
from enclave.errors import Code, Refusal
from tests.enclave.crypto.agreements import SECRETS, flips
from tests.second_opinion import curve25519
from tests.second_opinion import primitives as second
from tests.second_opinion.curve25519 import P

LOW_ORDER_U = (
    0,
    1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
    P - 1,
)
"""Every u-coordinate of order 1, 2, 4 or 8, on Curve25519 and on its twist."""

ALIASED = st.integers(P, 2**255 - 1) | st.integers(2**255, 2**256 - 1)
"""Numbers of 32 bytes that X25519 reduces to another key."""


def little(number: int) -> bytes:
    return number.to_bytes(32, "little")


def refusal_of_exchange_key(key: bytes) -> Code | None:
    try:
        check_exchange_key(key)
    except Refusal as refusal:
        return refusal.code
    return None


def refusal_of_tls_key(key: bytes) -> Code | None:
    try:
        check_tls_key(key)
    except Refusal as refusal:
        return refusal.code
    return None


def accepts_tls_key(key: bytes) -> bool:
    code = refusal_of_tls_key(key)
    assert code in {None, Code.BAD_TLS_KEY}
    return code is None


@given(SECRETS)
@example(bytes(32))
@example(b"\xff" * 32)
def test_gate_1_accepts_what_the_integers_accept(key: bytes) -> None:
    """Canonical and not of low order, by plain arithmetic."""
    if not curve25519.exchange_key_is_canonical(key):
        assert refusal_of_exchange_key(key) is Code.BAD_EXCHANGE_KEY
    elif curve25519.exchange_key_is_low_order(key):
        assert refusal_of_exchange_key(key) is Code.LOW_ORDER_KEY
    else:
        assert refusal_of_exchange_key(key) is None


@given(SECRETS, st.data())
def test_aliases_of_an_exchange_key_are_refused(private: bytes, data: st.DataObject) -> None:
    """X25519 would take them for the same key; node_id would not."""
    public = ExchangeKey(private).public
    check_exchange_key(public)
    top_bit = public[:31] + bytes([public[31] | 0x80])
    assert second.x25519(private, top_bit) == second.x25519(private, public)
    assert refusal_of_exchange_key(top_bit) is Code.BAD_EXCHANGE_KEY
    number = data.draw(ALIASED)
    assert refusal_of_exchange_key(little(number)) is Code.BAD_EXCHANGE_KEY


@pytest.mark.parametrize("number", range(P, 2**255))
def test_each_of_the_19_numbers_above_p_is_refused(number: int) -> None:
    with pytest.raises(Refusal) as refused:
        ExchangeKey(b"k" * 32).agree(little(number))
    assert refused.value.code is Code.BAD_EXCHANGE_KEY


@pytest.mark.parametrize("number", LOW_ORDER_U)
@given(private=SECRETS)
def test_low_order_keys_are_refused(number: int, private: bytes) -> None:
    """Each gives zero for every private key: the shared secret would be no secret."""
    assert curve25519.x25519(private, little(number)) == bytes(32)
    with pytest.raises(Refusal) as refused:
        ExchangeKey(private).agree(little(number))
    assert refused.value.code is Code.LOW_ORDER_KEY


def test_the_list_of_low_order_keys_is_complete() -> None:
    """As many as there are.

    The small subgroup is cyclic of order 8 on Curve25519 and of order 4 on its twist. Points of
    order 2, 4 and 8 have 1, 1 and 2 u-coordinates on the curve, 1 (the same) and 1 on the twist.
    """
    doublings_to_zero = sorted(
        next(k for k in range(4) if curve25519.ladder(2**k, number) == 0) for number in LOW_ORDER_U
    )
    assert doublings_to_zero == [0, 1, 1, 2, 2]


@given(st.binary(max_size=64))
def test_an_exchange_key_has_32_bytes(key: bytes) -> None:
    assume(len(key) != 32)
    assert refusal_of_exchange_key(key) is Code.BAD_EXCHANGE_KEY


@given(SECRETS, SECRETS)
def test_x25519_is_the_same_in_three_programs(one: bytes, other: bytes) -> None:
    """And symmetric: both sides derive the same shared secret."""
    mine, theirs = ExchangeKey(one), ExchangeKey(other)
    shared = mine.agree(theirs.public)
    assert shared == theirs.agree(mine.public)
    assert shared == second.x25519(one, second.x25519_public(other))
    assert shared == curve25519.x25519(one, theirs.public)


@given(SECRETS)
def test_every_ed25519_public_key_is_accepted(seed: bytes) -> None:
    """What an honest enclave makes passes gate 1, and two libraries make the same."""
    public = primitives.ed25519_public(seed)
    assert public == second.ed25519_public(seed)
    assert accepts_tls_key(public)


@given(SECRETS)
@example(little(P - 1))
@example(little(P))
@example(little(P + 1))
@example(little(1))
@example(little(1 | 1 << 255))
@example(little(P - 1 | 1 << 255))
@example(bytes(32))
@example(little(1 << 255))
def test_tls_keys_are_judged_as_the_integers_judge(key: bytes) -> None:
    """Half of all strings are no point at all."""
    assert accepts_tls_key(key) is curve25519.tls_key_is_acceptable(key)


@given(SECRETS)
def test_what_passes_is_a_point_for_another_library(key: bytes) -> None:
    """Another importer takes every tls_key that gate 1 accepts, and exports the same bytes."""
    assume(accepts_tls_key(key))
    assert eddsa.import_public_key(key).export_key(format="raw") == key


def test_small_order_tls_keys_are_refused() -> None:
    """All eight points of order 1, 2, 4 and 8, found by clearing the prime-order part."""
    torsion = {(0, 1)}
    y = 2
    while len(torsion) < 8:
        point = curve25519.edwards_decode(little(y))
        y += 1
        if point is not None:
            cleared = multiply(curve25519.L, point)
            torsion |= {multiply(k, cleared) for k in range(8)}
    assert len(torsion) == 8
    for x, y in torsion:
        encoded = little(y | (x & 1) << 255)
        assert curve25519.edwards_decode(encoded) == (x, y)
        assert not accepts_tls_key(encoded)


def test_non_canonical_tls_keys_are_refused() -> None:
    """All y from p up, with both signs; and the sign bit where x is 0."""
    for y in range(P, 2**255):
        for sign in (0, 1):
            assert not accepts_tls_key(little(y | sign << 255))
    for y in (1, P - 1):
        assert not accepts_tls_key(little(y | 1 << 255))


@given(st.binary(max_size=64))
def test_a_tls_key_has_32_bytes(key: bytes) -> None:
    assume(len(key) != 32)
    assert not accepts_tls_key(key)


@given(SECRETS, SECRETS)
def test_ml_kem_round_trip(d: bytes, z: bytes) -> None:
    """What the product's library encapsulates, both libraries decapsulate."""
    key = KemKey(d + z)
    assert key.public == second.ml_kem_public(d + z)
    secret, ciphertext = primitives.kem_encapsulate(key.public)
    assert key.decapsulate(ciphertext) == secret
    assert second.ml_kem_decapsulate(d + z, ciphertext) == secret


@given(SECRETS, SECRETS, SECRETS, st.data())
def test_ml_kem_rejects_without_saying_so(
    d: bytes, z: bytes, randomness: bytes, data: st.DataObject
) -> None:
    """A changed ciphertext gives another secret, the same in both libraries."""
    key = KemKey(d + z)
    secret, ciphertext = second.ml_kem_encapsulate(key.public, randomness)
    changed = data.draw(flips(ciphertext))
    assert key.decapsulate(changed) == second.ml_kem_decapsulate(d + z, changed) != secret


@pytest.mark.parametrize("length", [0, 1183, 1185, 2368])
def test_a_kem_key_has_1184_bytes(length: int) -> None:
    with pytest.raises(Refusal) as refused:
        primitives.check_kem_key(bytes(length))
    assert refused.value.code is Code.BAD_KEM_KEY


@given(
    st.binary(min_size=64, max_size=64),
    st.binary(max_size=100),
    st.lists(st.binary(max_size=40), max_size=4),
)
def test_aes_siv_is_the_second_opinions(
    key: bytes, plaintext: bytes, associated: list[bytes]
) -> None:
    """Any number of components, empty ones too."""
    assume(plaintext)  # the product never seals nothing, and its library refuses to
    sealed = primitives.siv_seal(key, plaintext, associated=associated)
    assert sealed == second.aes_siv_seal(key, plaintext, associated)
    assert primitives.siv_open(key, sealed, associated=associated) == plaintext


@given(st.binary(min_size=64, max_size=64), st.binary(min_size=1, max_size=60), st.data())
def test_aes_siv_components_have_boundaries(
    key: bytes, plaintext: bytes, data: st.DataObject
) -> None:
    """The same associated bytes, cut elsewhere, do not open: a vector is not a concatenation."""
    associated = data.draw(st.binary(min_size=2, max_size=40))
    cut = data.draw(st.integers(1, len(associated) - 1))
    split = [associated[:cut], associated[cut:]]
    sealed = primitives.siv_seal(key, plaintext, associated=split)
    for other in ([associated], split[::-1], [*split, b""], split[:1]):
        assume(other != split)
        assert primitives.siv_open(key, sealed, associated=other) is None
    short = sealed[: data.draw(st.integers(0, len(sealed) - 1))]
    assert primitives.siv_open(key, short, associated=split) is None


@given(SECRETS, st.binary(max_size=64), st.binary(max_size=64), st.integers(1, 255 * 32))
def test_hkdf_is_the_second_opinions(ikm: bytes, salt: bytes, info: bytes, length: int) -> None:
    """Every length that RFC 5869 allows."""
    derived = primitives.hkdf(ikm, salt=salt, info=info, length=length)
    assert derived == second.hkdf(ikm, salt, info, length)
    assert len(derived) == length


@given(SECRETS, SECRETS, st.binary(max_size=64), st.data())
def test_a_signature_is_of_one_key_and_one_message(
    seed: bytes, other: bytes, message: bytes, data: st.DataObject
) -> None:
    """Changed signature, message or key: not verified, and no exception comes out."""
    assume(seed != other)
    public = primitives.ed25519_public(seed)
    signature = second.ed25519_sign(seed, message)
    assert primitives.ed25519_verifies(public, signature, message)
    assert not primitives.ed25519_verifies(public, signature, message + b"\0")
    assert not primitives.ed25519_verifies(public, data.draw(flips(signature)), message)
    assert not primitives.ed25519_verifies(primitives.ed25519_public(other), signature, message)
    assert not primitives.ed25519_verifies(public, signature[:-1], message)
    assert not primitives.ed25519_verifies(public[:-1], signature, message)


def test_where_a_signature_ends_is_no_question_of_the_message() -> None:
    """The library cuts 64 bytes off: one byte of the message behind them would not be missed."""
    seed, message = bytes(32), b"message"
    public, signature = primitives.ed25519_public(seed), second.ed25519_sign(seed, message)
    assert not primitives.ed25519_verifies(public, signature + message[:1], message[1:])


ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of secp256k1 (SEC 2, section 2.4.1)."""
BASE_X = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798


def signed_with(s: int, message: bytes) -> tuple[bytes, bytes]:
    """The key, compressed, under which (x of the base point, s) signs: the nonce is 1."""
    e = int.from_bytes(hashlib.sha256(message).digest(), "big")
    private = (s - e) * pow(BASE_X, -1, ORDER) % ORDER
    public = ec.derive_private_key(private, ec.SECP256K1()).public_key()
    encoded = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return encoded, BASE_X.to_bytes(32, "big") + s.to_bytes(32, "big")


@pytest.mark.parametrize(("s", "good"), [(1, True), (ORDER // 2, True), (ORDER // 2 + 1, False)])
def test_a_vote_by_secp256k1_has_one_signature(s: int, *, good: bool) -> None:
    public, signature = signed_with(s, b"vote")
    assert primitives.secp256k1_verifies(public, signature, b"vote") is good
    assert not primitives.secp256k1_verifies(public, signature, b"another")
    padded = signature[:32] + b"\0" + signature[32:]
    assert not primitives.secp256k1_verifies(public, padded, b"vote")


def multiply(scalar: int, point: curve25519.Affine) -> curve25519.Affine:
    """Double and add on the Edwards curve."""
    total: curve25519.Affine = (0, 1)
    while scalar:
        if scalar & 1:
            total = curve25519.edwards_add(total, point)
        point = curve25519.edwards_add(point, point)
        scalar >>= 1
    return total
