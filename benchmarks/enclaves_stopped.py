"""The interval of blocks while every enclave is stopped (SIGSTOP), beside that while all run.

One network of four, the two in turn. While the enclaves are stopped, registers lie in every mempool
that would fill a block: each proposer asks its enclave about them and gets no answer. None of them
may be confirmed meanwhile, and all of them must be afterwards. Intervals are those between the
decisions of blocks, from the first block after the signals; the mean of each run.
"""

from __future__ import annotations

import contextlib
import signal
import statistics
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from benchmarks.joins import headers_of
from benchmarks.measure import Effort, Figure, milliseconds, ratio
from benchmarks.network import Network, network, wait_until
from benchmarks.registrations import PATIENCE_SECS, Ready, prepare
from node.config.parts import Part, pid_file
from node.genesis.defaults import MAX_REGISTERS_PER_BLOCK
from node.supervisor import running as process_of

CALLS: Final = 30
"""Blocks of each side in one run."""
FEW: Final = 5
TARGET: Final = 1.2
WAITING: Final = MAX_REGISTERS_PER_BLOCK


def run(effort: Effort) -> list[Figure]:
    """The interval with and without enclaves, and their ratio."""
    blocks = max(effort.calls, FEW)
    with_all: list[Sequence[float]] = []
    without: list[Sequence[float]] = []
    with network() as running:
        ready = prepare(running, WAITING * effort.runs)
        for number in range(effort.runs):
            with_all.append(_intervals(running, blocks))
            some = ready[number * WAITING : (number + 1) * WAITING]
            with _stopped(running):
                _send(running, some)
                without.append(_intervals(running, blocks))
                _expect_none(running, some)
            landed = partial(_all_confirmed, running, some)
            wait_until(landed, "registrations", seconds=PATIENCE_SECS)
    return figures_of(with_all, without)


def figures_of(
    with_all: Sequence[Sequence[float]], without: Sequence[Sequence[float]]
) -> list[Figure]:
    """Of seconds between blocks, run by run."""
    means = [[statistics.mean(one) for one in side] for side in (with_all, without)]
    name = "interval of blocks"
    return [
        milliseconds(f"{name}, enclaves running", means[0]),
        milliseconds(f"{name}, enclaves stopped, {WAITING} registers wait", means[1]),
        _longest(f"{name}, enclaves running: the longest", with_all),
        _longest(f"{name}, enclaves stopped: the longest", without),
        ratio(f"{name}, stopped over running", means[1], means[0], at_most=TARGET),
    ]


def _intervals(running: Network, blocks: int) -> tuple[float, ...]:
    """Seconds, of so many blocks that come from now on."""
    first = running.height(running.localnet.bootstrap) + 1
    return tuple(ms / 1_000 for ms in headers_of(running, first, first + blocks).intervals)


@contextlib.contextmanager
def _stopped(running: Network) -> Iterator[None]:
    """Every enclave, for the length of a block."""
    enclaves = [
        process_of(pid_file(running.home(node), Part.ENCLAVE)) for node in running.validators
    ]
    found = [enclave for enclave in enclaves if enclave is not None]
    if len(found) != len(enclaves):
        raise RuntimeError(f"{len(found)} enclaves of {len(enclaves)} run")
    for enclave in found:
        enclave.kill(signal.SIGSTOP)
    try:
        yield
    finally:
        for enclave in found:
            enclave.kill(signal.SIGCONT)


def _send(running: Network, some: Sequence[Ready]) -> None:
    with running.client(running.localnet.bootstrap) as chain:
        for one in some:
            chain.broadcast(one.raw)


def _expect_none(running: Network, some: Sequence[Ready]) -> None:
    confirmed = _confirmed(running, some)
    if confirmed:
        raise RuntimeError(f"{confirmed} registers were confirmed without any enclave")


def _all_confirmed(running: Network, some: Sequence[Ready]) -> bool:
    return _confirmed(running, some) == len(some)


def _confirmed(running: Network, some: Sequence[Ready]) -> int:
    with running.client(running.localnet.bootstrap) as chain:
        return sum(chain.node(one.node_id) is not None for one in some)


def _longest(name: str, runs: Sequence[Sequence[float]]) -> Figure:
    samples = tuple(1_000 * max(one) for one in runs)
    return Figure(name, max(samples), "ms", samples=samples)
