"""JSON in one reading, and protobuf messages in it: names of the .proto, bytes in hex.

Duplicate names and numbers that are no integers are refused: two readers would differ on them.
What a text means, and whether it may be spelled otherwise, is its readers' matter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn, TypeAlias

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from enclave.attestation.strict_json import check_depth

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"

SAFE_INTEGER: Final = 2**53 - 1
"""Larger integers are text in JSON: many readers keep numbers as doubles (RFC 8259, section 6)."""
MAX_DEPTH: Final = 64
MAX_DIGITS: Final = 80
"""256 bits in decimal have 78; no integer of ours has more."""
INTEGERS: Final = frozenset(
    {
        FieldDescriptor.CPPTYPE_INT32,
        FieldDescriptor.CPPTYPE_INT64,
        FieldDescriptor.CPPTYPE_UINT32,
        FieldDescriptor.CPPTYPE_UINT64,
    }
)
"""Protobuf's kinds of integers."""


def json_integer(number: int) -> int | str:
    """`number` as JSON has it."""
    return number if abs(number) <= SAFE_INTEGER else str(number)


def parse_json(data: bytes) -> Json:
    """The value that is the whole of `data`.

    Raises:
        ValueError: no such JSON; its text says what there is instead.
    """
    try:
        text = data.decode("utf-8")
        # Python's own limits differ between versions, and its words for them are no reader's.
        check_depth(text, MAX_DEPTH)
        tree: Json = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=_bounded,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
    except json.JSONDecodeError as error:
        found = f"no JSON from line {error.lineno}, column {error.colno} on"
        raise ValueError(found) from None
    except UnicodeDecodeError:
        raise ValueError("bytes that are no text") from None
    return tree


def parse_line(text: str | bytes) -> dict[str, object] | None:
    """The JSON object of a log's line; None for whatever else wrote there."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def message_to_json(message: Message) -> dict[str, Json]:
    """Every set field of `message`, and the defaults of plain ones; bytes in hex, enums by name."""
    result: dict[str, Json] = {}
    for field in message.DESCRIPTOR.fields:
        if field.has_presence and not message.HasField(field.name):
            continue
        value = getattr(message, field.name)
        if is_repeated(field):
            result[field.name] = [_plain(field, entry) for entry in value]
        else:
            result[field.name] = _plain(field, value)
    return result


def is_repeated(field: FieldDescriptor) -> bool:
    """Whether it is a list."""
    return bool(field.label == FieldDescriptor.LABEL_REPEATED)


def _plain(field: FieldDescriptor, value: object) -> Json:
    if isinstance(value, Message):
        return message_to_json(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, bool | str):
        return value
    if not isinstance(value, int):
        raise TypeError(field.full_name)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return value if known is None else str(known.name)
    return json_integer(value)


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key that appears twice")
    return found


def _bounded(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"an integer of more than {MAX_DIGITS} digits")
    return int(digits)


def _no_float(_: str) -> NoReturn:
    raise ValueError("a number that is no integer")
