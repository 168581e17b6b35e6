"""Typed reading of CometBFT's JSON: 64-bit integers are text, hashes hex, bytes Base64.

What is missing or of another kind is no CometBFT's. Unknown fields are left alone: versions differ
in them.
"""

from __future__ import annotations

import base64
import binascii
import calendar
import json
import re
from dataclasses import dataclass
from typing import Final, NoReturn

from node.engine_rpc.failures import EngineFailed

NANOS: Final = 1_000_000_000

MAX_SHOWN: Final = 80

_LIMIT: Final = 2**63
_INTEGER: Final = re.compile(r"-?[0-9]{1,19}")
_MOMENT: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Fields:
    """One JSON object of an answer. `place` says which, for the error."""

    place: str
    values: dict[str, object]

    def part(self, name: str) -> Fields:
        """An object within it."""
        return fields(self.values.get(name), f"{self.place}.{name}")

    def rows(self, name: str) -> list[Fields]:
        """A list of objects; null is an empty one, as Go writes it."""
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(name, "a list", value)
        return [fields(item, f"{self.place}.{name}[{i}]") for i, item in enumerate(value)]

    def text(self, name: str, *, absent: str | None = None) -> str:
        """Text. Go leaves out what is empty in some answers: there, `absent` stands for it."""
        value = self.values.get(name, absent)
        if not isinstance(value, str):
            return self.wrong(name, "text", value)
        if not _is_unicode(value):
            return self.wrong(name, "text of Unicode", value)
        return value

    def flag(self, name: str, *, absent: bool | None = None) -> bool:
        """True or false."""
        value = self.values.get(name, absent)
        return value if isinstance(value, bool) else self.wrong(name, "true or false", value)

    def integer(self, name: str, *, absent: int | None = None) -> int:
        """An integer of 64 bits, as a number or as text."""
        value = found = self.values.get(name, absent)
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            found = int(value)
        if isinstance(found, bool) or not isinstance(found, int):
            return self.wrong(name, "an integer", value)
        if not -_LIMIT <= found < _LIMIT:
            return self.wrong(name, "an integer of 64 bits", value)
        return found

    def hex(self, name: str) -> bytes:
        """Bytes in hex; may be empty."""
        value = self.values.get(name)
        try:
            return (
                bytes.fromhex(value) if isinstance(value, str) else self.wrong(name, "hex", value)
            )
        except ValueError:
            return self.wrong(name, "hex", value)

    def base64(self, name: str) -> bytes:
        """Bytes in Base64; null is none."""
        value = self.values.get(name)
        return b"" if value is None else unbase64(value, f"{self.place}.{name}")

    def moment(self, name: str) -> int:
        """A time (RFC 3339, UTC) in nanoseconds since the Unix epoch."""
        found = _MOMENT.fullmatch(self.text(name))
        if found is None:
            return self.wrong(name, "a time in UTC", self.values.get(name))
        *parts, fraction = found.groups()
        try:
            seconds = calendar.timegm(tuple(int(part) for part in parts))
        except ValueError:
            return self.wrong(name, "a day of the calendar", self.values.get(name))
        return seconds * NANOS + int((fraction or "").ljust(9, "0"))

    def wrong(self, name: str, expected: str, found: object) -> NoReturn:
        """Raises EngineFailed for the field."""
        raise EngineFailed(expected=f"{expected} in {self.place}.{name}", found=shown(found))


def shown(value: object) -> str:
    """What stands in an answer, as JSON's words, for the error."""
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    return json.dumps(value)[:MAX_SHOWN]


def _is_unicode(text: str) -> bool:
    """JSON can hold halves of characters, which no file, no screen and no message takes."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def fields(value: object, place: str) -> Fields:
    """The object `value`. Raises EngineFailed for anything else."""
    if not isinstance(value, dict):
        raise EngineFailed(expected=f"an object in {place}", found=shown(value))
    return Fields(place, value)


def unbase64(value: object, place: str) -> bytes:
    """The bytes of Base64 text. Raises EngineFailed for anything else."""
    try:
        return base64.b64decode(value if isinstance(value, str) else "=", validate=True)
    except (binascii.Error, ValueError):
        raise EngineFailed(expected=f"Base64 in {place}", found=shown(value)) from None
