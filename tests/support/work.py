"""Work, counted: which functions were called, and how often. A count is the same on every machine.

A call of a function in C counts as one of Python's: bytes that are parsed or hashed by a library
are bounded by their sizes, and what costs time here are the calls.
"""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any


@dataclass
class Work:
    """Calls in this thread."""

    calls: int = 0
    by_code: Counter[CodeType] = field(default_factory=Counter)

    def of(self, function: Callable[..., Any]) -> int:
        """How often that function ran; of one with a cache, how often it was not remembered."""
        found = inspect.unwrap(getattr(function, "__func__", function))
        return self.by_code[found.__code__]


@contextmanager
def counted() -> Iterator[Work]:
    """Counts the calls of the block under it."""
    work = Work()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event in ("call", "c_call"):
            work.calls += 1
        if event == "call":
            work.by_code[frame.f_code] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield work
    finally:
        sys.setprofile(before)
