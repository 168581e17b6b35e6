"""How long a join takes, from sending the register until the newcomer holds the seed.

Each newcomer runs what `seedpactd register` runs (`node.join.join`), with a home and an enclave
process of its own, against one of four validators; a few at a time, at any moment of a block. What
comes before the register is sent (enclave, keys, quote) is not counted. When a block was decided
stands in the header after it: the median of the times of its votes.
"""

from __future__ import annotations

import bisect
import hashlib
import itertools
import statistics
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from benchmarks.measure import Effort, Figure
from benchmarks.network import Network, network
from benchmarks.picture import Panel, bars, histogram
from node.config.ports import Ports
from node.engine_rpc import EngineRpc
from node.join import Join, Progress, Step, join
from node.keyring import SigningKey

CALLS: Final = 200
"""Joins."""
LANES: Final = 2
"""Joins at the same time."""
TARGET_BLOCKS: Final = 2
TARGET_MS: Final = 1_000.0
"""At p99: so many block intervals, and this."""
SENDING: Final = "sending register"
STEPS: Final = (
    "checked, in the mempool",
    "until its block is decided",
    "executed, and seen by the newcomer",
    "until the next header",
    "envelope opened",
)


@dataclass
class Moments:
    """Of one join, in unix seconds."""

    sent: float = 0.0
    taken: float = 0.0
    """By the mempool."""
    confirmed: float = 0.0
    """When the newcomer saw it."""
    holder: float = 0.0
    height: int = 0
    """The block with register and confirm."""

    def progress(self, now: Progress) -> None:
        """As `join` reports."""
        moment = time.time()
        if now.step is Step.REGISTER and not now.done and now.text.startswith(SENDING):
            self.sent = moment
        elif now.step is Step.REGISTER and now.done:
            self.taken = moment
        elif now.step is Step.CONFIRM and now.done:
            self.confirmed = moment
        elif now.step is Step.IMPORT and now.done:
            self.holder = moment


@dataclass(frozen=True)
class Headers:
    """When blocks were decided, in unix seconds."""

    decided: Mapping[int, float]
    ordered: Sequence[float] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ordered", sorted(self.decided.values()))

    @property
    def intervals(self) -> tuple[float, ...]:
        """Milliseconds between blocks."""
        pairs = itertools.pairwise(self.ordered)
        return tuple(1_000 * (after - before) for before, after in pairs)

    def blocks_between(self, start: float, end: float) -> int:
        """Blocks that were decided from `start` to `end`."""
        return bisect.bisect_right(self.ordered, end) - bisect.bisect_right(self.ordered, start)


def run(effort: Effort) -> list[Figure]:
    """Latency, its parts, and the interval of blocks meanwhile."""
    with network() as running:
        first = running.height(running.localnet.bootstrap)
        joins = _joins(running, effort.calls)
        last = max(moments.height for moments in joins)
        headers = headers_of(running, first, last + 2)
    return figures_of(joins, headers)


def picture(figures: Sequence[Figure]) -> list[Panel]:
    """The distribution, and where the time goes."""
    by_name = {figure.name: figure for figure in figures}
    latency = by_name["join: sent to HOLDER, p99"]
    steps = [by_name[f"join: {step}"] for step in STEPS]
    return [
        histogram("From sending the register to holding the seed", latency),
        bars("Where the time goes, medians", steps),
    ]


def headers_of(running: Network, first: int, last: int) -> Headers:
    """The decisions of blocks `first` to `last`."""
    with EngineRpc(running.rpc(running.localnet.bootstrap)) as engine:
        while engine.status().latest_height <= last:
            time.sleep(0.1)
        # The votes for a block are timed in the header after it.
        times = {
            height: engine.block(height + 1).header.time_ns / 1e9
            for height in range(first, last + 1)
        }
    return Headers(times)


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that so many are not above (nearest rank)."""
    ordered = sorted(samples)
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)]


def figures_of(joins: Sequence[Moments], headers: Headers) -> list[Figure]:
    """What joins took, and their parts."""
    interval = statistics.mean(headers.intervals)
    total = tuple(1_000 * (one.holder - one.sent) for one in joins)
    confirmed = tuple(1_000 * (one.confirmed - one.sent) for one in joins)
    target = TARGET_BLOCKS * interval + TARGET_MS
    blocks = tuple(float(headers.blocks_between(one.sent, one.holder)) for one in joins)
    until = tuple(float(headers.blocks_between(one.sent, one.confirmed)) for one in joins)
    shares = [_steps(one, headers) for one in joins]
    return [
        Figure("join: block interval meanwhile, mean", interval, "ms", samples=headers.intervals),
        _at("join: sent to confirmed, p50", confirmed, 0.5, "ms"),
        _at("join: sent to confirmed, p99", confirmed, 0.99, "ms"),
        _at("join: sent to HOLDER, p50", total, 0.5, "ms"),
        _at("join: sent to HOLDER, p99", total, 0.99, "ms", at_most=target),
        _at("join: sent to confirmed, p99 in blocks", until, 0.99, "blocks"),
        _at("join: sent to HOLDER, p50 in blocks", blocks, 0.5, "blocks"),
        _at("join: sent to HOLDER, p99 in blocks", blocks, 0.99, "blocks"),
        *(
            _at(f"join: {step}", tuple(one[index] for one in shares), 0.5, "ms")
            for index, step in enumerate(STEPS)
        ),
    ]


def _joins(running: Network, count: int) -> list[Moments]:
    keys = [
        SigningKey("operator", hashlib.sha256(f"joins {number}".encode()).digest())
        for number in range(count)
    ]
    running.fund([key.info.raw_address for key in keys])

    def one(number: int) -> Moments:
        node = running.validators[number % len(running.validators)]
        moments = Moments()
        wish = Join(
            home=running.folder.path / "newcomers" / str(number),
            peer_rpc=running.rpc(node),
            peer_grpc=running.grpc(node),
            operator=keys[number],
            network_id=running.network_id,
            ports=Ports(),
        )
        time.sleep(_pause(number))
        moments.height = join(wish, progress=moments.progress).height
        return moments

    with ThreadPoolExecutor(min(LANES, count)) as pool:
        return list(pool.map(one, range(count)))


def _pause(number: int) -> float:
    """Seconds before a join, up to more than a block: without it each begins as one ends."""
    return int.from_bytes(hashlib.sha256(f"pause {number}".encode()).digest()[:2], "big") / 0xFFFF


def _steps(one: Moments, headers: Headers) -> tuple[float, ...]:
    """Milliseconds of each step; a moment that came before the one before it counts as it."""
    moments = [one.sent, one.taken, headers.decided[one.height], one.confirmed]
    moments += [headers.decided[one.height + 1], one.holder]
    for index in range(1, len(moments)):
        moments[index] = max(moments[index], moments[index - 1])
    return tuple(1_000 * (after - before) for before, after in itertools.pairwise(moments))


def _at(
    name: str, samples: tuple[float, ...], share: float, unit: str, *, at_most: float | None = None
) -> Figure:
    return Figure(name, percentile(samples, share), unit, at_most=at_most, samples=samples)
