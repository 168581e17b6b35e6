"""Progress on stderr: one line that changes on a terminal, a line for each news elsewhere."""

from __future__ import annotations

import time

from rich.console import Console
from rich.status import Status
from rich.text import Text

from node.cli.output import Format, Output


class Shown:
    """What goes on, for people; programs (`--output json`) see nothing of it."""

    def __init__(self, output: Output) -> None:
        self._visible = output.format is Format.TEXT
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._status: Status | None = None
        self._last = ""
        self._began = time.monotonic()

    def say(self, text: str, *, passing: bool = False) -> None:
        """Shows what is going on now.

        Args:
            text: what.
            passing: a line that stays will say it again, so only a terminal needs it.
        """
        if passing and not self._console.is_terminal:
            return
        if not self._visible or text == self._last:
            return
        self._last = text
        line = Text(f"{time.monotonic() - self._began:5.1f}s {text}")
        if not self._console.is_terminal:
            self._console.print(line, soft_wrap=True)
            return
        if self._status is None:
            self._status = self._console.status(line)
            self._status.start()
        self._status.update(line)

    def keep(self, text: str) -> None:
        """Shows a line that stays: something was done."""
        if self._visible:
            self.end()
            self._console.print(Text(text), soft_wrap=True)

    def end(self) -> None:
        """Gives the terminal back."""
        if self._status is not None:
            self._status.stop()
            self._status = None
