"""Runs requests against the application, in any thread, and turns what happens into bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from node.abci import encoding
from node.abci.application import Application
from node.abci.call_log import CallLog, Facts
from node.abci.failures import BadFrame
from node.abci.lanes import Lane
from node.abci.methods import METHODS
from node.log import Log, place_of

ECHO: Final = "echo"
FLUSH: Final = "flush"
INFO: Final = "info"


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was parsed, and where it came from."""

    name: str
    message: Any
    connection: int
    index: int
    """How many calls of the application came before it on its connection."""

    @property
    def handshake(self) -> bool:
        """Whether an engine connects with it. Later ones are a user's (RPC abci_info)."""
        return self.name == INFO and self.index == 0

    @property
    def lane(self) -> Lane | None:
        """Where it runs; None where it belongs to the connection (echo, flush)."""
        if self.handshake:
            # Of an engine that was restarted: a call of the one before may still run, and its
            # result has to be seen whole.
            return Lane.CONSENSUS
        method = METHODS.get(self.name)
        return method.lane if method else None


@dataclass(frozen=True, slots=True)
class Answers:
    """Framed responses, in order."""

    data: bytes
    last: bool
    """Whether the connection ends with them."""


Answered = Callable[[str, float], None]
"""Told of each call that was answered: its name, and the seconds of the application's work."""


def no_watch(name: str, seconds: float) -> None:
    """An `Answered` that keeps nothing."""


class Calls:
    """The application with its logs."""

    def __init__(
        self,
        application: Application,
        *,
        log: Log,
        call_log: CallLog | None,
        answered: Answered = no_watch,
    ) -> None:
        self._application = application
        self._answered = answered
        self._log = log
        self._call_log = call_log

    def begin(self) -> None:
        """A server begins to listen."""
        if self._call_log is None:
            return
        try:
            self._call_log.started()
        except OSError as failure:
            self._lose_call_log(failure)

    def answer(self, requests: Sequence[Request]) -> Answers:
        """Runs the requests one after the other, up to one that ends the connection."""
        frames: list[bytes] = []
        for request in requests:
            try:
                frames.append(self._answer(request))
            except BadFrame as bad:
                return Answers(b"".join(frames) + self.refusal(bad, request.connection), last=True)
            except Exception as bug:  # noqa: BLE001 (what becomes of it is the method's)
                fallback = self._bug(bug, request)
                if fallback is None:
                    # Its text may hold anything: the peer gets its type alone.
                    said = f"internal error in {request.name}: {type(bug).__name__}"
                    return Answers(b"".join(frames) + encoding.exception(said), last=True)
                frames.append(fallback)
        return Answers(b"".join(frames), last=False)

    def refusal(self, bad: BadFrame, connection: int) -> bytes:
        """The answer to what is no request."""
        self._log("warning", "abci_bad_request", connection=connection, reason=str(bad))
        return encoding.exception(f"bad request: {bad}")

    def _answer(self, request: Request) -> bytes:
        if request.name == ECHO:
            return encoding.echo(request.message.message)
        if request.name == FLUSH:
            return encoding.flush()
        method = METHODS.get(request.name)
        if method is None:
            raise BadFrame("an unknown request")
        begin = time.monotonic()
        frame, facts = method.answer(self._application, request.message)
        self._answered(request.name, time.monotonic() - begin)
        if request.handshake:
            self._log("info", "engine_connects", version=request.message.version, **facts)
        if method.logged:
            self._note(request, "", facts)
        return frame

    def _bug(self, bug: Exception, request: Request) -> bytes | None:
        """Notes it; the answer, or None where there is none."""
        kind = type(bug).__name__
        self._log("error", "abci_exception", call=request.name, type=kind, at=place_of(bug))
        method = METHODS.get(request.name)
        if method is not None and method.logged:
            self._note(request, kind, {})
        return None if method is None else method.after_bug

    def _note(self, request: Request, error: str, facts: Facts) -> None:
        if self._call_log is None:
            return
        try:
            self._call_log.call(
                request.name,
                connection=request.connection,
                index=request.index,
                error=error,
                facts=facts,
            )
        except OSError as failure:
            self._lose_call_log(failure)

    def _lose_call_log(self, failure: OSError) -> None:
        # A chain does not stop for want of a diagnosis.
        self._call_log = None
        self._log("error", "abci_call_log_lost", reason=failure.strerror or "unknown")
