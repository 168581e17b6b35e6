"""Somebody else at an enclave's port: answers as an enclave would, and counts what it was asked."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc

from enclave.crypto.endpoint import ANY_PORT, Endpoint
from enclave.crypto.labels import Mode
from enclave.errors import Code, Refusal
from enclave.service.dispatch import METHODS, SERVICE
from enclave.service.server import ERROR_TRAILER
from seedpact.enclave.v1 import service_pb2 as pb

Info = Callable[[pb.GetInfoRequest], pb.GetInfoResponse]


class Squatter:
    """Serves GetInfo, and takes every other request without an answer that means anything."""

    def __init__(self, info: Info, address: str) -> None:
        self._info = info
        self.asked: list[str] = []
        """The methods, in order."""
        self.challenges: list[bytes] = []
        handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            name: grpc.unary_unary_rpc_method_handler(self._behaviour(name)) for name in METHODS
        }
        self.server = grpc.server(ThreadPoolExecutor(2), options=(("grpc.so_reuseport", 0),))
        self.server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(SERVICE.full_name, handlers),)
        )
        port = self.server.add_insecure_port(address)
        self.address = f"{address.rpartition(':')[0]}:{port}"
        self.server.start()

    def _behaviour(self, name: str) -> Callable[[bytes, grpc.ServicerContext], bytes]:
        def call(data: bytes, context: grpc.ServicerContext) -> bytes:
            self.asked.append(name)
            if name != "GetInfo":
                return b""
            request = pb.GetInfoRequest.FromString(data)
            self.challenges.append(request.challenge)
            try:
                return self._info(request).SerializeToString()
            except Refusal as refusal:
                told = pb.Error(code=refusal.code, expected=refusal.expected, found=refusal.found)
                context.set_trailing_metadata(((ERROR_TRAILER, told.SerializeToString()),))
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(refusal))

        return call


@contextlib.contextmanager
def squatter(info: Info, address: str = "127.0.0.1:0") -> Iterator[Squatter]:
    """It serves for the length of a block."""
    made = Squatter(info, address)
    try:
        yield made
    finally:
        made.server.stop(None).wait()


def plausible(_request: pb.GetInfoRequest) -> pb.GetInfoResponse:
    """A healthy holder's answer, with a proof that is none."""
    return pb.GetInfoResponse(
        state=pb.ENCLAVE_STATE_HOLDER,
        mode="MODE_SOFTWARE",
        node_id=bytes(32),
        network_id=bytes(32),
        version="1.0.0",
        backup_current=True,
        endpoint_proof=bytes(32),
    )


def knows(token: bytes) -> Info:
    """Answers of one who knows the token, behind a forward."""

    def info(request: pb.GetInfoRequest) -> pb.GetInfoResponse:
        answer = plausible(request)
        answer.endpoint_proof = Endpoint(token, ANY_PORT).proof(Mode.SOFTWARE, request.challenge)
        return answer

    return info


def refuses(code: Code) -> Info:
    """Says no to every question."""

    def info(_request: pb.GetInfoRequest) -> pb.GetInfoResponse:
        raise Refusal(code, expected="something else", found="this")

    return info
