"""What a person sees while a localnet comes up: one line a step, with its time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step that began, says something, or was done."""

    text: str
    ms: int | None
    """How long it took; None while it goes on."""
    total_ms: int
    """Since the beginning."""
    of: str = ""
    """The node that this is a step of, where it is no step of the whole network."""


class Steps:
    """Times steps. Any thread may use it.

    Args:
        report: is told of each.
    """

    def __init__(self, report: Callable[[StepLine], None]) -> None:
        self.timings_ms: dict[str, int] = {}
        self._report = report
        self._began = time.monotonic()

    @contextlib.contextmanager
    def step(self, name: str, text: str) -> Iterator[Callable[[str], None]]:
        """A step; gives a function that sets what is said once it is done.

        Args:
            name: under which its time is kept.
            text: what begins.
        """
        began, said = time.monotonic(), [text]
        self._report(StepLine(text, None, self.total_ms))
        yield lambda done: said.__setitem__(0, done)
        self.timings_ms[name] = self._since(began)
        self._report(StepLine(said[0], self.timings_ms[name], self.total_ms))

    def say(self, text: str) -> None:
        """One line beside the steps."""
        self._report(StepLine(text, 0, self.total_ms))

    def detail(self, node: str, text: str, ms: int) -> None:
        """A step of one node, done."""
        self._report(StepLine(text, ms, self.total_ms, node))

    @property
    def total_ms(self) -> int:
        """Since the beginning."""
        return self._since(self._began)

    @staticmethod
    def _since(moment: float) -> int:
        return round((time.monotonic() - moment) * 1000)
