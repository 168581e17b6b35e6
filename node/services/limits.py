"""Every limit of the services, with its unit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What one gRPC server grants."""

    max_request_bytes: int = 4 * 1024 * 1024
    """gRPC's own default; a transaction is far smaller."""
    workers: int = 16
    """Threads that answer."""
    max_calls: int = 64
    """Calls at once, the waiting ones among them; more are answered RESOURCE_EXHAUSTED."""
    client_calls: int = 8
    """Calls of one client, by its address, from their first byte on: half of the threads are left
    to the others."""
    simulations: int = 2
    """At work: they burn the processor, need no account, and cost nothing."""
    waiting_simulations: int = 4
    """More are refused."""
    simulation_wait_secs: float = 2.0
    """How long one waits for its place."""
    max_streams: int = 100
    """Calls at once on one connection."""
    silence_secs: float = 5.0
    """How long a call may keep a thread and say nothing: gRPC gives it one before its message has
    come, and would wait for that as long as the connection lives."""
    patience_secs: int = 60
    """How old a connection gets, and how long its last calls may take then."""
    stop_grace_secs: float = 2.0
    """How long calls that are under way may take when the server stops."""
