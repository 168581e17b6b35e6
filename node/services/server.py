"""The gRPC server: one table of queries, reflection and health on one address.

The height of a query comes and goes as the Cosmos SDK has it, in the header
`x-cosmos-block-height`. Whatever a query raises becomes a status; what no rule foresaw is logged
here, by its place, and not told to the client.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self

import grpc

from node.log import Log, place_of
from node.metrics import Metrics
from node.services.admission import Admission, client_of
from node.services.backend import Backend
from node.services.failures import CannotServe, QueryRefused, ServiceCode, invalid
from node.services.health import Health
from node.services.limits import ServerLimits
from node.services.listening import HostPort, try_to_listen
from node.services.patience import Gate, Patience
from node.services.queries import Query
from node.services.reflection import add_reflection

HEIGHT_HEADER: Final = "x-cosmos-block-height"
MAX_HEIGHT: Final = 2**63 - 1
_HEIGHT_DIGITS: Final = len(str(MAX_HEIGHT)) + 1

_INTERNAL: Final = "internal error"
_WHAT: Final = "the gRPC services"


class GrpcServer:
    """Serves the table of one node at one address."""

    def __init__(
        self,
        backend: Backend,
        queries: Mapping[str, Query],
        *,
        address: str,
        log: Log,
        metrics: Metrics,
        limits: ServerLimits | None = None,
    ) -> None:
        """`address`: HOST:PORT; port 0 takes a free one."""
        self._backend = backend
        self._log = log
        self._metrics = metrics
        self._limits = limits or ServerLimits()
        self._admission = Admission(self._limits)
        self._patience = Patience(self._limits.silence_secs)
        self._wanted = HostPort.parse(address)
        self._port = self._wanted.port
        self.health = Health(sorted({path.split("/")[1] for path in queries}))
        self._server = self._make(queries)

    @property
    def address(self) -> str:
        """Where it listens: HOST:PORT."""
        return self._wanted.at(self._port)

    def start(self) -> None:
        """Begins to listen. Raises CannotServe."""
        # gRPC says neither that a port is taken nor why it cannot be had.
        try_to_listen(self._wanted, what=_WHAT)
        try:
            self._port = self._server.add_insecure_port(self.address)
        except RuntimeError:
            raise CannotServe(
                ServiceCode.CANNOT_LISTEN,
                expected=f"to listen at {self.address} for {_WHAT}",
                found="a refusal by gRPC",
            ) from None
        self._patience.start()
        self._server.start()
        self._log("info", "grpc_listening", address=self.address)

    def stop(self) -> None:
        """Ends: calls under way may finish within the limit's grace."""
        self.health.stop()
        self._server.stop(self._limits.stop_grace_secs).wait()
        self._patience.stop()
        self._log("info", "grpc_stopped", address=self.address)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _make(self, queries: Mapping[str, Query]) -> grpc.Server:
        limits = self._limits
        server = grpc.server(
            ThreadPoolExecutor(limits.workers, thread_name_prefix="grpc"),
            options=[
                # Two servers on one port would each answer some of the calls.
                ("grpc.so_reuseport", 0),
                ("grpc.max_receive_message_length", limits.max_request_bytes),
                ("grpc.max_concurrent_streams", limits.max_streams),
                ("grpc.max_connection_age_ms", limits.patience_secs * 1000),
                ("grpc.max_connection_age_grace_ms", limits.patience_secs * 1000),
            ],
            maximum_concurrent_rpcs=limits.max_calls,
        )
        server.add_generic_rpc_handlers(self._handlers(queries.values()))
        gate = Gate(self._admission, self._patience)
        self.health.add_to(server, gate=gate)
        add_reflection(server, self.health.services, gate=gate)
        return server

    def _handlers(self, queries: Iterable[Query]) -> list[grpc.GenericRpcHandler]:
        methods: dict[str, dict[str, grpc.RpcMethodHandler[bytes, bytes]]] = {}
        for query in queries:
            _, service, method = query.path.split("/")
            # Neither serializer nor deserializer: the table takes and gives bytes.
            methods.setdefault(service, {})[method] = grpc.stream_unary_rpc_method_handler(
                self._behavior(query)
            )
        return [
            grpc.method_handlers_generic_handler(service, handlers)
            for service, handlers in methods.items()
        ]

    def _behavior(self, query: Query) -> Callable[[Iterator[bytes], grpc.ServicerContext], bytes]:
        def answer(requests: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
            began = time.monotonic()
            status, text, value = self._answer(query, requests, context)
            self._metrics.grpc_call(query.path, code=status.name, seconds=time.monotonic() - began)
            if status is not grpc.StatusCode.OK:
                context.abort(status, text)
            return value

        return answer

    def _answer(
        self, query: Query, requests: Iterator[bytes], context: grpc.ServicerContext
    ) -> tuple[grpc.StatusCode, str, bytes]:
        try:
            with self._admission.call(client_of(context.peer())):
                data = self._patience.first(requests, context)
                with self._admission.work(query.path):
                    found = query.answer(data, self._backend, height=_height(context))
        except QueryRefused as refused:
            return refused.status, refused.text, b""
        except Exception as bug:  # noqa: BLE001 (one query's bug is not the server's end)
            kind, place = type(bug).__name__, place_of(bug)
            self._log("error", "grpc_exception", method=query.path, type=kind, at=place)
            return grpc.StatusCode.INTERNAL, _INTERNAL, b""
        if found.height:
            context.send_initial_metadata(((HEIGHT_HEADER, str(found.height)),))
        return grpc.StatusCode.OK, "", found.value


def _height(context: grpc.ServicerContext) -> int:
    """The height that the client asked for; 0 where it did not."""
    for key, value in context.invocation_metadata():
        if key == HEIGHT_HEADER:
            text = value if isinstance(value, str) else value.decode("ascii", "replace")
            digits = text.lstrip("0")[:_HEIGHT_DIGITS] or "0"
            if not (text.isascii() and text.isdigit()) or int(digits) > MAX_HEIGHT:
                raise invalid(f"expected a height in {HEIGHT_HEADER}, found {text[:40]!r}")
            return int(digits)
    return 0
