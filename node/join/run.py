"""One run of the flow: what its steps share, and how they say that they are under way."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from node.chain_client import ChainClient
from node.config import Home
from node.join.journal import Journal
from node.join.plan import Join, Progress, Proven, Step


@dataclass
class Run:
    """A run. Its steps get it, and each records itself through it."""

    wish: Join
    home: Home
    journal: Journal
    chain: ChainClient
    report: Callable[[Progress], None]
    timings_ms: dict[str, int] = field(default_factory=dict)
    proven: Proven | None = None
    """By what the seed was imported, if it was in this run."""
    restored: bool = False
    """Whether the enclave's state came back from its backup."""

    @contextlib.contextmanager
    def step(self, step: Step, text: str) -> Iterator[Callable[[str], None]]:
        """Times a step and records it once it is done; gives a function that says what goes on."""
        began = time.monotonic()

        def elapsed_ms() -> int:
            return round((time.monotonic() - began) * 1000)

        shown = [text]

        def say(now: str) -> None:
            shown[0] = now
            self.report(Progress(step, now, elapsed_ms(), done=False))

        say(text)
        yield say
        self.timings_ms[step] = self.timings_ms.get(step, 0) + elapsed_ms()
        self.journal.done(step)
        self.report(Progress(step, shown[0], elapsed_ms(), done=True))
