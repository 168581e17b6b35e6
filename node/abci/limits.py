"""Every limit of the socket, with its unit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server grants; the defaults suit one engine."""

    max_message_bytes: int = 104_857_600
    """Of a request. The engine's own limit on this socket (maxMsgSize in its abci/server)."""
    max_connections: int = 16
    """The engine opens four; one that restarts may have eight for a moment."""
    max_batch: int = 256
    """Requests that are answered with one write; more wait in the socket, unread."""
    read_bytes: int = 256 * 1024
    """Taken from the socket at once."""
    stop_grace_secs: float = 5.0
    """How long calls that are under way may take when the server stops."""
