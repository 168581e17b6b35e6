"""Times for people: UTC, to the second, without a locale."""

from __future__ import annotations

import time

from enclave.registration.records import NANOSECONDS


def utc(time_ns: int) -> str:
    """Unix nanoseconds as 2026-01-01T00:00:00Z."""
    return utc_seconds(time_ns // NANOSECONDS)


def utc_seconds(seconds: int) -> str:
    """Unix seconds as 2026-01-01T00:00:00Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
