"""Varints, and strict protobuf: one encoding for one message (protocol.md section 2).

Decode, refuse unknown fields, encode again deterministically, compare the bytes. What passes has
no second encoding, so its bytes can be hashed, compared and agreed on.
"""

from __future__ import annotations

from typing import Final, Protocol, TypeVar, cast

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError, Message

from enclave.errors import Code, Refusal

M = TypeVar("M", bound=Message)

# Wire types (protobuf's "Encoding"): how long a field's value is. The two of groups are not ours.
_VARINT: Final = 0
_FIXED_BYTES: Final = {1: 8, 5: 4}
_LENGTH_DELIMITED: Final = 2
_MAX_VARINT_BYTES: Final = 10
_MORE: Final = 0x80
"""The bit of a varint's byte that says that another follows."""


_UINT64: Final = 2**64
_ONE_BYTE: Final = tuple(bytes((value,)) for value in range(_MORE))
"""Varints below 128: all keys of fields and most lengths, several for each validator."""


class _Discards(Protocol):
    """A method of every message that the library's type stubs leave out."""

    def DiscardUnknownFields(self) -> None: ...  # noqa: N802 (the library's name)


def varint(value: int) -> bytes:
    """An unsigned varint; a negative integer is its two's complement of 64 bits, as int64 is."""
    if 0 <= value < _MORE:
        return _ONE_BYTE[value]
    left = value % _UINT64
    out = bytearray()
    while left >= _MORE:
        out.append(left & (_MORE - 1) | _MORE)
        left >>= 7
    out.append(left)
    return bytes(out)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The unsigned integer of at most 64 bits at `at`, and where the next byte is.

    Raises:
        IndexError: there is none.
    """
    value = 0
    for place in range(_MAX_VARINT_BYTES):
        byte = data[at + place]
        value |= (byte & ~_MORE) << 7 * place
        if not byte & _MORE:
            if value >= _UINT64:
                break
            return value, at + place + 1
    raise IndexError


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


def check_fields(
    kind: type[Message], data: bytes, *, limit: int, code: Code = Code.MALFORMED_REQUEST
) -> None:
    """Counts the fields of `data`, those of nested messages too, before anything is parsed.

    An empty message of 2 bytes takes a parser about 150 bytes of memory: without a bound on their
    number, a request of 16 MiB takes more than a whole enclave has.

    Raises:
        Refusal: TOO_LARGE above `limit`; `code` where `data` is no encoding.
    """
    try:
        left = _spend(kind.DESCRIPTOR, data, 0, len(data), limit)
    except IndexError:
        name = kind.DESCRIPTOR.full_name
        raise Refusal(
            code,
            expected=f"an encoded {name}",
            found=f"{len(data)} bytes that do not decode",
        ) from None
    if left < 0:
        raise Refusal(
            Code.TOO_LARGE, expected=f"a request of at most {limit} fields", found="more fields"
        )


def check_present(message: Message, *names: str) -> None:
    """The submessages of these names are there: an absent one would read as its defaults.

    Raises:
        Refusal: BAD_VALUE.
    """
    for name in names:
        if not message.HasField(name):
            kind = message.DESCRIPTOR.name
            raise Refusal(Code.BAD_VALUE, expected=f"a {kind} with its {name}", found="none")


def encode(message: Message) -> bytes:
    """The deterministic encoding, the only one that `strict_decode` takes."""
    return message.SerializeToString(deterministic=True)


def _spend(kind: Descriptor, data: bytes, at: int, end: int, left: int) -> int:
    """What is `left` after the fields from `at` to `end`. Raises IndexError for no encoding."""
    while at < end and left >= 0:
        left -= 1
        tag, at = read_varint(data, at)
        wire_type = tag & 7
        if wire_type == _VARINT:
            _, at = read_varint(data, at)
        elif wire_type == _LENGTH_DELIMITED:
            size, at = read_varint(data, at)
            field = kind.fields_by_number.get(tag >> 3)
            if field is not None and field.message_type is not None:
                left = _spend(field.message_type, data, at, at + size, left)
            at += size
        elif wire_type in _FIXED_BYTES:
            at += _FIXED_BYTES[wire_type]
        else:
            raise IndexError
    if at > end:
        raise IndexError
    return left
