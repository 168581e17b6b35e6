"""Files that name a running process so that no other is ever mistaken for it.

Process ids are used again. A file holds the id and the time at which the process started, in the
kernel's own ticks: `alive` and `kill` look at both.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_STATE: Final = 0
_START_TICKS: Final = 19
"""Places in /proc/PID/stat behind the name, which is in parentheses and may hold anything."""


@dataclass(frozen=True, slots=True)
class ProcessId:
    """One process of this machine, since its boot."""

    pid: int
    start_ticks: int

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """That process, or None where it is gone or only its exit status is left."""
        fields = _stat(pid)
        if fields is None or fields[_STATE] == "Z":
            return None
        return cls(pid, int(fields[_START_TICKS]))

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The process that the file names, running or not; None where it names none.

        Raises:
            PermissionError: another user's file.
        """
        try:
            pid, ticks = path.read_text(encoding="ascii").split()
            return cls(int(pid), int(ticks))
        except PermissionError:
            raise  # it may name one that runs
        except (OSError, ValueError):
            return None

    def write(self, path: Path) -> None:
        """Replaces the file in one step. Raises OSError."""
        partial = path.with_name(f"{path.name}.partial")
        partial.write_text(f"{self.pid} {self.start_ticks}\n", encoding="ascii")
        partial.replace(path)

    def alive(self) -> bool:
        """Whether this very process runs."""
        return type(self).of(self.pid) == self

    def kill(self, number: int) -> bool:
        """Sends a signal; False where the process is gone. Raises PermissionError."""
        if not self.alive():
            return False
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True


def running(path: Path) -> ProcessId | None:
    """The process that the file names, if it runs."""
    found = ProcessId.read(path)
    return found if found is not None and found.alive() else None


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()
