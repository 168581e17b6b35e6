"""Prometheus' endpoint: the figures of one node over HTTP."""

from __future__ import annotations

from threading import Thread
from typing import Self
from wsgiref.simple_server import WSGIServer

from prometheus_client import start_http_server

from node.metrics import Metrics
from node.services.listening import HostPort, why_not


class MetricsServer:
    """Answers GET /metrics at one address."""

    def __init__(self, metrics: Metrics, *, address: str) -> None:
        """`address`: HOST:PORT; port 0 takes a free one."""
        self._metrics = metrics
        self._wanted = HostPort.parse(address)
        self._running: tuple[WSGIServer, Thread] | None = None

    @property
    def address(self) -> str:
        """Where it listens: HOST:PORT."""
        port = self._wanted.port if self._running is None else self._running[0].server_port
        return self._wanted.at(port)

    def start(self) -> None:
        """Begins to listen. Raises CannotServe."""
        host, port = self._wanted.host, self._wanted.port
        try:
            self._running = start_http_server(port, host, self._metrics.registry)
        except (OSError, UnicodeError) as error:
            raise why_not(error, self._wanted, what="metrics") from None

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
