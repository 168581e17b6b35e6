"""One holder of a file at a time: `flock`, which belongs to an open file and ends with it.

POSIX record locks would not do: they end as soon as the process closes any descriptor of the file.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_PRIVATE: Final = 0o600


class Held(Exception):
    """Somebody else holds it."""


class FileLock:
    """Held from its making until `release`, or until the process ends."""

    def __init__(self, path: Path, *, wait: Callable[[], object] | None = None) -> None:
        """Takes it.

        Args:
            path: the file, which is made if it is not there; its folder is.
            wait: called once where another holds it, which is then waited for.

        Raises:
            Held: another holds it, and there is no `wait`.
            OSError: the file cannot be opened.
        """
        self._descriptor = os.open(path, _FLAGS, _PRIVATE)
        try:
            self._take(wait)
        except BaseException:
            self.release()
            raise

    def _take(self, wait: Callable[[], object] | None) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if wait is None:
                raise Held from None
            wait()
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def release(self) -> None:
        """Lets others in. May be called again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
