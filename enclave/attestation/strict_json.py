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
_SHOWN: Final = 24
"""Characters of a number."""

# One alternative always matches where a string starts, closed or not: no position is read twice.
_TOKEN: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)


def parse_object(
    text: str, *, max_depth: int = MAX_JSON_DEPTH, max_digits: int = MAX_JSON_DIGITS
) -> dict[str, object]:
    """The JSON object that is the whole of `text`.

    Args:
        text: of any length; the caller bounds it.
        max_depth: levels of objects and arrays.
        max_digits: digits of an integer.

    Raises:
        ValueError: not JSON, not an object, or ambiguous. The text of the error is ours.
    """
    if not text.lstrip(_WHITESPACE).startswith("{"):
        raise ValueError("not an object")
    check_depth(text, max_depth)
    try:
        value: dict[str, object] = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=lambda digits: _bounded(digits, max_digits),
            parse_float=_no_float,
            parse_constant=_no_float,
        )
    except json.JSONDecodeError:
        raise ValueError("not JSON") from None
    return value


def check_depth(text: str, max_depth: int) -> None:
    """That a JSON text nests no deeper. Raises ValueError; its text is ours."""
    depth = 0
    for token in _TOKEN.finditer(text):
        mark = text[token.start()]
        if mark in "[{":
            depth += 1
            if depth > max_depth:
                raise ValueError(f"nested deeper than {max_depth} levels")
        elif mark in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


def _bounded(digits: str, limit: int) -> int:
    if len(digits.removeprefix("-")) > limit:
        raise ValueError(f"{digits[:_SHOWN]}, an integer of more than {limit} digits")
    return int(digits)


def _no_float(number: str) -> NoReturn:
    raise ValueError(f"{number[:_SHOWN]}, a number that is not an integer")
