"""A protobuf message as JSON in one form, and back: what anyone can write, one way only.

Names are those of the .proto; bytes are lower-case hex, enums names, integers beyond 2^53 - 1 text
(RFC 8259, section 6: many readers keep numbers as doubles). Every field is written but messages
and choices that are absent. Whatever differs from that form is refused, so nothing in a file goes
unread. White space and the order of names are free: tools change them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from node.json_form import INTEGERS, Json, is_repeated, message_to_json, parse_json
from node.receipts.failures import malformed

M = TypeVar("M", bound=Message)


def dump(message: Message) -> bytes:
    """The file of `message`: sorted names, ASCII, with a line break at its end."""
    return json.dumps(message_to_json(message), indent=1, sort_keys=True).encode("ascii") + b"\n"


def load(data: bytes, kind: type[M]) -> M:
    """The message of a file. Raises ReceiptFailure, MALFORMED_RECEIPT."""
    try:
        tree = parse_json(data)
    except ValueError as error:
        raise malformed("a receipt as a JSON object", str(error)) from None
    return from_json(tree, kind)


def from_json(tree: Json, kind: type[M]) -> M:
    """The message whose one form is `tree`. Raises ReceiptFailure, MALFORMED_RECEIPT."""
    message = kind()
    _fill(message, tree, kind.DESCRIPTOR.name)
    difference = _difference(tree, message_to_json(message), kind.DESCRIPTOR.name)
    if difference:
        raise malformed(f"the one form of a {kind.DESCRIPTOR.name}", difference)
    return message


def _fill(message: Message, tree: Json, where: str) -> None:
    if not isinstance(tree, dict):
        raise malformed(f"{where} as an object", _kind(tree))
    for name, value in tree.items():
        field = message.DESCRIPTOR.fields_by_name.get(name)
        if field is None:
            raise malformed(f"the fields of {message.DESCRIPTOR.name} in {where}", repr(name))
        _set(message, field, value, f"{where}.{name}")


def _set(message: Message, field: FieldDescriptor, value: Json, where: str) -> None:
    if is_repeated(field):
        if not isinstance(value, list):
            raise malformed(f"{where} as a list", _kind(value))
        entries = getattr(message, field.name)
        for number, entry in enumerate(value):
            at = f"{where}[{number}]"
            if field.message_type is not None:
                _fill(entries.add(), entry, at)
            else:
                scalar = _scalar(field, entry, at)
                _in_range(partial(entries.append, scalar), scalar, at)
    elif field.message_type is not None:
        part = getattr(message, field.name)
        part.SetInParent()
        _fill(part, value, where)
    else:
        scalar = _scalar(field, value, where)
        _in_range(partial(setattr, message, field.name, scalar), scalar, where)


def _in_range(put: Callable[[], object], value: object, where: str) -> None:
    try:
        put()
    except ValueError:
        raise malformed(f"{where} in the range of its type", repr(value)[:32]) from None


def _scalar(field: FieldDescriptor, value: Json, where: str) -> Any:  # noqa: ANN401 (protobuf's edge)
    """A value for protobuf. What it takes too much is seen when it is written again."""
    if field.type == FieldDescriptor.TYPE_BYTES and isinstance(value, str):
        try:
            return bytes.fromhex(value)
        except ValueError:
            raise malformed(f"{where} in hex", repr(value[:32])) from None
    if field.enum_type is not None and isinstance(value, str):
        known = field.enum_type.values_by_name.get(value)
        if known is not None:
            return known.number
    elif isinstance(value, _PLAIN.get(field.type, ())):
        return value
    elif field.cpp_type in INTEGERS and (number := _integer(value)) is not None:
        return number
    raise malformed(f"{where} as {_NAMES.get(field.type, 'a number')}", _kind(value))


def _integer(value: Json) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return int(value)
    return None


def _difference(found: Json, expected: Json, where: str) -> str:
    """Where two trees differ first; "" where they do not."""
    if isinstance(found, dict) and isinstance(expected, dict):
        for name in sorted({*found, *expected}):
            if name not in found or name not in expected:
                return f"{where}.{name}, {'left out' if name in expected else 'too much'}"
            difference = _difference(found[name], expected[name], f"{where}.{name}")
            if difference:
                return difference
        return ""
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        pairs = enumerate(zip(found, expected, strict=True))
        differences = (_difference(a, b, f"{where}[{number}]") for number, (a, b) in pairs)
        return next(filter(None, differences), "")
    same = type(found) is type(expected) and found == expected
    return "" if same else f"{where} in another form"


def _kind(value: Json) -> str:
    return f"a {type(value).__name__}"


_DECIMAL: Final = re.compile(r"-?[0-9]{1,20}")
_PLAIN: Final = {FieldDescriptor.TYPE_STRING: str, FieldDescriptor.TYPE_BOOL: bool}
_NAMES: Final = {
    FieldDescriptor.TYPE_BYTES: "text in hex",
    FieldDescriptor.TYPE_ENUM: "a name of its enum",
    FieldDescriptor.TYPE_STRING: "text",
    FieldDescriptor.TYPE_BOOL: "true or false",
}
