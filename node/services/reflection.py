"""gRPC reflection: what this server serves, so that tools such as grpcurl need no files of ours."""

from __future__ import annotations

from collections.abc import Sequence

import grpc
from grpc_health.v1 import health
from grpc_reflection.v1alpha import reflection, reflection_pb2

from node.services.patience import Gate


def add_reflection(server: grpc.Server, services: Sequence[str], *, gate: Gate) -> None:
    """Adds the service to a server that is not started.

    Its calls are streams that clients could keep open: `gate` ends those that say nothing.
    """
    named = (*services, health.SERVICE_NAME, reflection.SERVICE_NAME)
    servicer = reflection.ReflectionServicer(named)
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler(
                reflection.SERVICE_NAME,
                {
                    "ServerReflectionInfo": grpc.stream_stream_rpc_method_handler(
                        gate.stream(servicer.ServerReflectionInfo),
                        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
                        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
                    )
                },
            ),
        )
    )
