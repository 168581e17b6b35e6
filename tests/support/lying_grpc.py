"""The gRPC services of a real node with a lie in some answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import grpc

TIMEOUT_SECS: Final = 20

Lie = Callable[[str, bytes], bytes]
"""(path of the method, answer): the answer that is given instead."""


@contextmanager
def lying_grpc(truth: str, lie: Lie, *, tls: grpc.ServerCredentials | None = None) -> Iterator[str]:
    """HOST:PORT of a server that asks `truth`, HOST:PORT, and answers with the lie."""
    with grpc.insecure_channel(truth) as channel:

        class Relay(grpc.GenericRpcHandler):
            def service(self, handler_call_details: Any) -> Any:
                path = handler_call_details.method
                method: Any = channel.unary_unary(path)

                def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
                    said = method.future(request, timeout=TIMEOUT_SECS)
                    if said.code() is not grpc.StatusCode.OK:
                        context.abort(said.code(), said.details())
                    return lie(path, said.result())

                return grpc.unary_unary_rpc_method_handler(answer)

        server = grpc.server(ThreadPoolExecutor(4), handlers=[Relay()])
        place = "127.0.0.1:0"
        port = server.add_secure_port(place, tls) if tls else server.add_insecure_port(place)
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait()
