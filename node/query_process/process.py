"""`QueryProcess`: starts the child, watches it, starts it again, and asks it the engine's queries.

One thread starts every child and lives as long as the last of them: the kernel kills a child whose
parent thread ends. A child that dies, is silent, or falls behind the log is ended and another one
started from the newest version, later and later up to a minute. Meanwhile queries are refused, and
blocks go on.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from typing import Final, Self

from chain_module.abci.requests import QueryRequest
from chain_module.abci.responses import QueryResponse
from chain_module.errors import SdkReason
from node.abci import decoding, encoding
from node.base.backoff import Backoff
from node.base.python_child import dying_with_us, python_command, python_environment
from node.log import Log
from node.metrics import Metrics
from node.query_process.link import Link
from node.query_process.shared_height import SharedHeight
from node.query_process.start import Settings
from node.query_process.wire import Channel
from node.services.failures import (
    CannotServe,
    QueryCode,
    ServiceCode,
    abci_error,
    unavailable,
)
from node.services.listening import HostPort, try_to_listen
from node.storage import Storage

MODULE: Final = "node.query_process.child"
QUERY_SECS: Final = 4.0
"""How long the query lane waits for an answer: less than clients of the engine's RPC do (5 s)."""
SILENT_SECS: Final = 60.0
"""The child says every second that it lives."""
STOP_SECS: Final = 4.0
"""How long the child may take to end: calls under way have two seconds."""
LONGEST_DELAY_SECS: Final = 60.0
TAKEN_SECS: Final = 2.0
"""How long the address may be taken: the child of a node that was killed ends a moment later, and
holds it while the kernel frees its memory."""
POLL_SECS: Final = 0.05
WATCH_SECS: Final = 1.0

NICE: Final = 19
"""Of the child, before it imports anything: a validator that comes back has blocks to judge."""

_WHAT: Final = "the gRPC services"
_CODESPACE: Final = SdkReason.INVALID_REQUEST.reason.codespace


class QueryProcess:
    """The one child of a node. All but `start`, `close` and a query return at once."""

    def __init__(self, storage: Storage, settings: Settings, *, log: Log, metrics: Metrics) -> None:
        self._storage = storage
        self._settings = settings
        self._log = log
        self._metrics = metrics
        self._height = SharedHeight.create()
        self._height.value = storage.height
        self._link: Link | None = None
        self._quiet = 0.0
        """The child was last heard before this moment of a query without an answer."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="queries", daemon=True)

    def start(self) -> None:
        """Starts it, and does not wait until it listens: blocks would wait, too.

        Raises:
            CannotServe: nobody can listen at that address.
        """
        self._try_to_listen()
        self._thread.start()

    def committed(self) -> None:
        """The state has another version."""
        self._height.value = self._storage.height
        link = self._link
        if link is not None:
            link.committed()

    def replaced(self) -> None:
        """The state is another one: copies of the old one are of no use."""
        self._height.value = self._storage.height
        link = self._link
        if link is not None:
            link.replaced()

    def __call__(self, request: QueryRequest) -> QueryResponse:
        """The child's answer to the engine's query; without one, the SDK's code for that."""
        link = self._link
        answer = None
        # After one query without an answer none waits until the child is heard again.
        if link is not None and link.listening.is_set() and link.heard > self._quiet:
            query = encoding.query_request(request).SerializeToString()
            answer = link.ask(query, timeout_secs=QUERY_SECS)
            if answer is None:
                self._quiet = time.monotonic()
        if answer is not None:
            return decoding.query_response(answer)
        code, log = abci_error(
            unavailable(
                QueryCode.QUERIES_AWAY,
                expected="the process that answers queries",
                found="none that answers; it is started again by itself, ask again in a while",
            )
        )
        return QueryResponse(code=code, codespace=_CODESPACE, log=log, height=request.height)

    def close(self) -> None:
        """Ends the child and waits for it."""
        self._stopped.set()
        link = self._link
        if link is not None:
            link.end("the node stops")
        if self._thread.is_alive():
            self._thread.join(2 * STOP_SECS)
        self._height.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _try_to_listen(self) -> None:
        deadline = time.monotonic() + TAKEN_SECS
        while True:
            try:
                return try_to_listen(HostPort.parse(self._settings.listen), what=_WHAT)
            except CannotServe as failure:
                if failure.code is not ServiceCode.PORT_TAKEN or time.monotonic() > deadline:
                    raise
            self._stopped.wait(POLL_SECS)

    def _run(self) -> None:
        backoff = Backoff(longest_delay_secs=LONGEST_DELAY_SECS)
        while not self._stopped.is_set():
            self._metrics.query_process_started()
            began = time.monotonic()
            why, status, listened = self._serve_once()
            self._metrics.query_process_ended()
            if self._stopped.is_set():
                return
            self._log(
                "warning",
                "query_process_ended",
                code=QueryCode.QUERIES_AWAY,
                reason=why,
                status=status,
            )
            served = time.monotonic() - began if listened else 0.0
            self._stopped.wait(backoff.died(served_secs=served))

    def _serve_once(self) -> tuple[str, int, bool]:
        """One child from its start to its end: why, its exit status, and whether it listened."""
        try:
            process, link = self._start()
        except OSError as error:
            return f"no process: {error.strerror}", 0, False
        try:
            self._watch(link)
        finally:
            self._link = None
            link.end("not watched")
            status = _end(process)
            link.join()
        return link.why, status, link.listening.is_set()

    def _start(self) -> tuple[subprocess.Popen[bytes], Link]:
        ours, theirs = socket.socketpair()
        with contextlib.ExitStack() as stack, theirs:
            stack.callback(ours.close)
            descriptors = (theirs.fileno(), self._height.descriptor)
            # It dies with this process, and writes into the same log.
            command = python_command(MODULE, *map(str, descriptors))
            process = subprocess.Popen(  # noqa: S603 (a program of ours, arguments as a list)
                dying_with_us(command, nice=NICE),
                env=python_environment(),
                stdin=subprocess.DEVNULL,
                pass_fds=descriptors,
            )
            stack.pop_all()
        self._log("info", "query_process_started", pid=process.pid)
        link = Link(
            Channel(ours),
            self._storage,
            settings=self._settings,
            alive=self._metrics.query_process_alive,
        )
        self._link = link
        if self._stopped.is_set():
            link.end("the node stops")
        return process, link

    def _watch(self, link: Link) -> None:
        """Returns when the link has ended; ends that of a child that is silent."""
        while not link.ended.wait(WATCH_SECS):
            silent = time.monotonic() - link.heard
            if silent > SILENT_SECS:
                link.end(f"silent for {silent:.0f} s")


def _end(process: subprocess.Popen[bytes]) -> int:
    """Waits for a child whose link has ended, which tells it to stop; kills one that does not."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.wait(STOP_SECS)
    process.kill()
    return process.wait()
