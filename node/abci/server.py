"""The server: a unix socket, its connections, their end.

Connections know nothing of each other. A connection that sends what is no request is closed; so is
one whose call raised, after an `exception`, upon which the engine stops by itself. What was raised
is logged here and not told to the peer.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import socket
import stat
from pathlib import Path
from typing import Final, Self

from node.abci.application import Application
from node.abci.call_log import CallLog
from node.abci.calls import Answered, Calls, no_watch
from node.abci.connection import Connection
from node.abci.failures import CannotListen
from node.abci.lanes import Lane, Worker
from node.abci.limits import Limits
from node.log import Log, place_of

SOCKET_MODE: Final = 0o600
"""The peer is the engine, of the same user."""
MAX_PATH_BYTES: Final = 107
"""Of a unix socket's address (unix(7): 108 with its end)."""


class AbciServer:
    """Serves one application on one unix socket, inside a running event loop."""

    def __init__(
        self,
        application: Application,
        *,
        path: Path,
        log: Log,
        call_log: CallLog | None = None,
        limits: Limits | None = None,
        answered: Answered = no_watch,
    ) -> None:
        self._calls = Calls(application, log=log, call_log=call_log, answered=answered)
        self._path = path
        self._log = log
        self._limits = limits or Limits()
        self._workers: dict[Lane, Worker] = {}
        self._server: asyncio.Server | None = None
        self._tasks: dict[asyncio.Task[None], Connection] = {}
        self._numbers = itertools.count()

    @property
    def address(self) -> str:
        """As the engine's `proxy_app` wants it."""
        return f"unix://{self._path}"

    async def start(self) -> None:
        """Begins to listen.

        Raises:
            CannotListen: another server lives there, or the socket cannot be made.
        """
        listener = _listener(self._path)
        self._calls.begin()
        self._workers = {lane: Worker(lane) for lane in Lane}
        self._server = await asyncio.start_unix_server(
            self._connected, sock=listener, limit=self._limits.read_bytes
        )
        self._log("info", "abci_listening", address=self.address)

    async def stop(self) -> None:
        """Ends: no new connection, calls under way are answered, the socket's file is removed.

        A call that takes longer than the limit is left to itself.
        """
        if self._server is None:
            return
        self._server.close()
        self._server = None
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        for connection in self._tasks.values():
            connection.finish()
        if self._tasks:
            _, hanging = await asyncio.wait(self._tasks, timeout=self._limits.stop_grace_secs)
            for task in hanging:
                task.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)
        for worker in self._workers.values():
            worker.stop()
        self._log("info", "abci_stopped", address=self.address)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self._numbers)
        if len(self._tasks) >= self._limits.max_connections or self._server is None:
            self._log("warning", "abci_connection_refused", connection=number)
            writer.transport.abort()
            return
        connection = Connection(
            number,
            (reader, writer),
            calls=self._calls,
            workers=self._workers,
            limits=self._limits,
        )
        task = asyncio.get_running_loop().create_task(connection.serve())
        self._tasks[task] = connection
        task.add_done_callback(self._disconnected)
        self._log("info", "abci_connected", connection=number)

    def _disconnected(self, task: asyncio.Task[None]) -> None:
        connection = self._tasks.pop(task)
        number, fault = connection.number, None if task.cancelled() else task.exception()
        if fault is not None:
            kind, place = type(fault).__name__, place_of(fault)
            self._log("error", "abci_fault", connection=number, type=kind, at=place)
        self._log("info", "abci_disconnected", connection=number, reason=connection.end)


def _listener(path: Path) -> socket.socket:
    """A bound socket that only this user may use; takes the place of a dead server's."""
    if len(os.fsencode(path)) > MAX_PATH_BYTES:
        raise CannotListen(
            expected=f"a socket path of at most {MAX_PATH_BYTES} bytes", found=str(path)
        )
    if _alive(path):
        raise CannotListen(expected=f"nobody at {path}", found="another server")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with contextlib.suppress(FileNotFoundError):
            if stat.S_ISSOCK(path.lstat().st_mode):
                path.unlink()
        listener.bind(os.fspath(path))
        # Nobody can connect before the server listens, which is after this.
        path.chmod(SOCKET_MODE)
    except OSError as error:
        listener.close()
        raise CannotListen(
            expected=f"to make a socket at {path}", found=error.strerror or "an error"
        ) from None
    return listener


def _alive(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(os.fspath(path))
        except OSError:
            return False
    return True
