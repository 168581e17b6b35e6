"""How the server tells what happened; the node decides where it goes."""

from __future__ import annotations

from typing import Final, Protocol

TRACE_FRAMES: Final = 6


class Log(Protocol):
    """One structured line."""

    def __call__(self, level: str, event: str, **fields: str | int) -> None:
        """Level "info", "warning" or "error"; a stable name; public values."""
        ...


def place_of(error: BaseException) -> str:
    """File and line of each frame, without any value."""
    frames, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " ".join(frames[-TRACE_FRAMES:])
