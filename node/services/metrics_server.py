"""Prometheus' endpoint: the figures of one node over HTTP.

It runs in the node's own process, so what strangers may have of it is little: few connections at
once, and each of them for a short time, whatever it sends or does not send.
"""

from __future__ import annotations

import contextlib
import socket
from socketserver import ThreadingMixIn
from threading import BoundedSemaphore, Thread, Timer
from typing import Final, Self, TypeAlias
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import make_wsgi_app

from node.metrics import Metrics
from node.services.listening import HostPort, why_not

MAX_CONNECTIONS: Final = 8
"""At once; one more is closed. A scraper has one."""
CONNECTION_SECS: Final = 5.0
"""From its first byte to its last."""

_Request: TypeAlias = socket.socket | tuple[bytes, socket.socket]
"""As `socketserver` has it; of TCP always the first."""


class MetricsServer:
    """Answers GET /metrics at one address."""

    def __init__(
        self, metrics: Metrics, *, address: str, connection_secs: float = CONNECTION_SECS
    ) -> None:
        """`address`: HOST:PORT; port 0 takes a free one."""
        self._metrics = metrics
        self._wanted = HostPort.parse(address)
        self._connection_secs = connection_secs
        self._running: tuple[WSGIServer, Thread] | None = None

    @property
    def address(self) -> str:
        """Where it listens: HOST:PORT."""
        port = self._wanted.port if self._running is None else self._running[0].server_port
        return self._wanted.at(port)

    def start(self) -> None:
        """Begins to listen. Raises CannotServe."""
        try:
            server = _Server(self._wanted, connection_secs=self._connection_secs)
        except (OSError, UnicodeError) as error:
            raise why_not(error, self._wanted, what="metrics") from None
        server.set_app(make_wsgi_app(self._metrics.registry))
        thread = Thread(target=server.serve_forever, name="metrics", daemon=True)
        thread.start()
        self._running = server, thread

    def stop(self) -> None:
        """Ends."""
        if self._running is not None:
            server, thread = self._running
            self._running = None
            server.shutdown()
            thread.join()
            server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Handler(WSGIRequestHandler):
    """One request."""

    def log_message(self, *_: object) -> None:
        """No line for each scrape, nor for what is no HTTP."""


class _Server(ThreadingMixIn, WSGIServer):
    """A thread for each connection, as long as there are few."""

    daemon_threads = True

    def __init__(self, wanted: HostPort, *, connection_secs: float) -> None:
        """Raises OSError, UnicodeError."""
        self._places = BoundedSemaphore(MAX_CONNECTIONS)
        self._connection_secs = connection_secs
        found = socket.getaddrinfo(wanted.host, wanted.port, type=socket.SOCK_STREAM)
        self.address_family = found[0][0]
        super().__init__((wanted.host, wanted.port), _Handler)

    def process_request(self, request: _Request, client_address: object) -> None:
        """In the thread that accepts."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: _Request, client_address: object) -> None:
        """In one of its own."""
        end = Timer(self._connection_secs, _end, [request])
        end.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            end.cancel()
            self._places.release()

    def handle_error(self, _request: _Request, _client_address: object) -> None:
        """A client that leaves in the middle is no news, and as many as like may do so."""


def _end(connection: socket.socket) -> None:
    # It may have ended by itself.
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
