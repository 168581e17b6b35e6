"""What a person, or a program, sees while a localnet comes up and runs."""

from __future__ import annotations

import json
import sys
import time
from typing import Final, Self

from rich.console import Console
from rich.status import Status
from rich.text import Text

from node.cli.output import Format, Output
from node.json_form import Json
from node.localnet.steps import StepLine
from node.supervisor import Event, What

_SHOWN: Final = frozenset({What.DIED, What.GAVE_UP, What.KILLED})


class Shown:
    """Progress on stderr: words for people, one object a line with JSON.

    A terminal shows what goes on as a line that changes; each step that was done stays.
    """

    def __init__(self, output: Output, newcomer: str) -> None:
        self._json = output.format is Format.JSON
        self._newcomer = newcomer
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._status = Status("", console=self._console)
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        """Itself."""
        if self._console.is_terminal and not self._json:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Gives the terminal back."""
        self.settled()

    def settled(self) -> None:
        """Nothing goes on any more."""
        self._status.stop()

    def step(self, line: StepLine) -> None:
        """One step."""
        if self._json:
            known: dict[str, Json] = {"step": line.text, "node": line.of or None}
            self._object({**known, "ms": line.ms, "total_ms": line.total_ms})
        elif line.ms is None:
            self._status.update(Text(line.text))
        elif not line.of:
            took = f" ({line.ms / 1000:.1f} s)"
            self._line(line.total_ms, Text.assemble((line.text, "green"), took))
        elif line.of == self._newcomer:  # of the others the sum is enough
            self._line(line.total_ms, Text(f"  {line.text} ({line.ms / 1000:.2f} s)", "dim"))

    def event(self, event: Event) -> None:
        """What became of a process, where it is no step."""
        if self._json:
            known: dict[str, Json] = {"node": event.group, "process": event.process}
            self._object({**known, "event": str(event.what), "text": event.text})
        elif event.what in _SHOWN:
            text = f"{event.group}: {event.process} {event.what}: {event.text}"
            self._line(self._elapsed_ms(), Text(text, style="red"))

    def say(self, text: str) -> None:
        """One line."""
        if self._json:
            self._object({"step": text})
        else:
            self._line(self._elapsed_ms(), Text(text))

    def _elapsed_ms(self) -> int:
        return round((time.monotonic() - self._began) * 1000)

    def _line(self, total_ms: int, text: Text) -> None:
        start = (f"{total_ms / 1000:6.1f}s  ", "dim")
        self._console.print(Text.assemble(start, text), soft_wrap=True)

    def _object(self, data: dict[str, Json]) -> None:
        sys.stderr.write(json.dumps(data) + "\n")
        sys.stderr.flush()
