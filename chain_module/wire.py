"""Protobuf, read strictly: one encoding a message, and no field that this chain does not know.

A field that one program reads and another skips is a way to make them disagree about what was
signed, so the SDK refuses unknown fields (codec/unknownproto) and envelopes in another encoding
(ADR-027). Here both rules hold for every message, at every level: dropping what is unknown and
encoding again must give the same bytes. Fields in order, each once, defaults left out, varints
minimal: that is what protobuf's own encoders write.
"""

from __future__ import annotations

from typing import Any, TypeVar

from google.protobuf.message import DecodeError, Message

from chain_module.errors import SdkReason, TxRefusal

M = TypeVar("M", bound=Message)


def encode(message: Message) -> bytes:
    """The one encoding."""
    return message.SerializeToString(deterministic=True)


def decode(kind: type[M], data: bytes) -> M:
    """The message. Raises TxRefusal TX_PARSE_ERROR for anything but its one encoding."""
    # Any: protobuf's stubs do not know DiscardUnknownFields.
    message: Any
    try:
        message = kind.FromString(data)
    except DecodeError:
        raise _refusal(kind, "bytes that are none") from None
    message.DiscardUnknownFields()
    if message.SerializeToString(deterministic=True) != data:
        unknown = kind.FromString(data).SerializeToString(deterministic=True) == data
        raise _refusal(kind, "a field that is not known" if unknown else "another encoding of it")
    found: M = message
    return found


def _refusal(kind: type[Message], found: str) -> TxRefusal:
    return TxRefusal(
        SdkReason.TX_PARSE_ERROR,
        expected=f"the one encoding of {kind.DESCRIPTOR.full_name}",
        found=found,
    )
