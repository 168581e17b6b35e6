"""Every limit of the services, with its unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DEFAULT_PAGE: Final = 100
"""Entries of a page where the request names no limit, as in the Cosmos SDK."""
MAX_PAGE: Final = 200
"""Entries of any page: a larger limit is cut, and the answer has the next page's key."""
MAX_OFFSET: Final = 10_000
"""Entries that a page may skip. Beyond it a client turns pages by key, which costs nothing."""


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What one gRPC server grants."""

    max_request_bytes: int = 4 * 1024 * 1024
    """gRPC's own default; a transaction is far smaller."""
    workers: int = 16
    """Threads that answer. They share the node's processor time."""
    max_calls: int = 64
    """Calls at once, the waiting ones among them; more are answered RESOURCE_EXHAUSTED."""
    max_streams: int = 100
    """Calls at once on one connection."""
    stop_grace_secs: float = 2.0
    """How long calls that are under way may take when the server stops."""
