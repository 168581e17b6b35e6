"""gRPC reflection: what this server serves, so that tools such as grpcurl need no files of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from grpc_health.v1 import health
from grpc_reflection.v1alpha import reflection, reflection_pb2


def add_reflection(server: grpc.Server, services: Sequence[str], *, threads: int) -> None:
    """Adds the service to a server that is not started.

    Its calls are streams that clients keep open, and each holds a thread: they get a few of their
    own, so that queries are answered whatever they do.
    """
    named = (*services, health.SERVICE_NAME, reflection.SERVICE_NAME)
    servicer = reflection.ReflectionServicer(named)

    def answer(requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        found: Iterator[Any] = servicer.ServerReflectionInfo(requests, context)
        return found

    # The attribute by which gRPC is told so (grpc/_server.py).
    vars(answer)["experimental_thread_pool"] = ThreadPoolExecutor(
        threads, thread_name_prefix="grpc-reflection"
    )

    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler(
                reflection.SERVICE_NAME,
                {
                    "ServerReflectionInfo": grpc.stream_stream_rpc_method_handler(
                        answer,
                        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
                        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
                    )
                },
            ),
        )
    )
