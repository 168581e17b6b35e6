"""How things are timed: 7 runs that alternate between the sides, and the median.

Ratios compare sides of one run, round by round, so that what the machine does meanwhile falls on
both. A run is cut into slices that alternate too: a neighbour's burst is longer than a slice.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

Clock = Callable[[], float]
Sides = Mapping[str, Callable[[], object]]

CPU: Final[Clock] = time.thread_time
"""Seconds of CPU that this thread used: for work inside one thread, whoever else runs."""
WALL: Final[Clock] = time.perf_counter
"""Seconds that passed: for work of several processes."""

RUNS: Final = 7


OUT: Final = Path(__file__).parent / "out"


def out_folder() -> Path:
    """Where results and work in progress go: on a disk, which a temporary folder may not be."""
    OUT.mkdir(exist_ok=True)
    return OUT


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    runs: int = RUNS
    calls: int = 100
    """Of each side in one run."""
    slices: int = 10
    """Pieces into which the calls of one run are cut."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, with what it should be."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    samples: tuple[float, ...] = ()

    @property
    def verdict(self) -> str:
        """Met, missed, or no target."""
        if self.at_most is None:
            return ""
        return "met" if self.value <= self.at_most else "MISSED"


def alternate(sides: Sides, *, effort: Effort, clock: Clock) -> dict[str, list[float]]:
    """Seconds a call of each side, for each run."""
    for call in sides.values():
        call()
    slices = min(effort.slices, effort.calls)
    calls = effort.calls // slices
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(effort.runs):
        used = dict.fromkeys(sides, 0.0)
        for _ in range(slices):
            for name, call in sides.items():
                started = clock()
                for _ in range(calls):
                    call()
                used[name] += clock() - started
        for name, total in used.items():
            seconds[name].append(total / (slices * calls))
    return seconds


def milliseconds(name: str, seconds: Sequence[float]) -> Figure:
    """The median of some runs."""
    samples = tuple(1_000 * value for value in seconds)
    return Figure(name, statistics.median(samples), "ms", samples=samples)


def ratio(name: str, ours: Sequence[float], baseline: Sequence[float], *, at_most: float) -> Figure:
    """The median of the ratios of each run."""
    samples = tuple(a / b for a, b in zip(ours, baseline, strict=True))
    return Figure(name, statistics.median(samples), "x", at_most=at_most, samples=samples)
