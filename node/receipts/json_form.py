"""A protobuf message as JSON in one form, and back: what anyone can write, one way only.

Names are those of the .proto; bytes are lower-case hex, enums names, integers beyond 2^53 - 1 text
(RFC 8259, section 6: many readers keep numbers as doubles). Every field is written but messages
and choices that are absent. Whatever differs from that form is refused, so nothing in a file goes
unread. White space and the order of names are free: tools change them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NoReturn, TypeAlias, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from node.receipts.failures import malformed

M = TypeVar("M", bound=Message)

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"

SAFE_INTEGER: Final = 2**53 - 1


def dump(message: Message) -> bytes:
    """The file of `message`: sorted names, ASCII, with a line break at its end."""
    return json.dumps(to_json(message), indent=1, sort_keys=True).encode("ascii") + b"\n"


def load(data: bytes, kind: type[M]) -> M:
    """The message of a file. Raises ReceiptFailure, MALFORMED_RECEIPT."""
    return from_json(_parse(data), kind)


def to_json(message: Message) -> dict[str, Json]:
    """The one form of `message`."""
    result: dict[str, Json] = {}
    for field in message.DESCRIPTOR.fields:
        if field.has_presence and not message.HasField(field.name):
            continue
        value = getattr(message, field.name)
        if _repeated(field):
            result[field.name] = [_plain(field, entry) for entry in value]
        else:
            result[field.name] = _plain(field, value)
    return result


def from_json(tree: Json, kind: type[M]) -> M:
    """The message whose one form is `tree`. Raises ReceiptFailure, MALFORMED_RECEIPT."""
    message = kind()
    _fill(message, tree, kind.DESCRIPTOR.name)
    difference = _difference(tree, to_json(message), kind.DESCRIPTOR.name)
    if difference:
        raise malformed(f"the one form of a {kind.DESCRIPTOR.name}", difference)
    return message


def _plain(field: FieldDescriptor, value: object) -> Json:
    if isinstance(value, Message):
        return to_json(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, bool | str):
        return value
    if not isinstance(value, int):
        raise TypeError(field.full_name)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return value if known is None else str(known.name)
    return value if abs(value) <= SAFE_INTEGER else str(value)


def _fill(message: Message, tree: Json, where: str) -> None:
    if not isinstance(tree, dict):
        raise malformed(f"{where} as an object", _kind(tree))
    for name, value in tree.items():
        field = message.DESCRIPTOR.fields_by_name.get(name)
        if field is None:
            raise malformed(f"the fields of {message.DESCRIPTOR.name} in {where}", repr(name))
        _set(message, field, value, f"{where}.{name}")


def _set(message: Message, field: FieldDescriptor, value: Json, where: str) -> None:
    if _repeated(field):
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
    elif field.cpp_type in _INTEGERS and (number := _integer(value)) is not None:
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


def _parse(data: bytes) -> Json:
    try:
        tree: Json = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except json.JSONDecodeError as error:
        found = f"no JSON from line {error.lineno}, column {error.colno} on"
    except UnicodeDecodeError:
        found = "bytes that are no text"
    except RecursionError:
        found = "endless nesting"
    except ValueError as error:
        found = str(error)
    else:
        return tree
    raise malformed("a receipt as a JSON object", found)


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name that appears twice")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"the number {text[:32]}, where there are integers alone")


def _repeated(field: FieldDescriptor) -> bool:
    return bool(field.label == FieldDescriptor.LABEL_REPEATED)


def _kind(value: Json) -> str:
    return f"a {type(value).__name__}"


_DECIMAL: Final = re.compile(r"-?[0-9]{1,20}")
_INTEGERS: Final = frozenset(
    {
        FieldDescriptor.CPPTYPE_INT32,
        FieldDescriptor.CPPTYPE_INT64,
        FieldDescriptor.CPPTYPE_UINT32,
        FieldDescriptor.CPPTYPE_UINT64,
    }
)
_PLAIN: Final = {FieldDescriptor.TYPE_STRING: str, FieldDescriptor.TYPE_BOOL: bool}
_NAMES: Final = {
    FieldDescriptor.TYPE_BYTES: "text in hex",
    FieldDescriptor.TYPE_ENUM: "a name of its enum",
    FieldDescriptor.TYPE_STRING: "text",
    FieldDescriptor.TYPE_BOOL: "true or false",
}
