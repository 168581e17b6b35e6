"""`seedpact.enclave.v1` over gRPC. The caller is the host, and the host is not trusted.

A refusal becomes a status with one line, and an `Error` in the trailer; a bug becomes INTERNAL with
the exception's type alone, because its text might hold what the request held.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NoReturn

import grpc

from enclave.errors import Code, Refusal
from enclave.framework.enclave import Enclave
from enclave.service.dispatch import MAX_MESSAGE_BYTES, METHODS, SERVICE, Method
from enclave.service.listening import try_to_listen
from enclave.service.log import log
from enclave.wire import encode
from seedpact.enclave.v1 import service_pb2 as pb

WORKERS: Final = 4
"""Requests run one at a time; the others wait without holding up a ping's connection."""
MAX_CONCURRENT: Final = 16
"""Each may hold a message of 16 MiB while it waits, and the enclave's memory is 512 MiB."""
STOP_GRACE_SECS: Final = 5.0
PATIENCE_SECS: Final = 30
"""How old a connection gets, and how long its last requests may take then. gRPC gives each worker
to a request whose bytes are still to come: callers that send none would keep them all for ever."""
ERROR_TRAILER: Final = "seedpact-error-bin"

_WHAT: Final = "the enclave"

_OPTIONS: Final[tuple[tuple[str, int], ...]] = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # Without this a second process could bind the same port and take half of the requests.
    ("grpc.so_reuseport", 0),
)
_FORM: Final = frozenset({Code.MALFORMED_REQUEST, Code.BAD_LENGTH, Code.BAD_VALUE, Code.TOO_LARGE})


def make_server(
    enclave: Enclave, *, listen: str, patience_secs: int = PATIENCE_SECS
) -> tuple[grpc.Server, int]:
    """A server that is bound but not started, and its port.

    Args:
        enclave: what is served.
        listen: "HOST:PORT"; port 0 lets the system choose.
        patience_secs: see `PATIENCE_SECS`.

    Raises:
        Refusal: as `listening.why_not`.
    """
    server = grpc.server(
        ThreadPoolExecutor(WORKERS),
        options=(
            *_OPTIONS,
            ("grpc.max_connection_age_ms", patience_secs * 1000),
            ("grpc.max_connection_age_grace_ms", patience_secs * 1000),
        ),
        maximum_concurrent_rpcs=MAX_CONCURRENT,
    )
    methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        name: grpc.unary_unary_rpc_method_handler(_behaviour(enclave, name, method))
        for name, method in METHODS.items()
    }
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(SERVICE.full_name, methods),)
    )
    try_to_listen(listen, what=_WHAT)
    try:
        port = server.add_insecure_port(listen)
    except RuntimeError:
        raise Refusal(
            Code.CANNOT_LISTEN,
            expected=f"to listen at {listen} for {_WHAT}",
            found="a refusal by gRPC",
        ) from None
    return server, port


def _behaviour(
    enclave: Enclave, name: str, method: Method
) -> Callable[[bytes, grpc.ServicerContext], bytes]:
    def call(request: bytes, context: grpc.ServicerContext) -> bytes:
        started = time.monotonic()
        try:
            response = method(enclave, request)
        except Refusal as refusal:
            log("info", "refused", method=name, code=refusal.code, found=refusal.found)
            _abort(context, refusal)
        # A panic in Rust is no Exception, and gRPC would leave its caller without an answer.
        except BaseException as bug:  # noqa: BLE001 (the last line of defence: nothing may leak)
            log("error", "internal_error", method=name, type=type(bug).__name__, at=_where(bug))
            context.abort(grpc.StatusCode.INTERNAL, f"internal error: {type(bug).__name__}")
        log("info", "done", method=name, ms=round((time.monotonic() - started) * 1000))
        return response

    return call


def _abort(context: grpc.ServicerContext, refusal: Refusal) -> NoReturn:
    error = pb.Error(code=refusal.code, expected=refusal.expected, found=refusal.found)
    context.set_trailing_metadata(((ERROR_TRAILER, encode(error)),))
    status = (
        grpc.StatusCode.INVALID_ARGUMENT
        if refusal.code in _FORM
        else grpc.StatusCode.FAILED_PRECONDITION
    )
    context.abort(status, str(refusal))


def _where(bug: BaseException) -> str:
    """File and line of each frame, without any value."""
    frames, trace = [], bug.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " ".join(frames[-6:])
