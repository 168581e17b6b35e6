"""What a network does meanwhile: when it decides blocks, in which rounds, and what waits.

Blocks are read when all is over, since a node under load may not answer: a commit's round is that
of its own height, and a header's time is when the block before it was decided.
"""

from __future__ import annotations

import contextlib
import itertools
import statistics
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import sysconf
from pathlib import Path
from typing import Final

from benchmarks.network import Network
from node.deadline import Deadline
from node.engine_rpc import EngineRpc, EngineRpcFailure
from node.engine_rpc.timed import Call
from node.engine_rpc.transport import Transport

PATIENCE_SECS: Final = 300.0
"""For the first block after a load."""
ANSWER_SECS: Final = 30.0
SAMPLE_SECS: Final = 2.0
SAMPLE_BYTES: Final = 64 * 1024
_TICKS: Final = sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, in unix seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Decided:
    """A block."""

    height: int
    at: float
    """Unix seconds: the median of the times of its votes."""
    round: int
    """0 where the first proposer's block was decided."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """Those around a span: the last before it, those in it, and the first after it."""

    decided: tuple[Decided, ...]
    halted: bool = False
    """The last one did not come; its time is when nobody waited any longer."""

    @property
    def intervals(self) -> tuple[float, ...]:
        """Seconds between them. One that began before the span counts whole."""
        return tuple(after.at - before.at for before, after in itertools.pairwise(self.decided))

    @property
    def mean(self) -> float:
        """Seconds."""
        return statistics.mean(self.intervals)

    @property
    def longest(self) -> float:
        """Seconds."""
        return max(self.intervals)

    @property
    def late_rounds(self) -> int:
        """Blocks that were not decided in round 0."""
        return sum(one.round > 0 for one in self.decided[1:])


def around(decided: Sequence[Decided], span: Span, *, now: float) -> Blocks:
    """The blocks around a span, of all that were read.

    Args:
        decided: in order; the first before the span.
        span: which.
        now: when they were read, unix seconds.
    """
    before = [one for one in decided if one.at <= span.start]
    within = [one for one in decided if span.start < one.at < span.end]
    after = [one for one in decided if one.at >= span.end]
    found = (*before[-1:], *within, *after[:1])
    if after:
        return Blocks(found)
    return Blocks((*found, Decided(found[-1].height + 1, now, 0)), halted=True)


def read_blocks(running: Network, first: int, span: Span) -> Blocks:
    """The blocks around a span that has ended, from height `first` on."""
    decided: list[Decided] = []
    rounds = _rounds(running, first, deadline=time.monotonic() + PATIENCE_SECS)
    for (height, _, number), (_, time_after, _) in itertools.pairwise(rounds):
        decided.append(Decided(height, time_after, number))
        if time_after >= span.end:
            break
    return around(decided, span, now=time.time())


def _rounds(running: Network, first: int, *, deadline: float) -> Iterator[tuple[int, float, int]]:
    """Height, time in the header and round, until the deadline."""
    with EngineRpc(running.rpc(running.localnet.bootstrap), timeout_secs=ANSWER_SECS) as engine:
        height = first
        while time.monotonic() < deadline:
            try:
                found = engine.commit(height)
            except EngineRpcFailure:
                time.sleep(0.2)  # The next one is not there yet, or the node has no time.
                continue
            yield height, found.header.time_ns / 1e9, found.commit.round
            height += 1


@dataclass
class Waiting:
    """What waited in the mempools, as their nodes said now and then."""

    counts: list[int] = field(default_factory=list)
    """Transactions of the fullest mempool."""
    sizes: list[int] = field(default_factory=list)
    """Its bytes."""

    @property
    def count(self) -> float:
        """The mean."""
        return statistics.mean(self.counts) if self.counts else 0.0

    @property
    def size(self) -> float:
        """The mean."""
        return statistics.mean(self.sizes) if self.sizes else 0.0


def mempool(running: Network) -> tuple[int, int] | None:
    """Transactions and bytes of the fullest mempool; None where no node answers in time."""
    found = [_unconfirmed(running.rpc(node)) for node in running.validators]
    return max((one for one in found if one is not None), default=None)


@contextlib.contextmanager
def sampled(running: Network) -> Iterator[Waiting]:
    """Looks into the mempools for the length of a block."""
    waiting, stopped = Waiting(), threading.Event()

    def look() -> None:
        while not stopped.wait(SAMPLE_SECS):
            found = mempool(running)
            if found is not None:
                waiting.counts.append(found[0])
                waiting.sizes.append(found[1])

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield waiting
    finally:
        stopped.set()
        thread.join()


def cpu_secs(pid: int) -> float:
    """What a process has used of a core so far."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def validators_cpu(running: Network) -> Mapping[int, float]:
    """Of each process of the validators."""
    pids = [pid for node in running.validators for pid in running.pids(node).values()]
    return {pid: cpu_secs(pid) for pid in pids}


def _unconfirmed(rpc: str) -> tuple[int, int] | None:
    transport = Transport(rpc)
    try:
        call = Call(Deadline(SAMPLE_SECS), SAMPLE_SECS, SAMPLE_BYTES)
        found = transport.call("num_unconfirmed_txs", {}, call)
    except EngineRpcFailure:
        return None
    finally:
        transport.close()
    assert isinstance(found, dict)
    return int(found["total"]), int(found["total_bytes"])
