"""Protobuf, read strictly: one encoding a message, and no field that this chain does not know.

A field that one program reads and another skips is a way to make them disagree about what was
signed, so the SDK refuses unknown fields (codec/unknownproto) and envelopes in another encoding
(ADR-027). Here both rules hold for every message, at every level, by the one decoder of this house
(docs/adr/0003); this file turns its refusals into those of the state machine.
"""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.message import Message

from chain_module.errors import SdkReason, TxRefusal
from enclave.errors import Refusal
from enclave.wire import check_fields as check_wire_fields
from enclave.wire import encode, strict_decode

__all__ = ["check_fields", "decode", "encode"]

M = TypeVar("M", bound=Message)


def decode(kind: type[M], data: bytes) -> M:
    """The message. Its size is bounded by the caller, who knows what it is part of.

    Raises:
        TxRefusal: TX_PARSE_ERROR for anything but its one encoding.
    """
    try:
        return strict_decode(kind, data, max_bytes=len(data))
    except Refusal as refusal:
        raise _parse_error(refusal) from None


def check_fields(kind: type[Message], data: bytes, *, limit: int) -> None:
    """Counts the fields of `data`, nested ones too, before anything is parsed.

    Raises:
        TxRefusal: TX_PARSE_ERROR for more than `limit`, or where it is no encoding.
    """
    try:
        check_wire_fields(kind, data, limit=limit)
    except Refusal as refusal:
        raise _parse_error(refusal) from None


def _parse_error(refusal: Refusal) -> TxRefusal:
    return TxRefusal(SdkReason.TX_PARSE_ERROR, expected=refusal.expected, found=refusal.found)
