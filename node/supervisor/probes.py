"""Whether a process is ready: asked of the process itself, as its clients would.

A probe answers at once or within `PATIENCE_SECS`, and raises nothing.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from node.enclave_client import EnclaveClient, EnclaveFailure
from node.engine_rpc import EngineRpc, EngineRpcFailure

Probe = Callable[[], bool]

PATIENCE_SECS: Final = 2.0


def enclave_answers(address: str, *, token: Path | None) -> Probe:
    """The enclave at HOST:PORT answers GetInfo, and is that of the token's home.

    Before it serves, a home's enclave writes the token: while there is none, another one answers.
    """

    def probe() -> bool:
        if token is not None and not token.exists():
            return False
        try:
            with EnclaveClient(address, token=token, timeout=PATIENCE_SECS) as client:
                client.get_info()
        except EnclaveFailure:
            return False
        return True

    return probe


def socket_accepts(path: Path) -> Probe:
    """Somebody listens on the unix socket."""

    def probe() -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(PATIENCE_SECS)
            return _connects(connection, str(path))

    return probe


def address_accepts(address: str) -> Probe:
    """Somebody listens on HOST:PORT."""
    host, _, port = address.rpartition(":")

    def probe() -> bool:
        try:
            with socket.create_connection((host.strip("[]"), int(port)), PATIENCE_SECS):
                return True
        except OSError:
            return False

    return probe


def rpc_answers(url: str) -> Probe:
    """CometBFT's RPC answers `status`: the application was asked and agrees with the engine."""

    def probe() -> bool:
        try:
            with EngineRpc(url, timeout_secs=PATIENCE_SECS) as rpc:
                rpc.status()
        except EngineRpcFailure:
            return False
        return True

    return probe


def all_of(*probes: Probe) -> Probe:
    """Every one of them."""
    return lambda: all(probe() for probe in probes)


def in_time(probe: Probe, *, secs: float) -> Probe:
    """As `probe`; it holds anyway once it was asked for so long."""
    first: list[float] = []

    def patient() -> bool:
        first.append(time.monotonic())
        del first[1:]
        return probe() or time.monotonic() - first[0] >= secs

    return patient


def _connects(connection: socket.socket, path: str) -> bool:
    try:
        connection.connect(path)
    except OSError:
        return False
    return True
