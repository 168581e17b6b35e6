"""Strict protobuf: one encoding for one message (protocol.md section 2).

Decode, refuse unknown fields, encode again deterministically, compare the bytes. What passes has
no second encoding, so its bytes can be hashed, compared and agreed on.
"""

from __future__ import annotations

from typing import Protocol, TypeVar, cast

from google.protobuf.message import DecodeError, Message

from enclave.errors import Code, Refusal

M = TypeVar("M", bound=Message)


class _Discards(Protocol):
    """A method of every message that the library's type stubs leave out."""

    def DiscardUnknownFields(self) -> None: ...  # noqa: N802 (the library's name)


def strict_decode(
    kind: type[M], data: bytes, *, max_bytes: int, code: Code = Code.MALFORMED_REQUEST
) -> M:
    """The message of type `kind` whose only encoding is `data`.

    Raises:
        Refusal: TOO_LARGE above `max_bytes`; else `code`.
    """
    name = kind.DESCRIPTOR.full_name
    if len(data) > max_bytes:
        raise Refusal(
            Code.TOO_LARGE, expected=f"{name} of at most {max_bytes} bytes", found=f"{len(data)}"
        )
    try:
        message = kind.FromString(data)
    except (DecodeError, UnicodeDecodeError):
        raise Refusal(
            code, expected=f"an encoded {name}", found=f"{len(data)} bytes that do not decode"
        ) from None
    # Parsing keeps unknown fields and would write them again: drop them before the comparison.
    cast("_Discards", message).DiscardUnknownFields()
    if message.SerializeToString(deterministic=True) != data:
        raise Refusal(
            code,
            expected=f"the deterministic encoding of {name}, known fields only",
            found=f"another encoding of {len(data)} bytes",
        )
    return message


def encode(message: Message) -> bytes:
    """The deterministic encoding, the only one that `strict_decode` takes."""
    return message.SerializeToString(deterministic=True)
