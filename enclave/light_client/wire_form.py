"""The protobuf bytes that CometBFT hashes and signs, made by hand.

gogoproto's marshallers write fields in the order of their numbers, leave out zero values, and
always write an embedded message that Go holds by value (`nullable = false`), even an empty one: a
block id's part set header and every time. A codec of our own for six small shapes is quicker than
filling messages, and a test holds it against protobuf's.
"""

from __future__ import annotations

from typing import Final

from enclave.light_client.types import BlockId
from enclave.time import Time
from enclave.wire import varint

_VARINT: Final = 0
_FIXED64: Final = 1
_LENGTH_DELIMITED: Final = 2


def integer_field(number: int, value: int) -> bytes:
    """An integer or enum; nothing where it is 0."""
    return varint(number << 3 | _VARINT) + varint(value) if value else b""


def fixed_field(number: int, value: int) -> bytes:
    """An sfixed64, little-endian; nothing where it is 0."""
    if not value:
        return b""
    return varint(number << 3 | _FIXED64) + value.to_bytes(8, "little", signed=True)


def bytes_field(number: int, value: bytes) -> bytes:
    """Bytes or text; nothing where they are empty."""
    return message_field(number, value) if value else b""


def message_field(number: int, encoded: bytes) -> bytes:
    """An embedded message, written even where it is empty."""
    return varint(number << 3 | _LENGTH_DELIMITED) + varint(len(encoded)) + encoded


def timestamp(time: Time) -> bytes:
    """google.protobuf.Timestamp: seconds since 1970, negative before it, and nanoseconds."""
    return integer_field(1, time.seconds) + integer_field(2, time.nanos)


def block_id(value: BlockId) -> bytes:
    """BlockID and CanonicalBlockID, which have one form."""
    parts = integer_field(1, value.parts_total) + bytes_field(2, value.parts_hash)
    return bytes_field(1, value.hash) + message_field(2, parts)
