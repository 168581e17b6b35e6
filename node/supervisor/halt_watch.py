"""Finds the line of a growing log that says that its process works no more.

Only where a line begins is looked at: what follows may be a stranger's words, such as the name of a
network that a peer made up.
"""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Final

MAX_CHARS: Final = 400
"""Of the line: CometBFT's goes on with a stack."""


class HaltWatch:
    """One log, from one place on. Any thread may look."""

    def __init__(self, log: Path, *, start: int, halts: re.Pattern[bytes]) -> None:
        """`start` is where a line begins, in bytes; `halts` is matched at the begin of lines."""
        self._log = log
        self._place = start
        self._halts = halts
        self._lock = threading.Lock()
        self._found = ""

    def look(self) -> str:
        """The first such line; "" where there is none yet, or no log. Reads what is new."""
        with self._lock:
            if not self._found:
                self._read_on()
            return self._found

    def begin_again(self) -> None:
        """The log was cut: it begins anew."""
        with self._lock:
            self._place = 0

    def _read_on(self) -> None:
        try:
            with self._log.open("rb") as log:
                log.seek(self._place)
                new = log.read()
        except OSError:
            return
        # The last line may still be growing.
        whole = new[: new.rfind(b"\n") + 1]
        for line in whole.split(b"\n"):
            if self._halts.match(line):
                self._found = line[:MAX_CHARS].decode("utf-8", "replace")
                return
        self._place += len(whole)
