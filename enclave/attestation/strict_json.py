"""JSON objects in one reading: no duplicate keys, no floats, bounded nesting and integers.

Two parsers that differ on a text would let one piece of evidence mean two things, so whatever
JSON leaves open is refused (protocol.md section 2). The nesting is measured in one linear pass
before anything recursive runs.
"""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn

from enclave.attestation.limits import MAX_JSON_DEPTH, MAX_JSON_DIGITS

_WHITESPACE: Final = " \t\r\n"

# One alternative always matches where a string starts, closed or not: no position is read twice.
_TOKEN: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)


def parse_object(text: str) -> dict[str, object]:
    """The JSON object that is the whole of `text`.

    Raises:
        ValueError: not JSON, not an object, or ambiguous. The text of the error is ours.
    """
    if not text.lstrip(_WHITESPACE).startswith("{"):
        raise ValueError("not an object")
    _check_depth(text)
    try:
        value: dict[str, object] = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=_bounded,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
    except json.JSONDecodeError:
        raise ValueError("not JSON") from None
    return value


def _check_depth(text: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        mark = text[token.start()]
        if mark in "[{":
            depth += 1
            if depth > MAX_JSON_DEPTH:
                raise ValueError(f"nested deeper than {MAX_JSON_DEPTH} levels")
        elif mark in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


def _bounded(digits: str) -> int:
    if len(digits.removeprefix("-")) > MAX_JSON_DIGITS:
        raise ValueError(f"an integer of more than {MAX_JSON_DIGITS} digits")
    return int(digits)


def _no_float(_: str) -> NoReturn:
    raise ValueError("a number that is not an integer")
