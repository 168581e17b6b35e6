"""From the start of a validator, killed before, until it has committed a block again.

Kill -9 of `seedpactd start` and its three processes at once, then `seedpactd start` again: the
time until CometBFT's RPC tells of a block that was not committed before. Once with three others
that make blocks meanwhile, once as the only validator of its network.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Final

from benchmarks.measure import Effort, Figure
from benchmarks.network import VALIDATORS, Network, network, wait_until
from benchmarks.picture import Panel, bars
from node.config.parts import Part
from node.localnet.plan import LocalNode

CALLS: Final = 1
TARGET_SECS: Final = 3.0
BLOCKS: Final = 20
"""A history to start from."""
POLL_SECS: Final = 0.01


def run(effort: Effort) -> list[Figure]:
    """With others, and alone."""
    return [
        *_restarts(VALIDATORS, "one validator of four", effort.runs),
        *_restarts(1, "the only validator", effort.runs),
    ]


def picture(figures: Sequence[Figure]) -> list[Panel]:
    """All in one."""
    return [bars("From the start, after kill -9 of all its processes", figures)]


def _restarts(validators: int, name: str, runs: int) -> list[Figure]:
    with network(validators=validators) as running:
        nodes = running.validators
        wait_until(lambda: running.height(nodes[0]) >= BLOCKS, f"{BLOCKS} blocks")
        found = [_restart(running, nodes[-1 - number % len(nodes)]) for number in range(runs)]
    up = tuple(one for one, _ in found)
    block = tuple(both for _, both in found)
    return [
        Figure(f"{name}: to its RPC", statistics.median(up), "s", samples=up),
        Figure(f"{name}: to its first block", statistics.median(block), "s", TARGET_SECS, block),
    ]


def _restart(running: Network, node: LocalNode) -> tuple[float, float]:
    """Seconds until the RPC answers, and until a block is committed."""
    before = running.height(node)
    running.kill(node)
    started = time.perf_counter()
    running.start(node)
    answers = 0.0
    while (height := running.height(node)) <= before:
        if height and not answers:
            answers = time.perf_counter() - started
        time.sleep(POLL_SECS)
    committed = time.perf_counter() - started
    wait_until(lambda: len(running.pids(node)) == len(Part), f"all processes of {node.name}")
    return answers or committed, committed
