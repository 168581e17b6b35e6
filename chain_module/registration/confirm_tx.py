"""The injected confirm as bytes (protocol.md section 7): built here, and recognised exactly.

A Cosmos `TxRaw` of one message; AuthInfo with an empty signer list and a Fee{amount [], gas_limit
0} present (clients read it); no signatures. Nothing in it is free to choose, so whoever rebuilds
it from the same message gets the same bytes, and whatever decodes to anything else is no confirm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import AuthInfo, Fee, TxBody, TxRaw
from google.protobuf.any_pb2 import Any as ProtoAny
from google.protobuf.message import DecodeError

from chain_module.errors import TxRefusal
from chain_module.registration.errors import RegistrationReason, refusal_of
from enclave.crypto.primitives import check_length
from enclave.crypto.seed_envelope import ENVELOPE_BYTES
from enclave.errors import Refusal
from enclave.registration.network import HASH_BYTES
from enclave.registration.records import (
    NODE_ID_BYTES,
    OPERATOR_BYTES,
    Verdict,
    verdict_from_proto,
    verdict_to_proto,
)
from enclave.wire import encode, strict_decode
from seedpact.registration.v1 import tx_pb2 as pb

CONFIRM_NODE: Final = "/seedpact.registration.v1.MsgConfirmNode"

MAX_CONFIRM_BYTES: Final = 32 * 1024
"""Far above any: 256 advisories of 32 characters are 9 KiB."""
_EXCHANGE_KEY_BYTES: Final = 32
_MARK: Final = CONFIRM_NODE.encode()
_MARK_WITHIN: Final = 32
"""Where the type URL ends at the latest, less its own length: tags and lengths stand before it."""


@dataclass(frozen=True, slots=True)
class MsgConfirmNode:
    """What a proposer appends for a register of the same block."""

    node_id: bytes
    operator: bytes
    exchange_key: bytes
    epoch: int
    envelope: bytes
    """48 bytes."""
    register_tx_hash: bytes
    verdict: Verdict


def encode_confirm(message: MsgConfirmNode) -> bytes:
    """The bytes of the injected transaction."""
    body = TxBody(messages=[ProtoAny(type_url=CONFIRM_NODE, value=_encode_message(message))])
    auth_info = AuthInfo(fee=Fee())
    return encode(TxRaw(body_bytes=encode(body), auth_info_bytes=encode(auth_info)))


def decode_confirm(raw: bytes) -> MsgConfirmNode:
    """The message of bytes that `encode_confirm` makes, and of no others.

    Raises:
        TxRefusal: MALFORMED_CONFIRM, or what is wrong in a field.
    """
    if not looks_like_confirm(raw) or len(raw) > MAX_CONFIRM_BYTES:
        raise _malformed("another transaction")
    try:
        message = _decode_message(_message_bytes(raw))
    except Refusal as refusal:
        raise refusal_of(refusal) from None
    if encode_confirm(message) != raw:
        raise _malformed("another encoding")
    return message


def is_confirm(raw: bytes) -> bool:
    """Whether `raw` is a well-formed confirm."""
    if not looks_like_confirm(raw):
        return False
    try:
        decode_confirm(raw)
    except TxRefusal:
        return False
    return True


def envelope_in(raw: bytes) -> bytes:
    """What a node without an envelope of its own cannot compare. Raises as `decode_confirm`."""
    return decode_confirm(raw).envelope


def looks_like_confirm(raw: bytes) -> bool:
    """Whether the type URL stands where a confirm has it: cheap, and true for every confirm."""
    return _MARK in raw[: _MARK_WITHIN + len(_MARK)]


def _encode_message(message: MsgConfirmNode) -> bytes:
    return encode(
        pb.MsgConfirmNode(
            node_id=message.node_id,
            operator=message.operator,
            exchange_key=message.exchange_key,
            epoch=message.epoch,
            envelope=message.envelope,
            register_tx_hash=message.register_tx_hash,
            verdict=verdict_to_proto(message.verdict),
        )
    )


def _decode_message(value: bytes) -> MsgConfirmNode:
    message = strict_decode(pb.MsgConfirmNode, value, max_bytes=MAX_CONFIRM_BYTES)
    check_length("node_id", message.node_id, NODE_ID_BYTES)
    check_length("operator", message.operator, OPERATOR_BYTES)
    check_length("exchange_key", message.exchange_key, _EXCHANGE_KEY_BYTES)
    check_length("envelope", message.envelope, ENVELOPE_BYTES)
    check_length("register_tx_hash", message.register_tx_hash, HASH_BYTES)
    return MsgConfirmNode(
        node_id=message.node_id,
        operator=message.operator,
        exchange_key=message.exchange_key,
        epoch=message.epoch,
        envelope=message.envelope,
        register_tx_hash=message.register_tx_hash,
        verdict=verdict_from_proto(message.verdict),
    )


def _message_bytes(raw: bytes) -> bytes:
    """The only message; that all else is as it must be shows in the re-encoding."""
    try:
        messages = TxBody.FromString(TxRaw.FromString(raw).body_bytes).messages
    except (DecodeError, UnicodeDecodeError):
        raise _malformed("bytes that do not decode") from None
    if len(messages) != 1:
        raise _malformed(f"{len(messages)} messages")
    value: bytes = messages[0].value
    return value


def _malformed(found: str) -> TxRefusal:
    return TxRefusal(
        RegistrationReason.MALFORMED_CONFIRM,
        expected="a confirm exactly as the proposer builds it",
        found=found,
    )
