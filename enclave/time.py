"""Times and heights of a chain, as its headers have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from enclave.errors import Code, Refusal

MAX_HEIGHT: Final = 2**63 - 1
"""CometBFT's heights are int64."""
NANOSECONDS: Final = 10**9
"""Of a second."""


@dataclass(frozen=True, slots=True, order=True)
class Time:
    """A time of a header: seconds since the Unix epoch, nanoseconds 0 .. 999,999,999."""

    seconds: int
    nanos: int = 0

    @staticmethod
    def of_unix_nanos(nanos: int) -> Time:
        """The time of so many nanoseconds since the Unix epoch."""
        return Time(*divmod(nanos, NANOSECONDS))


def check_height(height: int) -> None:
    """Raises Refusal: BAD_VALUE unless 1 .. 2^63-1."""
    if not 1 <= height <= MAX_HEIGHT:
        raise Refusal(Code.BAD_VALUE, expected="a height from 1 to 2^63-1", found=str(height))
