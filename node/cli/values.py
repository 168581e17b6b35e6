"""The type of JSON values, and how values look to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"

SAFE_INTEGER: Final = 2**53 - 1
"""Larger integers are text in JSON: many readers keep numbers as doubles (RFC 8259, section 6)."""
SHORT_HEX_BYTES: Final = 64
"""Longer values are cut in text; JSON has them whole."""
_HEAD_BYTES: Final = 16


def json_integer(number: int) -> int | str:
    """`number` as JSON has it."""
    return number if abs(number) <= SAFE_INTEGER else str(number)


def short_hex(data: bytes) -> str:
    """`data` in hex for people; "none" where empty."""
    if not data:
        return "none"
    if len(data) <= SHORT_HEX_BYTES:
        return data.hex()
    return f"{data[:_HEAD_BYTES].hex()}… ({len(data):,} bytes)"
