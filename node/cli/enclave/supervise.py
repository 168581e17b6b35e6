"""Runs the enclave as a child process: its log in words, its end as an answer.

The child is the enclave, alone in its process. It gets the signals that this process gets, and the
kernel ends it when this process dies, so that no enclave stays behind and holds its directory.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import IO, Final

from enclave.service.signals import heard
from node.base.python_child import python_command, python_environment
from node.json_form import parse_line as parse_json_line

LogLine = Mapping[str, object]
"""One line of the enclave's log (`enclave.service.log`); other lines come as {"message": ..}."""

_PR_SET_PDEATHSIG: Final = 1
_MAX_LINE: Final = 64 * 1024
_FORWARDED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def run_enclave(arguments: list[str], *, on_line: Callable[[LogLine], None]) -> int:
    """Runs `python -m enclave` until it ends.

    Args:
        arguments: for the enclave.
        on_line: gets each line of its log as it comes.

    Returns:
        The child's exit status; negative: the signal that ended it.
    """
    # The enclave says itself why it cannot listen; gRPC's own lines would only repeat it.
    environment = {"GRPC_VERBOSITY": "NONE", **python_environment()}
    child = subprocess.Popen(  # noqa: S603 (our own interpreter, arguments as a list)
        python_command("enclave", *arguments),
        env=environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        # In a session of its own, Ctrl-C reaches it once: from here.
        start_new_session=True,
        preexec_fn=_die_with_parent,  # noqa: PLW1509 (no threads run in this process)
    )

    def forward(_number: int, _frame: FrameType | None) -> None:
        child.send_signal(signal.SIGTERM)

    previous = {number: signal.signal(number, forward) for number in heard(_FORWARDED)}
    try:
        with _woken_by_signals() as woken:
            for line in _lines(child.stderr, woken):
                on_line(parse_line(line))
        return child.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        if child.poll() is None:
            child.kill()
            child.wait()
        if child.stderr is not None:
            child.stderr.close()


def parse_line(line: bytes) -> LogLine:
    """A line of the enclave's log, or of whatever else wrote to its stderr."""
    text = line.decode("utf-8", "replace").rstrip("\n")
    return parse_json_line(text) or {"level": "warning", "message": text}


def _lines(stream: IO[bytes] | None, woken: int) -> Iterator[bytes]:
    """Lines until the stream ends. `woken` is readable once a signal came.

    A signal just before a read that waits would be seen only when that returns.
    """
    waiting = b""
    while stream is not None:
        ready, _, _ = select.select([stream.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, _MAX_LINE)
        if stream.fileno() not in ready:
            continue
        data = os.read(stream.fileno(), _MAX_LINE)
        if not data:
            break
        *lines, waiting = (waiting + data).split(b"\n")
        yield from lines
        if len(waiting) >= _MAX_LINE:
            yield waiting
            waiting = b""
    if waiting:
        yield waiting


@contextlib.contextmanager
def _woken_by_signals() -> Iterator[int]:
    """A descriptor that is readable once a signal came."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    previous = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(previous)
        os.close(reader)
        os.close(writer)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # It is how the child is stopped, also where this process came with it ignored.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
