"""The three streams of a command, where one is closed, full or read-only.

Stdout carries the answer: what it does not take is an exception, `AnswerLost`, and told on stderr.
Stderr carries progress, warnings and errors: what it does not take is lost, since a node must not
end, nor a transaction be sent twice, because a log's disk is full.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import sys
from typing import TYPE_CHECKING, Final, TextIO

from enclave.errors import words_of
from enclave.service.descriptors import occupy_standard_streams

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

STDIN: Final = 0
STDOUT: Final = 1
STDERR: Final = 2


class AnswerLost(Exception):
    """Stdout did not take what was written to it.

    Attributes:
        reason: in the system's words.
        reader_gone: whether somebody read it, and has stopped.
        done: the answer in a line, where it is known; public values only.
    """

    def __init__(self, reason: str, *, reader_gone: bool = False, done: str = "") -> None:
        self.reason, self.reader_gone, self.done = reason, reader_gone, done
        super().__init__(reason)


class _Stream(io.RawIOBase):
    """A descriptor that is written to whole, also where it takes no more at the moment."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self.lost = False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, data: ReadableBuffer, /) -> int:
        while True:
            try:
                return os.write(self._descriptor, data)
            except BlockingIOError:
                select.select([], [self._descriptor], [])
            except OSError as error:
                self.lost = True
                self.failed(error)
                return memoryview(data).nbytes

    def failed(self, error: OSError) -> None:
        """Nobody can be told."""


class _Answers(_Stream):
    """Stdout."""

    over = False
    """Whether the command has ended: then the interpreter flushes once more, in vain."""

    def failed(self, error: OSError) -> None:
        if not self.over:
            reason = words_of(error)
            raise AnswerLost(reason, reader_gone=isinstance(error, BrokenPipeError))


def guard_streams() -> None:
    """Makes the streams of this process as above. Once, before anything is written or opened."""
    occupy_standard_streams()
    if sys.stdin is None:
        sys.stdin = open(STDIN, closefd=False, encoding="utf-8")  # noqa: SIM115 (for good)
    sys.stdout = _guarded(sys.stdout, _Answers(STDOUT))
    sys.stderr = _guarded(sys.stderr, _Stream(STDERR))


def release_streams() -> None:
    """Writes what waits; what is lost from here on is lost silently. At the end of the process."""
    with contextlib.suppress(AnswerLost):
        sys.stdout.flush()
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    if isinstance(raw, _Answers):
        raw.over = True


def stderr_is_lost() -> bool:
    """Whether something that was written to stderr did not get there."""
    raw = getattr(getattr(sys.stderr, "buffer", None), "raw", None)
    return isinstance(raw, _Stream) and raw.lost


def _guarded(was: TextIO | None, raw: _Stream) -> TextIO:
    encoding = was.encoding if was is not None else "utf-8"
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=encoding,
        errors="backslashreplace",  # a terminal of few characters gets escapes, not an exception
        line_buffering=raw.isatty() or raw.fileno() == STDERR,
    )
