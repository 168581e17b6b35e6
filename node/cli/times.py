"""Times and spans for people: UTC, to the second, without a locale."""

from __future__ import annotations

import time

from enclave.time import NANOSECONDS


def utc(time_ns: int) -> str:
    """Unix nanoseconds as 2026-01-01T00:00:00Z."""
    return utc_seconds(time_ns // NANOSECONDS)


def utc_seconds(seconds: int) -> str:
    """Unix seconds as 2026-01-01T00:00:00Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def in_words(seconds: int) -> str:
    """A span in its two largest units, such as 2 h 5 min."""
    parts: list[str] = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, seconds = divmod(seconds, size)
        if count or parts:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
