"""JSON files that people write and commands exchange: one reading, bytes in hex.

A file of a protobuf message has the field names of its .proto, enums by name and bytes in hex. Its
canonical protobuf JSON (camel case, bytes in base64) is taken as well: a file in which any bytes
are no hex is read as canonical throughout. Duplicate keys, unknown fields and floats are refused.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from typing import Final, TypeVar

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from node.cli.failures import CliCode, malformed
from node.json_form import INTEGERS, Json, is_repeated, parse_json

M = TypeVar("M", bound=Message)

_DECIMAL: Final = re.compile(r"-?[0-9]+")
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})*")


def parse_object(data: bytes, *, what: str, code: str = CliCode.MALFORMED_INPUT) -> dict[str, Json]:
    """The JSON object that is the whole of `data`. Raises Failure."""
    try:
        value = parse_json(data)
    except ValueError as error:
        raise malformed(f"{what} as a JSON object", str(error), code=code) from None
    if not isinstance(value, dict):
        raise malformed(f"{what} as a JSON object", f"a {type(value).__name__}", code=code)
    return value


def dump_object(value: Json) -> bytes:
    """A file's bytes: indented, ASCII, with a line break at its end."""
    return json.dumps(value, indent=2).encode("ascii") + b"\n"


def message_from_json(
    value: Json, kind: type[M], *, what: str, code: str = CliCode.MALFORMED_INPUT
) -> M:
    """The message that a parsed JSON value describes.

    Args:
        value: of `parse_object`, or a part of it.
        kind: the message's class.
        what: its name in errors.
        code: the code of errors.

    Raises:
        Failure: `code`.
    """
    try:
        plain = _rewrite_all(value, kind.DESCRIPTOR)
        return json_format.ParseDict(plain, kind())
    except (json_format.ParseError, ValueError, TypeError, AttributeError) as error:
        found = str(error).partition("\n")[0] or type(error).__name__
        expected = f"{what} as a {kind.DESCRIPTOR.full_name}"
        raise malformed(expected, found, code=code) from None


Rewrite = Callable[[str], str]


def _rewrite_all(value: Json, descriptor: Descriptor) -> Json:
    """`value` with its bytes in strict base64, which is what protobuf's own reader takes."""
    try:
        return _rewrite(value, descriptor, _hex_to_base64)
    except _NoHexError as no_hex:
        try:
            return _rewrite(value, descriptor, _check_base64)
        except ValueError:
            raise ValueError(str(no_hex)) from None


def _rewrite(value: Json, descriptor: Descriptor, rewrite: Rewrite) -> Json:
    """`value` with every text of bytes through `rewrite`; stricter than protobuf's own reader."""
    if not isinstance(value, dict):
        raise TypeError(f"{descriptor.name} that is no object")
    result: dict[str, Json] = {}
    for name, entry in value.items():
        field = _field(descriptor, name)
        if field.name in result:
            raise ValueError(f"{field.name} twice, in two spellings")
        repeated = is_repeated(field)
        if repeated != isinstance(entry, list):
            raise ValueError(f"{field.name} that is {'no' if repeated else 'a'} list")
        if isinstance(entry, list):
            result[field.name] = [_rewrite_one(one, field, rewrite) for one in entry]
        else:
            result[field.name] = _rewrite_one(entry, field, rewrite)
    return result


def _rewrite_one(value: Json, field: FieldDescriptor, rewrite: Rewrite) -> Json:
    if field.message_type is not None:
        return _rewrite(value, field.message_type, rewrite)
    if field.type == FieldDescriptor.TYPE_BYTES and isinstance(value, str):
        return rewrite(value)
    if field.cpp_type in INTEGERS and not _is_integer(value):
        raise ValueError(f"{field.name} that is no integer")
    if value is None:
        raise ValueError(f"{field.name} that is null")
    return value


def _is_integer(value: Json) -> bool:
    """A number, or decimal digits as text (canonical JSON has 64-bit integers so)."""
    if isinstance(value, str):
        return _DECIMAL.fullmatch(value) is not None
    return isinstance(value, int) and not isinstance(value, bool)


def _field(descriptor: Descriptor, name: str) -> FieldDescriptor:
    for field in descriptor.fields:
        if name in (field.name, field.json_name):
            found: FieldDescriptor = field
            return found
    raise ValueError(f"an unknown field {name!r} in {descriptor.name}")


class _NoHexError(ValueError):
    """A text that should hold bytes is not hex."""


def _hex_to_base64(text: str) -> str:
    digits = text.removeprefix("0x")
    if _HEX.fullmatch(digits) is None:
        raise _NoHexError(f"bytes that are neither hex nor base64: {text[:32]!r}")
    return base64.b64encode(bytes.fromhex(digits)).decode("ascii")


def _check_base64(text: str) -> str:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError(type(error).__name__) from None
    if base64.b64encode(data).decode("ascii") != text:
        raise ValueError("base64 in another form")
    return text
