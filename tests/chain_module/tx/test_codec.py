"""One encoding a transaction: what cosmpy writes is read back, and nothing else is read at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

import pytest
from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import Tx as ProtoTx
from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import TxRaw
from google.protobuf.any_pb2 import Any as ProtoAny
from hypothesis import given
from hypothesis import strategies as st

from chain_module.bank.coins import Coin
from chain_module.bank.messages import MULTI_SEND_URL, SEND_URL, MsgSend
from chain_module.errors import Reasons, SdkReason, TxRefusal
from chain_module.limits import (
    MAX_AUTH_INFO_BYTES,
    MAX_GAS_LIMIT,
    MAX_MESSAGES,
    MAX_SIGNERS,
    MAX_TX_BYTES,
)
from chain_module.tx.codec import decode_tx
from enclave.wire import strict_decode
from tests.support.cosmpy_wallets import (
    ALICE,
    BOB,
    CAROL,
    KINDS,
    multi_send,
    send,
    signed,
    transaction,
    wallet,
)
from tests.support.refusals import tx_refused
from tests.support.work import counted

UNKNOWN: Final = b"\xf8\x07\x01"
"""Field 127, a varint of 1: no message here has one."""

Change = Callable[[Any], None]


def refuse(reason: Reasons, raw: bytes) -> None:
    with tx_refused(reason):
        decode_tx(raw, KINDS)


def changed(change: Change, *messages: Any) -> bytes:
    """The bytes of a transaction after a change by hand; its signature is then of no use."""
    tx = transaction(*(messages or (send(ALICE, BOB),)))
    change(tx)
    encoded: bytes = tx.SerializeToString()
    return encoded


def test_cosmpys_transaction_is_read() -> None:
    raw = signed(
        send(ALICE, BOB, {"useed": 5, "atom": 7}),
        multi_send(BOB, [(CAROL, 2), (ALICE, 3)]),
        signers=(ALICE, BOB),
        sequences=(4, 9),
        fee="1atom,250useed",
        gas_limit=123_456,
        memo="für Carol",
        timeout_height=99,
    )
    tx, envelope = decode_tx(raw, KINDS), TxRaw.FromString(raw)
    assert tx.raw == raw
    assert tx.hash == hashlib.sha256(raw).digest()
    assert tx.type_urls == (SEND_URL, MULTI_SEND_URL)
    coins = (Coin("atom", 7), Coin("useed", 5))
    assert tx.outlines[0].read() == MsgSend(ALICE.address, BOB.address, coins)
    assert tx.required == (ALICE.text, BOB.text)
    assert (tx.memo, tx.timeout_height) == ("für Carol", 99)
    assert tx.fee.amount == (Coin("atom", 1), Coin("useed", 250))
    assert (tx.fee.gas_limit, tx.fee.payer) == (123_456, None)
    assert [signer.public_key for signer in tx.signers] == [ALICE.public_key, BOB.public_key]
    assert [signer.sequence for signer in tx.signers] == [4, 9]
    assert list(tx.signatures) == list(envelope.signatures)
    assert (tx.body_bytes, tx.auth_info_bytes) == (envelope.body_bytes, envelope.auth_info_bytes)


def test_a_signer_of_two_messages_signs_once() -> None:
    raw = signed(send(ALICE, BOB), send(BOB, ALICE), send(ALICE, CAROL), signers=(ALICE, BOB))
    assert decode_tx(raw, KINDS).required == (ALICE.text, BOB.text)


def _in_any(packed: ProtoAny, kind: Any, change: Change) -> None:
    inner = kind.FromString(packed.value)
    change(inner)
    packed.value = inner.SerializeToString()


def _unknown(message: Any) -> None:
    message.MergeFromString(UNKNOWN)


UNKNOWN_AT: Final[dict[str, Change]] = {
    "TxBody": lambda tx: _unknown(tx.body),
    "Any of a message": lambda tx: _unknown(tx.body.messages[0]),
    "MsgSend": lambda tx: _in_any(tx.body.messages[0], type(send(ALICE, BOB)), _unknown),
    "Coin of MsgSend": lambda tx: _in_any(
        tx.body.messages[0], type(send(ALICE, BOB)), lambda message: _unknown(message.amount[0])
    ),
    "AuthInfo": lambda tx: _unknown(tx.auth_info),
    "Fee": lambda tx: _unknown(tx.auth_info.fee),
    "Coin of Fee": lambda tx: _unknown(tx.auth_info.fee.amount[0]),
    "SignerInfo": lambda tx: _unknown(tx.auth_info.signer_infos[0]),
    "Any of a key": lambda tx: _unknown(tx.auth_info.signer_infos[0].public_key),
    "ModeInfo": lambda tx: _unknown(tx.auth_info.signer_infos[0].mode_info),
    "ModeInfo.Single": lambda tx: _unknown(tx.auth_info.signer_infos[0].mode_info.single),
}


@pytest.mark.parametrize("change", UNKNOWN_AT.values(), ids=UNKNOWN_AT.keys())
def test_an_unknown_field_is_refused_at_every_level(change: Change) -> None:
    refuse(SdkReason.TX_PARSE_ERROR, changed(change))


def test_an_unknown_field_of_the_envelope_is_refused() -> None:
    refuse(SdkReason.TX_PARSE_ERROR, signed(send(ALICE, BOB)) + UNKNOWN)


def test_an_unknown_field_of_the_key_is_refused() -> None:
    def change(tx: Any) -> None:
        tx.auth_info.signer_infos[0].public_key.value += UNKNOWN

    refuse(SdkReason.INVALID_PUBKEY, changed(change))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def _field(number: int, data: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + _varint(len(data)) + data


def envelope_of(raw: bytes, **changes: bytes) -> bytes:
    """A TxRaw in the canonical form but for the changed parts."""
    found = TxRaw.FromString(raw)
    body = changes.get("body", found.body_bytes)
    auth_info = changes.get("auth_info", found.auth_info_bytes)
    return _field(1, body) + _field(2, auth_info) + _field(3, found.signatures[0])


def _overlong_length(data: bytes) -> bytes:
    """A field of 1 byte with its length in two."""
    assert data[1] < 0x80
    return data[:1] + bytes((data[1] | 0x80, 0)) + data[2:]


RAW: Final = signed(send(ALICE, BOB), memo="memo", timeout_height=9)
PARTS: Final = TxRaw.FromString(RAW)
BODY, AUTH_INFO = PARTS.body_bytes, PARTS.auth_info_bytes

OTHER_ENCODINGS: Final = {
    "fields in another order": _field(2, AUTH_INFO) + _field(1, BODY) + _field(3, b"s" * 64),
    "body twice": _field(1, b"") + envelope_of(RAW),
    "signature before body": _field(3, b"s" * 64) + _field(1, BODY) + _field(2, AUTH_INFO),
    "signature's length in two bytes": (
        _field(1, BODY) + _field(2, AUTH_INFO) + _overlong_length(_field(3, b"s" * 64))
    ),
    "body: memo twice": envelope_of(RAW, body=BODY + _field(2, b"memo")),
    "body: memo split in two": envelope_of(
        RAW, body=BODY.replace(_field(2, b"memo"), _field(2, b"me") + _field(2, b"memo"))
    ),
    "body: height before memo": envelope_of(
        RAW, body=BODY.replace(_field(2, b"memo") + b"\x18\x09", b"\x18\x09" + _field(2, b"memo"))
    ),
    "body: height of 9 in two bytes": envelope_of(
        RAW, body=BODY.replace(b"\x18\x09", b"\x18\x89\x00")
    ),
    "body: height of 0 said": envelope_of(RAW, body=BODY.replace(b"\x18\x09", b"\x18\x00")),
    "body: an empty memo said": envelope_of(
        RAW, body=BODY.replace(_field(2, b"memo"), _field(2, b""))
    ),
    "auth info: fee in two parts": envelope_of(RAW, auth_info=AUTH_INFO + _field(2, b"")),
    "auth info: fee first": envelope_of(RAW, auth_info=_field(2, b"") + AUTH_INFO),
}


def test_the_helper_makes_the_canonical_form() -> None:
    assert envelope_of(RAW) == RAW
    assert all(raw != RAW for raw in OTHER_ENCODINGS.values())


@pytest.mark.parametrize("raw", OTHER_ENCODINGS.values(), ids=OTHER_ENCODINGS.keys())
def test_another_encoding_is_refused(raw: bytes) -> None:
    refuse(SdkReason.TX_PARSE_ERROR, raw)


def test_another_encoding_of_a_message_is_refused() -> None:
    def change(tx: Any) -> None:
        tx.body.messages[0].value += _field(2, BOB.text.encode())

    refuse(SdkReason.TX_PARSE_ERROR, changed(change))


@pytest.mark.parametrize(
    "raw",
    [b"", b"\xff", RAW[:-1], RAW + b"\0", b"\x0a\x05abc", _field(1, b"\xff") + _field(2, b"")],
    ids=["empty", "no tag", "cut", "longer", "short field", "body is none"],
)
def test_what_is_no_transaction_is_refused(raw: bytes) -> None:
    with pytest.raises(TxRefusal):
        decode_tx(raw, KINDS)


def test_text_that_is_no_utf8_is_refused() -> None:
    bad = BODY.replace(_field(2, b"memo"), _field(2, b"mem\xff"))
    refuse(SdkReason.TX_PARSE_ERROR, envelope_of(RAW, body=bad))


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_read(raw: bytes) -> None:
    try:
        tx = decode_tx(raw, KINDS)
    except TxRefusal:
        return
    assert TxRaw.FromString(raw).SerializeToString() == tx.raw == raw


@given(st.integers(0, len(RAW) * 8 - 1))
def test_a_flipped_bit_is_refused_or_is_its_own_encoding(bit: int) -> None:
    raw = bytearray(RAW)
    raw[bit // 8] ^= 1 << bit % 8
    try:
        tx = decode_tx(bytes(raw), KINDS)
    except TxRefusal:
        return
    again = TxRaw(
        body_bytes=tx.body_bytes, auth_info_bytes=tx.auth_info_bytes, signatures=tx.signatures
    )
    assert again.SerializeToString() == raw
    assert tx.hash != hashlib.sha256(RAW).digest()


def test_size_is_bounded() -> None:
    largest = signed(
        send(ALICE, BOB), memo="m" * (MAX_TX_BYTES - len(signed(send(ALICE, BOB))) - 6)
    )
    assert MAX_TX_BYTES - 4 <= len(largest) <= MAX_TX_BYTES
    decode_tx(largest, KINDS)
    refuse(SdkReason.TX_TOO_LARGE, largest + b"\0" * (MAX_TX_BYTES + 1 - len(largest)))


def test_auth_info_is_bounded() -> None:
    def change(tx: Any) -> None:
        tx.auth_info.fee.granter = "g" * MAX_AUTH_INFO_BYTES

    refuse(SdkReason.TX_TOO_LARGE, changed(change))


def test_auth_info_has_room_for_every_signer() -> None:
    wallets = [wallet(number) for number in range(MAX_SIGNERS)]
    messages = [send(one, BOB) for one in wallets]
    raw = signed(*messages, signers=wallets, sequences=2**63, fee="7atom,9useed")
    assert len(decode_tx(raw, KINDS).signers) == MAX_SIGNERS


def test_messages_are_counted() -> None:
    decode_tx(signed(*[send(ALICE, BOB)] * MAX_MESSAGES), KINDS)
    refuse(SdkReason.INVALID_REQUEST, signed(*[send(ALICE, BOB)] * (MAX_MESSAGES + 1)))
    refuse(SdkReason.INVALID_REQUEST, signed(memo="nothing else"))


@pytest.mark.parametrize(
    "type_url",
    [
        "",
        "MsgSend",
        SEND_URL[1:],
        SEND_URL + "Response",
        "/seedpact.registration.v1.MsgConfirmNode",
    ],
)
def test_another_message_is_refused(type_url: str) -> None:
    def change(tx: Any) -> None:
        tx.body.messages[0].type_url = type_url

    refuse(SdkReason.UNKNOWN_REQUEST, changed(change))


def test_signers_are_counted() -> None:
    def change(tx: Any) -> None:
        tx.auth_info.signer_infos.extend([tx.auth_info.signer_infos[0]] * MAX_SIGNERS)

    refuse(SdkReason.TOO_MANY_SIGNATURES, changed(change))


def _extension(tx: Any) -> None:
    tx.body.extension_options.append(ProtoAny(type_url="/any.Option"))


def _multisig(tx: Any) -> None:
    tx.auth_info.signer_infos[0].mode_info.multi.SetInParent()


def _timeout(tx: Any) -> None:
    tx.body.timeout_timestamp.FromSeconds(1_700_000_000)


def _no_fee(tx: Any) -> None:
    tx.auth_info.ClearField("fee")


NOT_HERE: Final[dict[str, tuple[SdkReason, Change]]] = {
    "critical extension": (SdkReason.UNKNOWN_EXTENSION_OPTIONS, _extension),
    "multisig": (SdkReason.NOT_SUPPORTED, _multisig),
    "unordered": (SdkReason.NOT_SUPPORTED, lambda tx: setattr(tx.body, "unordered", True)),
    "a timeout by time": (SdkReason.NOT_SUPPORTED, _timeout),
    "tip": (SdkReason.NOT_SUPPORTED, lambda tx: tx.auth_info.tip.SetInParent()),
    "granter": (
        SdkReason.NOT_SUPPORTED,
        lambda tx: setattr(tx.auth_info.fee, "granter", BOB.text),
    ),
    "no fee": (SdkReason.INVALID_REQUEST, _no_fee),
    "payer is no address": (
        SdkReason.INVALID_ADDRESS,
        lambda tx: setattr(tx.auth_info.fee, "payer", "cosmos1qqq"),
    ),
    "gas limit": (
        SdkReason.INVALID_GAS_LIMIT,
        lambda tx: setattr(tx.auth_info.fee, "gas_limit", MAX_GAS_LIMIT + 1),
    ),
}


@pytest.mark.parametrize(("reason", "change"), NOT_HERE.values(), ids=NOT_HERE.keys())
def test_what_this_chain_does_not_have_is_refused(reason: SdkReason, change: Change) -> None:
    refuse(reason, changed(change))


def test_an_option_that_is_not_critical_is_let_through() -> None:
    def change(tx: Any) -> None:
        tx.body.non_critical_extension_options.append(ProtoAny(type_url="/any.Note"))

    decode_tx(changed(change), KINDS)


def test_the_largest_gas_limit_is_read() -> None:
    raw = signed(send(ALICE, BOB), gas_limit=MAX_GAS_LIMIT)
    assert decode_tx(raw, KINDS).fee.gas_limit == MAX_GAS_LIMIT


FEES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "unsorted": (("useed", "1"), ("atom", "1")),
    "twice": (("useed", "1"), ("useed", "1")),
    "negative": (("useed", "-1"),),
    "no number": (("useed", "1.5"),),
    "leading zero": (("useed", "01"),),
    "no amount": (("useed", ""),),
    "above 256 bits": (("useed", str(2**256)),),
    "short denomination": (("ab", "1"),),
    "denomination of digits": (("1abc", "1"),),
    "denomination with a space": (("use ed", "1"),),
    "no denomination": (("", "1"),),
}


@pytest.mark.parametrize("fee", FEES.values(), ids=FEES.keys())
def test_a_fee_of_bad_form_is_refused(fee: tuple[tuple[str, str], ...]) -> None:
    def change(tx: Any) -> None:
        del tx.auth_info.fee.amount[:]
        for denom, amount in fee:
            tx.auth_info.fee.amount.add(denom=denom, amount=amount)

    refuse(SdkReason.INVALID_COINS, changed(change))


def test_a_fee_of_zero_is_read_as_wallets_write_it() -> None:
    def change(tx: Any) -> None:
        tx.auth_info.fee.amount[0].amount = "0"

    assert decode_tx(changed(change), KINDS).fee.amount == (Coin("useed", 0),)


KEYS: Final[dict[str, tuple[str, bytes]]] = {
    "another type": ("/cosmos.crypto.ed25519.PubKey", b"\x0a\x21" + ALICE.public_key),
    "multisig": ("/cosmos.crypto.multisig.LegacyAminoPubKey", b"\x08\x01"),
    "no slash": ("cosmos.crypto.secp256k1.PubKey", b"\x0a\x21" + ALICE.public_key),
    "bare": ("/cosmos.crypto.secp256k1.PubKey", ALICE.public_key),
    "empty": ("/cosmos.crypto.secp256k1.PubKey", b""),
    "short": ("/cosmos.crypto.secp256k1.PubKey", b"\x0a\x20" + ALICE.public_key[:32]),
    "wrong length": ("/cosmos.crypto.secp256k1.PubKey", b"\x0a\x20" + ALICE.public_key),
    "uncompressed": ("/cosmos.crypto.secp256k1.PubKey", b"\x0a\x41\x04" + bytes(64)),
    "hybrid": ("/cosmos.crypto.secp256k1.PubKey", b"\x0a\x21\x06" + ALICE.public_key[1:]),
}


@pytest.mark.parametrize(("type_url", "value"), KEYS.values(), ids=KEYS.keys())
def test_another_public_key_is_refused(type_url: str, value: bytes) -> None:
    def change(tx: Any) -> None:
        key = tx.auth_info.signer_infos[0].public_key
        key.type_url, key.value = type_url, value

    refuse(SdkReason.INVALID_PUBKEY, changed(change))


def test_a_public_key_may_be_left_out() -> None:
    def change(tx: Any) -> None:
        tx.auth_info.signer_infos[0].ClearField("public_key")

    assert decode_tx(changed(change), KINDS).signers[0].public_key is None


def test_a_decoded_transaction_is_frozen() -> None:
    tx = decode_tx(RAW, KINDS)
    with pytest.raises(AttributeError):
        tx.memo = "another"  # type: ignore[misc]
    assert hash(tx.signers) == hash(decode_tx(RAW, KINDS).signers)
    assert ProtoTx.FromString(RAW).body.memo == tx.memo


def test_fields_are_counted_before_a_body_is_parsed() -> None:
    """Else 128 KB of empty messages would be made into 64,000 objects, for nobody."""
    raw = TxRaw(body_bytes=b"\x0a\x00" * 60_000).SerializeToString()
    with tx_refused(SdkReason.TX_PARSE_ERROR), counted() as work:
        decode_tx(raw, KINDS)
    # TxRaw alone was parsed.
    assert work.of(strict_decode) == 1
