"""Strict reading and writing of the bytes that state is kept in: integers, columns, checksums.

Rows are written as columns, all lengths and then all bytes: Python packs and cuts a column of
thousands in one call. Integers are unsigned and big-endian. One encoding only: what is short, too
long or in another order is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from hashlib import sha256
from itertools import accumulate, pairwise
from typing import Final

CHECKSUM_BYTES: Final = 32

_CODES: Final = {1: "B", 4: "I", 8: "Q"}


class MalformedBytes(ValueError):
    """The bytes are not what the format says. The caller names what they should have been."""


def pack_integers(values: Sequence[int], *, width: int) -> bytes:
    """A column of integers of 1, 4 or 8 bytes each."""
    return struct.pack(_layout(len(values), width), *values)


def pack_rows(rows: Sequence[bytes]) -> bytes:
    """A column of byte strings: 4-byte lengths, then the bytes."""
    return pack_integers([len(row) for row in rows], width=4) + b"".join(rows)


def seal(payload: bytes) -> bytes:
    """The payload with the SHA-256 that `Cursor.unseal` checks."""
    return payload + sha256(payload).digest()


class Cursor:
    """Reads columns from bytes, in the order in which they were written."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @classmethod
    def unseal(cls, sealed: bytes) -> Cursor:
        """A cursor over a sealed payload. Raises MalformedBytes if a bit of it has changed."""
        payload, checksum = sealed[:-CHECKSUM_BYTES], sealed[-CHECKSUM_BYTES:]
        if sha256(payload).digest() != checksum:
            raise MalformedBytes("its checksum does not fit")
        return cls(payload)

    def take(self, size: int) -> bytes:
        """The next `size` bytes. Raises MalformedBytes at the end."""
        end = self._at + size
        if end > len(self._data):
            raise MalformedBytes(f"{end - len(self._data)} bytes are missing")
        start, self._at = self._at, end
        return self._data[start:end]

    def expect(self, wanted: bytes, what: str) -> None:
        """Takes these very bytes. Raises MalformedBytes for others."""
        if self.take(len(wanted)) != wanted:
            raise MalformedBytes(f"it is no {what}")

    def integer(self, *, width: int) -> int:
        """One integer."""
        return int.from_bytes(self.take(width), "big")

    def integers(self, count: int, *, width: int) -> tuple[int, ...]:
        """A column of integers."""
        return struct.unpack(_layout(count, width), self.take(count * width))

    def rows(self, count: int) -> list[bytes]:
        """A column of byte strings."""
        ends = list(accumulate(self.integers(count, width=4), initial=0))
        data = self.take(ends[-1])
        return [data[start:end] for start, end in pairwise(ends)]

    def end(self) -> None:
        """Raises MalformedBytes if anything is left."""
        if self._at != len(self._data):
            raise MalformedBytes(f"{len(self._data) - self._at} bytes too many")


def require_ascending(rows: Sequence[bytes], what: str) -> None:
    """Raises MalformedBytes unless the rows are not empty and strictly ascending."""
    if rows and not rows[0]:
        raise MalformedBytes(f"an empty {what}")
    if any(first >= second for first, second in pairwise(rows)):
        raise MalformedBytes(f"a {what} out of order")


def _layout(count: int, width: int) -> str:
    return f">{count}{_CODES[width]}"
