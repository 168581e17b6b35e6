"""Times in a genesis file, as Go writes them."""

from __future__ import annotations

import time
from typing import Final

from enclave.time import NANOSECONDS

_DIGITS: Final = 9


def format_time(time_ns: int) -> str:
    """Unix nanoseconds as RFC 3339 in UTC, without trailing zeros."""
    seconds, nanos = divmod(time_ns, NANOSECONDS)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    fraction = f".{nanos:0{_DIGITS}}".rstrip("0") if nanos else ""
    return f"{text}{fraction}Z"
