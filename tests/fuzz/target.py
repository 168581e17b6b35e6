"""What a fuzz target is: start corpus, invariant, and mutations that know the format.

Targets know nothing of the engine; `engine` is the only file that imports atheris.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol


class Violation(AssertionError):
    """An invariant does not hold: the engine keeps the input that shows it."""


@dataclass(frozen=True)
class Mutation:
    """One mutation's choices, all from one seed."""

    rng: random.Random
    change: Callable[[bytes, int], bytes]
    """The engine's own mutation of plain bytes, to at most so many."""
    max_bytes: int

    def of(self, data: bytes, *, slack: int = 64) -> bytes:
        """`data`, changed; at most `slack` bytes longer."""
        return self.change(data, min(len(data) + slack, self.max_bytes))


class Target(Protocol):
    """One invariant over bytes."""

    @property
    def max_bytes(self) -> int:
        """Longest input; a little above the limit that the code has to refuse."""
        ...

    def seeds(self) -> Iterable[bytes]:
        """The start corpus: real inputs of every kind."""
        ...

    def check(self, data: bytes) -> None:
        """Raises `Violation`, or lets through what the code must not raise."""
        ...

    def mutate(self, data: bytes, mutation: Mutation) -> bytes:
        """A changed input that gets past the outer layers of the format."""
        ...


def require(*, holds: bool, rule: str) -> None:
    """Raises `Violation` naming the rule, unless it holds."""
    if not holds:
        raise Violation(rule)
