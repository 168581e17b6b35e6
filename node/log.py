"""Structured logs of the node's process: one line a record, public values only.

What belongs here: the line's form, the levels, and that a lost reader harms nobody. What must not:
secrets; whoever writes a record passes public values alone. Text is for a terminal, JSON for a
collector; both hold the same fields.
"""

from __future__ import annotations

import contextlib
import enum
import json
import re
import threading
import time
from typing import Final, Protocol, TextIO

from enclave.errors import one_line

TRACE_FRAMES: Final = 6

_PLAIN: Final = re.compile(r"[^\s\"=\\]+")
"""A value that needs no quotes in a line of text."""


class Log(Protocol):
    """One structured line."""

    def __call__(self, level: str, event: str, **fields: str | int) -> None:
        """Level "debug", "info", "warning" or "error"; a stable name; public values."""
        ...


class LogFormat(enum.StrEnum):
    """How a record becomes a line."""

    TEXT = "text"
    JSON = "json"


class LogLevel(enum.StrEnum):
    """How much a record matters, the least first."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


_RANK: Final = {level.value: rank for rank, level in enumerate(LogLevel)}


class LineLog:
    """A `Log` that writes lines. Any thread may call it."""

    def __init__(
        self,
        out: TextIO,
        *,
        form: LogFormat = LogFormat.TEXT,
        least: LogLevel = LogLevel.INFO,
    ) -> None:
        """Writes records of level `least` and above to `out`, usually stderr."""
        self._out = out
        self._line = _json_line if form is LogFormat.JSON else _text_line
        self._least = _RANK[least]
        self._lock = threading.Lock()

    def __call__(self, level: str, event: str, **fields: str | int) -> None:
        """Writes one line. An unknown level counts as the highest."""
        if _RANK.get(level, len(_RANK)) < self._least:
            return
        now = time.time()
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        clean = {key: one_line(v) if isinstance(v, str) else v for key, v in fields.items()}
        line = self._line(f"{moment}.{int(now * 1000) % 1000:03d}Z", level, event, clean)
        # Whoever reads the log may have died, or closed it: a chain does not stop for that.
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._out.write(line + "\n")
            self._out.flush()


def no_log(level: str, event: str, **fields: str | int) -> None:
    """A `Log` that keeps nothing."""


def place_of(error: BaseException) -> str:
    """File and line of each frame, without any value."""
    frames, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " ".join(frames[-TRACE_FRAMES:])


def _text_line(moment: str, level: str, event: str, fields: dict[str, str | int]) -> str:
    shown = "".join(f" {key}={_quoted(value)}" for key, value in fields.items())
    return f"{moment} {level} {event}{shown}"


def _json_line(moment: str, level: str, event: str, fields: dict[str, str | int]) -> str:
    # The record's own names win: a field cannot pretend to be another event.
    own = {"time": moment, "level": level, "event": event}
    return json.dumps({**own, **{key: v for key, v in fields.items() if key not in own}})


def _quoted(value: str | int) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
