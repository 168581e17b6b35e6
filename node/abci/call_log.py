"""The log of calls: one JSON object a line for each call that drives an execution.

Those are the terminals of CometBFT's grammar of ABCI executions. CheckTx, Query and the like may
come at any time and are left out. A line is written after the answer is known and before it is
sent, in the order in which the application saw the calls.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

Facts = Mapping[str, int | str | bool]
"""What a line tells of a call besides its name: height, counts, verdict."""

STARTED: Final = "started"
"""In place of a call: a server began to listen."""
NEW_FILE_MODE: Final = 0o600


class CallLog:
    """Appends to one file, from any thread. Lines of earlier servers stay."""

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, NEW_FILE_MODE)
        self._lock = threading.Lock()

    def started(self) -> None:
        """A server begins. Raises OSError."""
        self._write({"call": STARTED})

    def call(self, name: str, *, connection: int, index: int, error: str, facts: Facts) -> None:
        """One call.

        Args:
            name: of the method.
            connection: by which it came; each has its own number.
            index: how many calls of the application came before it on that connection.
            error: the type of the exception that it raised, or "".
            facts: public values.

        Raises:
            OSError: the line may be missing or torn.
        """
        line: dict[str, int | str | bool] = {"call": name, "connection": connection}
        line |= {"index": index, **facts}
        if error:
            line["error"] = error
        self._write(line)

    def close(self) -> None:
        """Closes the file."""
        os.close(self._descriptor)

    def _write(self, line: Mapping[str, int | str | bool]) -> None:
        # One write: a process that is killed leaves whole lines.
        data = (json.dumps(line) + "\n").encode()
        with self._lock:
            os.write(self._descriptor, data)
