"""The log of a child, which only grows while it runs: put aside before it fills a disk.

What strangers do is written down, too: each question over a websocket is a line of the engine's,
and an answer that they do not take a line as long as it is.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import Final

MAX_LOG_BYTES: Final = 64 * 1024 * 1024
"""A longer log is put aside, as NAME.log.1."""


def put_aside(log: Path) -> None:
    """Before its process starts. Raises OSError."""
    if _is_long(log):
        log.replace(_aside(log))


def cut(log: Path) -> bool:
    """Puts aside the log of a process that runs and has it open, to append; whether it was long.

    What is written between copy and cut is lost, and all where the disk has no room for the copy.
    Whole writes are: a line does not begin within another one.
    """
    try:
        if not _is_long(log):
            return False
        with contextlib.suppress(OSError):
            shutil.copyfile(log, _aside(log))
        os.truncate(log, 0)
    except OSError:  # it cannot be cut: a node does not end for that
        return False
    return True


def _is_long(log: Path) -> bool:
    return log.exists() and log.stat().st_size > MAX_LOG_BYTES


def _aside(log: Path) -> Path:
    return log.with_name(f"{log.name}.1")
