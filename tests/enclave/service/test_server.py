"""The gRPC server against callers that do not behave."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

import grpc
import pytest

from enclave.crypto.sealing import Role
from enclave.framework.enclave import Enclave
from enclave.framework.states import State
from enclave.registration.network_codec import network_to_proto
from enclave.service.dispatch import SERVICE
from enclave.service.server import PATIENCE_SECS, WORKERS, make_server
from enclave.wire import encode
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.crash_disk import PowerCut
from tests.support.enclaves import MemoryStorage, Node, inputs
from tests.support.grpc_callers import OWN_CONNECTION, callers_that_never_send, is_held_up

METHOD: Final = f"/{SERVICE.full_name}/GetInfo"
TIMEOUT: Final = 20
"""Seconds; far above the server's patience here."""
TRIES: Final = 1000


@contextlib.contextmanager
def served(enclave: Enclave, *, patience_secs: int = PATIENCE_SECS) -> Iterator[str]:
    """The address of a server for the length of a block."""
    server, port = make_server(enclave, listen="127.0.0.1:0", patience_secs=patience_secs)
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


def test_a_panic_in_a_library_is_answered_and_the_next_request_served() -> None:
    """Those in Rust raise what is no `Exception`; unanswered, a caller would wait for ever."""
    storage = MemoryStorage()

    def panic(_role: Role) -> None:
        raise PowerCut

    storage.on_save = panic
    request = pb.BootstrapRequest(network=network_to_proto(inputs()))
    with (
        served(Node("founder", storage=storage).enclave) as address,
        grpc.insecure_channel(address, options=OWN_CONNECTION) as channel,
    ):
        bootstrap: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
            METHOD.replace("GetInfo", "Bootstrap")
        )
        with pytest.raises(grpc.RpcError) as refused:
            bootstrap(encode(request), timeout=5)
        assert refused.value.code() is grpc.StatusCode.INTERNAL
        info: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(METHOD)
        answer = info(b"", timeout=TIMEOUT)
    assert pb.GetInfoResponse.FromString(answer).state == State.EMPTY.value


def answer_in_the_end(address: str) -> bytes:
    """What an honest caller gets that connects again where its own connection grew too old."""
    for _ in range(TRIES):
        with grpc.insecure_channel(address, options=OWN_CONNECTION) as channel:
            call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(METHOD)
            try:
                return call(b"", timeout=TIMEOUT)
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise
    raise AssertionError("every connection ended without an answer")


def test_callers_that_never_send_their_request_do_not_keep_the_enclave_for_ever() -> None:
    with (
        served(Node("empty").enclave, patience_secs=1) as address,
        callers_that_never_send(address, METHOD, WORKERS),
        grpc.insecure_channel(address, options=OWN_CONNECTION) as honest,
    ):
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = honest.unary_unary(METHOD)
        # Their requests are on the way: asks until they have every worker.
        assert any(is_held_up(call) for _ in range(TRIES))
        answer = answer_in_the_end(address)
    assert pb.GetInfoResponse.FromString(answer).state == State.EMPTY.value
