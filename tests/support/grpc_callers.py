"""Callers of a gRPC server that begin calls and never send their requests."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Final

import grpc

OWN_CONNECTION: Final = (("grpc.use_local_subchannel_pool", 1),)
_READY_SECS: Final = 20


@contextlib.contextmanager
def callers_that_never_send(address: str, method: str, count: int) -> Iterator[None]:
    """`count` calls that are begun, each on its own connection, and never end."""
    over = threading.Event()

    def nothing_yet() -> Iterator[bytes]:
        over.wait()
        yield b""

    with contextlib.ExitStack() as stack:
        stack.callback(over.set)
        for _ in range(count):
            channel = grpc.insecure_channel(address, options=OWN_CONNECTION)
            stack.enter_context(channel)
            grpc.channel_ready_future(channel).result(_READY_SECS)
            begin: grpc.StreamUnaryMultiCallable[bytes, bytes] = channel.stream_unary(method)
            stack.callback(begin.future(nothing_yet()).cancel)
        yield


def is_held_up(call: grpc.UnaryUnaryMultiCallable[bytes, bytes], request: bytes = b"") -> bool:
    """Whether a call gets no answer in a short time."""
    try:
        call(request, timeout=0.2)
    except grpc.RpcError as error:
        return error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    return False
