"""grpc.health.v1: SERVING while the node is in sync and blocks come, for load balancers and doctor.

A thread of its own asks the engine now and then; nobody else's call waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import grpc
from grpc_health.v1 import health, health_pb2

from node.engine_rpc import EngineRpc, EngineRpcFailure, Status
from node.log import Log
from node.services.patience import Gate

POLL_SECS: Final = 1.0
STALL_SECS: Final = 30.0
"""How long a chain may go without a block before this node says that it does not serve."""


@dataclass(slots=True)
class Judge:
    """Whether a node serves, from what its engine said and when."""

    height: int = 0
    since: float = 0.0
    """When that height was first seen; seconds of any one clock."""

    def serves(self, status: Status | None, *, now: float) -> bool:
        """Whether it serves. `status` is None where the engine did not answer."""
        if status is None:
            return False
        if status.latest_height != self.height:
            self.height, self.since = status.latest_height, now
        return self.height > 0 and not status.catching_up and now - self.since < STALL_SECS


class Health:
    """The service, and the thread that keeps it true. It begins as NOT_SERVING."""

    SERVICE: ClassVar[str] = health.SERVICE_NAME

    def __init__(self, services: Sequence[str]) -> None:
        self.services = tuple(services)
        self._servicer = health.HealthServicer()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._serving: bool | None = None
        self.tell(serving=False)

    def add_to(self, server: grpc.Server, *, gate: Gate) -> None:
        """Adds the service to a server that is not started."""
        form = {
            "request_deserializer": health_pb2.HealthCheckRequest.FromString,
            "response_serializer": health_pb2.HealthCheckResponse.SerializeToString,
        }
        check = gate.unary(self._servicer.Check)
        watch = gate.watch(self._servicer.Watch)
        methods = {
            "Check": grpc.stream_unary_rpc_method_handler(check, **form),
            "Watch": grpc.stream_stream_rpc_method_handler(watch, **form),
        }
        handler = grpc.method_handlers_generic_handler(self.SERVICE, methods)
        server.add_generic_rpc_handlers((handler,))

    def tell(self, *, serving: bool) -> None:
        """Sets the answer for the whole server and each of its services."""
        if serving == self._serving:
            return
        self._serving = serving
        kinds = health_pb2.HealthCheckResponse
        for service in ("", *self.services):
            self._servicer.set(service, kinds.SERVING if serving else kinds.NOT_SERVING)

    def watch(self, engine: EngineRpc, *, log: Log, poll_secs: float = POLL_SECS) -> None:
        """Follows the engine until `stop`."""
        self._thread = threading.Thread(
            target=self._follow, args=(engine, log, poll_secs), name="health", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Ends the watch and says NOT_SERVING for good."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._servicer.enter_graceful_shutdown()

    def _follow(self, engine: EngineRpc, log: Log, poll_secs: float) -> None:
        judge = Judge()
        while not self._stopped.wait(poll_secs):
            before = self._serving
            serving = judge.serves(_status(engine), now=time.monotonic())
            self.tell(serving=serving)
            if serving != before:
                log("info", "health", serving=int(serving), height=judge.height)


def _status(engine: EngineRpc) -> Status | None:
    try:
        return engine.status()
    except EngineRpcFailure:
        return None
