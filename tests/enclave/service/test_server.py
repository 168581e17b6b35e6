"""The gRPC server against callers that do not behave."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Final

import grpc

from enclave.framework.states import State
from enclave.service.dispatch import SERVICE
from enclave.service.server import WORKERS, make_server
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.world import Node

METHOD: Final = f"/{SERVICE.full_name}/GetInfo"
OWN_CONNECTION: Final = (("grpc.use_local_subchannel_pool", 1),)
TIMEOUT: Final = 20
"""Seconds; far above the server's patience here."""
TRIES: Final = 1000


@contextlib.contextmanager
def callers_that_never_send(address: str, count: int) -> Iterator[None]:
    """`count` requests that are begun, each on its own connection, and never end."""
    over = threading.Event()

    def nothing_yet() -> Iterator[bytes]:
        over.wait()
        yield b""

    with contextlib.ExitStack() as stack:
        stack.callback(over.set)
        for _ in range(count):
            channel = grpc.insecure_channel(address, options=OWN_CONNECTION)
            stack.enter_context(channel)
            grpc.channel_ready_future(channel).result(TIMEOUT)
            begin: grpc.StreamUnaryMultiCallable[bytes, bytes] = channel.stream_unary(METHOD)
            stack.callback(begin.future(nothing_yet()).cancel)
        yield


def is_held_up(call: grpc.UnaryUnaryMultiCallable[bytes, bytes]) -> bool:
    try:
        call(b"", timeout=0.2)
    except grpc.RpcError as error:
        return error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    return False


def test_callers_that_never_send_their_request_do_not_keep_the_enclave_for_ever() -> None:
    server, port = make_server(Node("empty").enclave, listen="127.0.0.1:0", patience_secs=1)
    server.start()
    address = f"127.0.0.1:{port}"
    try:
        with (
            callers_that_never_send(address, WORKERS),
            grpc.insecure_channel(address, options=OWN_CONNECTION) as honest,
        ):
            call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = honest.unary_unary(METHOD)
            # Their requests are on the way: asks until they have every worker.
            assert any(is_held_up(call) for _ in range(TRIES))
            answer = call(b"", timeout=TIMEOUT)
        assert pb.GetInfoResponse.FromString(answer).state == State.EMPTY.value
    finally:
        server.stop(None).wait()
