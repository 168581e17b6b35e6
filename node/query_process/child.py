"""The query process: `python -P -m node.query_process.child SOCKET HEIGHT`, two descriptors.

It keeps a copy of the state, serves the table of queries over gRPC, and answers the queries that
the node hands on from the engine. It ends when the node closes the socket; and with an error where
its copy is not what the node has, for the node starts another one then.

It is the first process that the kernel ends where memory runs out, and its node starts it at a
lower priority than its own: blocks come before queries.
"""

from __future__ import annotations

import contextlib
import itertools
import signal
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from chain_module.store.errors import StoreFault
from node.abci import decoding, encoding
from node.application.backend import NodeBackend
from node.engine_rpc import EngineRpc
from node.log import LineLog, Log, LogFormat, LogLevel
from node.metrics import Metrics
from node.query_process.replica import Replica, receive_version
from node.query_process.shared_height import SharedHeight
from node.query_process.start import Settings
from node.query_process.wire import Channel, Found, Kind, LinkEnded, number_of, numbered
from node.services import AbciQueries, CannotServe, GrpcServer
from node.services.failures import QueryCode, unavailable
from node.services.table import all_queries

OOM_SCORE: Final = "500"
"""proc(5): 1,000 would be ended first of all processes."""
ALIVE_SECS: Final = 1.0
FETCH_SECS: Final = 2.0
"""How long a query waits for a row of the node's disk."""
ANSWERING: Final = 2
"""Threads for the engine's queries. They come one at a time; one may have been given up."""
FAILED: Final = 1


class Child:
    """One end of the link, and what it serves."""

    def __init__(
        self, channel: Channel, committed: SharedHeight, *, log: Log | None = None
    ) -> None:
        """Reads what it is told first. Raises LinkEnded.

        Args:
            channel: to the node.
            committed: the node's height.
            log: instead of lines on stderr.
        """
        self._channel = channel
        self._sending = threading.Lock()
        self._fetching = threading.Lock()
        self._fetched: SimpleQueue[tuple[int, bytes]] = SimpleQueue()
        self._numbers = itertools.count()
        kind, payload = channel.receive()
        if kind is not Kind.START:
            raise LinkEnded(f"a message {kind.name} before the start")
        self._settings = settings = Settings.decode(payload)
        self.log = log or LineLog(
            sys.stderr, form=LogFormat(settings.log_format), least=LogLevel(settings.log_level)
        )
        self.metrics = Metrics()
        self.replica = Replica(
            committed,
            fetch=self._fetch,
            initial_version=settings.initial_version,
            keep=settings.keep,
        )

    def serve(self) -> None:
        """Until the node ends it.

        Raises:
            CannotServe: nobody can listen at its address.
            StoreFault: what the node sent does not give the node's state.
        """
        settings, table = self._settings, all_queries()
        with contextlib.ExitStack() as stack:
            engine = stack.enter_context(EngineRpc(settings.engine))
            backend = NodeBackend(self.replica, engine)
            stopped = threading.Event()
            stack.callback(stopped.set)
            self._queries = AbciQueries(backend, table, log=self.log)
            self._answering = ThreadPoolExecutor(ANSWERING, thread_name_prefix="abci")
            stack.callback(self._answering.shutdown, wait=False, cancel_futures=True)
            server = stack.enter_context(
                GrpcServer(
                    backend, table, address=settings.listen, log=self.log, metrics=self.metrics
                )
            )
            server.health.watch(engine, log=self.log)
            self._send(Kind.LISTENING)
            threading.Thread(target=self._say_alive, args=(stopped,), daemon=True).start()
            with contextlib.suppress(LinkEnded):
                while True:
                    self._take(*self._channel.receive())

    def _take(self, kind: Kind, payload: bytes) -> None:
        match kind:
            case Kind.EMPTY:
                self.replica.begin_empty(self._settings.names)
            case Kind.SNAPSHOT:
                self.replica.begin(receive_version(self._channel, payload))
                self.log("info", "query_process_ready", height=self.replica.here)
            case Kind.RECORD:
                self.replica.take(payload)
            case Kind.QUERY:
                self._answering.submit(self._answer, *number_of(payload))
            case Kind.STORED:
                self._fetched.put(number_of(payload))
            case _:
                raise LinkEnded(f"a message {kind.name} from the node")

    def _answer(self, number: int, query: bytes) -> None:
        response = self._queries(decoding.query_of_bytes(query))
        answer = encoding.query(response).SerializeToString()
        self._send(Kind.ANSWER, numbered(number, answer))

    def _fetch(self, key: bytes) -> bytes | None:
        """A row of the node's index. Raises QueryRefused, OSError."""
        with self._fetching:
            wanted, number, answer = next(self._numbers), -1, b""
            self._send(Kind.FETCH, numbered(wanted, key))
            try:
                while number != wanted:  # else one that came after its time
                    number, answer = self._fetched.get(timeout=FETCH_SECS)
            except Empty:
                raise unavailable(
                    QueryCode.QUERIES_AWAY,
                    expected="a row of the node's disk",
                    found=f"none within {FETCH_SECS:g} s; ask again",
                ) from None
        found = Found(answer[0])
        if found is Found.FAULT:
            raise OSError("the node cannot read its disk")
        return answer[1:] if found is Found.BYTES else None

    def _say_alive(self, stopped: threading.Event) -> None:
        with contextlib.suppress(LinkEnded):
            while not stopped.wait(ALIVE_SECS):
                self._send(
                    Kind.ALIVE, numbered(self.replica.here, self.metrics.services_text().encode())
                )

    def _send(self, kind: Kind, payload: bytes = b"") -> None:
        with self._sending:
            self._channel.send(kind, payload)


def main(arguments: list[str]) -> int:
    """The process; returns its exit code."""
    descriptor, height = map(int, arguments)
    # The node says when it ends; its terminal's Ctrl-C goes to the node.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE, encoding="ascii")
    channel = Channel(socket.socket(fileno=descriptor))
    log: Log = LineLog(sys.stderr)
    try:
        child = Child(channel, SharedHeight(height))
        log = child.log
        child.serve()
    except LinkEnded:
        return 0
    except (CannotServe, StoreFault) as failure:
        log("error", failure.code, expected=failure.expected, found=failure.found)
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
