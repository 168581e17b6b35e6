"""A server in a thread of this process, and a client that speaks to it in bytes."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import uvloop
from cosmpy.protos.tendermint.abci import types_pb2 as pb

from node.abci import AbciServer, Application, CallLog, Limits
from node.abci.framing import FrameDecoder, encode_frame

PATIENCE_SECS: Final = 30
RECEIVE_BYTES: Final = 1 << 16


class LogLines:
    """`node.abci.Log` into a list."""

    def __init__(self) -> None:
        self.lines: list[dict[str, str | int]] = []

    def __call__(self, level: str, event: str, **fields: str | int) -> None:
        self.lines.append({"level": level, "event": event, **fields})

    def of(self, event: str) -> list[dict[str, str | int]]:
        """The lines of one event."""
        return [line for line in self.lines if line["event"] == event]


@dataclass(frozen=True)
class Served:
    """A server that runs."""

    path: Path
    log: LogLines
    server: AbciServer
    loop: asyncio.AbstractEventLoop
    clients: list[Client]

    def connect(self) -> Client:
        """A new connection, closed at the latest when the server stops."""
        self.clients.append(Client(self.path))
        return self.clients[-1]

    def stop(self) -> None:
        """Stops the server and returns when it has stopped."""
        asyncio.run_coroutine_threadsafe(self.server.stop(), self.loop).result(PATIENCE_SECS)


@contextlib.contextmanager
def served(
    application: Application,
    *,
    path: Path | None = None,
    limits: Limits | None = None,
    call_log: CallLog | None = None,
) -> Iterator[Served]:
    """A server for the length of a block, on a socket of its own or at `path`."""
    log = LogLines()
    # Not pytest's folder: a unix socket's path is short.
    with tempfile.TemporaryDirectory(prefix="abci-") as folder, _loop() as loop:
        chosen = path or Path(folder) / "s"
        server = AbciServer(application, path=chosen, log=log, limits=limits, call_log=call_log)
        asyncio.run_coroutine_threadsafe(server.start(), loop).result(PATIENCE_SECS)
        running = Served(chosen, log, server, loop, [])
        try:
            yield running
        finally:
            running.stop()
            for client in running.clients:
                client.close()


@contextlib.contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE_SECS)
        loop.close()


class Client:
    """One connection."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE_SECS)
        try:
            self.socket.connect(str(path))
        except OSError:
            self.socket.close()
            raise
        self._decoder = FrameDecoder(max_message_bytes=1 << 30)
        self._frames: list[bytes] = []

    def send(self, *requests: Any) -> None:
        """Requests, in one piece."""
        self.send_bytes(frames_of(requests))

    def send_bytes(self, data: bytes) -> None:
        """As it is; a server that has closed takes none."""
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(data)

    def receive(self) -> Any:
        """The next response, or None at the end of the stream."""
        while not self._frames:
            data = self._receive()
            if not data:
                self._decoder.end()
                return None
            self._decoder.feed(data)
            self._frames = self._decoder.take(1 << 30)
        return pb.Response.FromString(self._frames.pop(0))

    def ask(self, request: Any) -> Any:
        """One request's response."""
        self.send(request)
        return self.receive()

    def everything(self) -> bytes:
        """All bytes until the end of the stream."""
        pieces = []
        while data := self._receive():
            pieces.append(data)
        return b"".join(pieces)

    def end_sending(self) -> None:
        """No more requests; answers still come."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Closes the connection."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _receive(self) -> bytes:
        try:
            return self.socket.recv(RECEIVE_BYTES)
        except ConnectionError:
            return b""


def frames_of(requests: Sequence[Any]) -> bytes:
    """Requests as the socket takes them."""
    return b"".join(encode_frame(request.SerializeToString()) for request in requests)


def echo(text: str) -> Any:
    """RequestEcho."""
    return pb.Request(echo=pb.RequestEcho(message=text))


def flush() -> Any:
    """RequestFlush."""
    return pb.Request(flush=pb.RequestFlush())


def info() -> Any:
    """RequestInfo."""
    return pb.Request(info=pb.RequestInfo(version="0.38.26"))


def check_tx(tx: bytes) -> Any:
    """RequestCheckTx."""
    return pb.Request(check_tx=pb.RequestCheckTx(tx=tx))


def query(key: bytes) -> Any:
    """RequestQuery."""
    return pb.Request(query=pb.RequestQuery(data=key, path="/store"))


def init_chain() -> Any:
    """RequestInitChain."""
    return pb.Request(init_chain=pb.RequestInitChain(chain_id="kv", initial_height=1))


def list_snapshots() -> Any:
    """RequestListSnapshots."""
    return pb.Request(list_snapshots=pb.RequestListSnapshots())


def load_chunk() -> Any:
    """RequestLoadSnapshotChunk."""
    return pb.Request(load_snapshot_chunk=pb.RequestLoadSnapshotChunk(format=1))


def prepare(height: int = 1, *txs: bytes) -> Any:
    """RequestPrepareProposal."""
    request = pb.RequestPrepareProposal(height=height, max_tx_bytes=1000, txs=txs)
    return pb.Request(prepare_proposal=request)


def process(height: int = 1) -> Any:
    """RequestProcessProposal."""
    return pb.Request(process_proposal=pb.RequestProcessProposal(height=height))


def finalize(height: int, *txs: bytes) -> Any:
    """RequestFinalizeBlock."""
    return pb.Request(finalize_block=pb.RequestFinalizeBlock(height=height, txs=txs))


def commit() -> Any:
    """RequestCommit."""
    return pb.Request(commit=pb.RequestCommit())
