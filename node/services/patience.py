"""Calls in which a client keeps still: they end, so that their threads answer others.

gRPC gives a thread to each call before its message has come, and waits for that as long as the
connection lives. So services take every request as a stream, which gives a thread to a call and the
call to us; on the wire that is the same.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

import grpc

from node.services.admission import Admission, client_of
from node.services.failures import QueryRefused

Q = TypeVar("Q")
R = TypeVar("R")

_LOOKS: Final = 4
"""How often silent calls are looked for in the time that one may be silent."""


@dataclass(slots=True)
class _Waiting:
    """A call that waits for its client."""

    context: grpc.ServicerContext | None
    """None once it waits no more."""
    until: float


class Patience:
    """Ends calls that say nothing for so long. Any thread may use it; one of its own looks."""

    def __init__(self, secs: float) -> None:
        self._secs = secs
        self._waiting: deque[_Waiting] = deque()
        """In the order of their ends."""
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begins to look."""
        threading.Thread(target=self._look, name="grpc-patience", daemon=True).start()

    def stop(self) -> None:
        """Ends no more calls. Does not wait."""
        self._stopped.set()

    @contextlib.contextmanager
    def wait(self, context: grpc.ServicerContext) -> Iterator[None]:
        """The call is cancelled, where the block takes too long."""
        waiting = _Waiting(context, time.monotonic() + self._secs)
        self._waiting.append(waiting)
        try:
            yield
        finally:
            waiting.context = None

    def first(self, requests: Iterator[Q], context: grpc.ServicerContext) -> Q:
        """The one message of a call. Raises QueryRefused where there is none."""
        with self.wait(context):
            try:
                return next(requests)
            except StopIteration:
                text = "expected one request message, found none"
                raise QueryRefused(grpc.StatusCode.UNIMPLEMENTED, text) from None
            except grpc.RpcError:
                text = "the call ended before its message came"
                raise QueryRefused(grpc.StatusCode.CANCELLED, text) from None

    def each(self, requests: Iterator[Q], context: grpc.ServicerContext) -> Iterator[Q]:
        """All messages of a call; from one to the next it also has to take its answer."""
        while True:
            with self.wait(context):
                try:
                    yield next(requests)
                except (StopIteration, grpc.RpcError):
                    return

    def _look(self) -> None:
        while not self._stopped.wait(self._secs / _LOOKS):
            now = time.monotonic()
            while self._waiting and (
                self._waiting[0].context is None or self._waiting[0].until <= now
            ):
                context = self._waiting.popleft().context
                if context is not None:
                    context.cancel()


@dataclass(frozen=True, slots=True)
class Gate:
    """What every call passes before its thread does anything for it."""

    admission: Admission
    patience: Patience

    def unary(
        self, behavior: Callable[[Q, grpc.ServicerContext], R]
    ) -> Callable[[Iterator[Q], grpc.ServicerContext], R]:
        """One message, one answer."""

        def answer(requests: Iterator[Q], context: grpc.ServicerContext) -> R:
            with _told(context), self.admission.call(client_of(context.peer())):
                return behavior(self.patience.first(requests, context), context)

        return answer

    def stream(
        self, behavior: Callable[[Iterator[Q], grpc.ServicerContext], Iterator[R]]
    ) -> Callable[[Iterator[Q], grpc.ServicerContext], Iterator[R]]:
        """Messages and answers in turn."""

        def answer(requests: Iterator[Q], context: grpc.ServicerContext) -> Iterator[R]:
            with _told(context), self.admission.call(client_of(context.peer())):
                yield from behavior(self.patience.each(requests, context), context)

        return answer

    def watch(
        self, behavior: Callable[[Q, grpc.ServicerContext, Callable[[R], None]], object]
    ) -> Callable[[Iterator[Q], grpc.ServicerContext, Callable[[R], None]], None]:
        """One message, and answers whenever there is one: no thread waits for them."""

        def answer(
            requests: Iterator[Q], context: grpc.ServicerContext, send: Callable[[R], None]
        ) -> None:
            with _told(context):
                leave = self.admission.enter(client_of(context.peer()))
                if context.add_callback(leave):
                    behavior(self.patience.first(requests, context), context, send)
                else:  # it is over, and gRPC calls nobody
                    leave()

        # The attribute by which gRPC is told so (grpc/_server.py).
        vars(answer)["experimental_non_blocking"] = True
        return answer


@contextlib.contextmanager
def _told(context: grpc.ServicerContext) -> Iterator[None]:
    """A refusal is the call's status."""
    try:
        yield
    except QueryRefused as refused:
        context.abort(refused.status, refused.text)
