"""A block of 10,000 random updates on 200,000 keys, made durable: ours over Go's iavl v1.3.5.

Ours: the next version's trees and app hash, made durable by the node's storage (one synced write;
snapshots beside it as they come), and taken over. Go's: sets in the order of keys and SaveVersion
on goleveldb, with the cache and fast index that the Cosmos SDK has by default; it syncs nothing.
Both do the same blocks, turn by turn, in their own process each, and every root is compared. Making
keys and values is outside.

Then a store of a million keys in a process of its own (state_million.py): cold start, memory, and
the longest pause of the garbage collector.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.go_process import GoProcess
from benchmarks.measure import Effort, Figure, milliseconds, out_folder, ratio
from benchmarks.picture import Panel, bars, by_unit
from benchmarks.state_blocks import genesis, updates
from benchmarks.state_million import load_figures
from chain_module.store.node import root_hash
from chain_module.store.types import StateChanges
from node.log import no_log
from node.storage import BlockEntry, open_storage

KEYS: Final = 200_000
UPDATES: Final = 10_000
QUICK_KEYS: Final = 2_000
CALLS: Final = 5
"""Blocks of each side in one run."""
TARGET: Final = 1 / 2
"""Not above; the aim is 1/3."""
STORE: Final = "bank"
KEEP: Final = 10
CHAIN_ID: Final = "benchmark"


class Ours:
    """Our storage."""

    def __init__(self, folder: Path, keys: int) -> None:
        self._storage = open_storage(
            folder / "ours", names=[STORE], chain_id=CHAIN_ID, log=no_log, keep=KEEP
        )
        self.run({STORE: genesis(keys)})

    def run(self, changes: StateChanges) -> tuple[float, bytes]:
        """Seconds of one block, and the root."""
        started = time.perf_counter()
        prepared = self._storage.state.prepare(changes)
        self._storage.commit(prepared, BlockEntry(time_ns=0, hash=bytes(32)))
        seconds = time.perf_counter() - started
        return seconds, root_hash(self._storage.state.newest.trees[STORE])

    def close(self) -> None:
        """Close the storage."""
        self._storage.close()


class Gos(GoProcess):
    """Go's iavl over goleveldb."""

    def __init__(self, folder: Path, keys: int, count: int) -> None:
        super().__init__("iavl", "blocks", f"-keys={keys}", f"-updates={count}", f"-dir={folder}")
        self.line()

    def run(self) -> tuple[float, bytes]:
        """Seconds of the next block, and the root."""
        nanoseconds, root = self.ask("").split()
        return int(nanoseconds) / 1e9, bytes.fromhex(root)


def run(effort: Effort) -> list[Figure]:
    """Both sides' milliseconds a block, their ratio, and what a million keys take."""
    quick = effort.calls == 1
    keys, count = (QUICK_KEYS, QUICK_KEYS // 10) if quick else (KEYS, UPDATES)
    with tempfile.TemporaryDirectory(dir=out_folder()) as folder:
        ours, gos = _alternate(Path(folder), effort, keys=keys, count=count)
    name = f"{count:,} updates of {keys:,} keys"
    return [
        milliseconds(f"{name}: ours, synced", ours),
        milliseconds(f"{name}: Go's iavl, not synced", gos),
        ratio(f"{name}: ours over Go's (aim 0.333)", ours, gos, at_most=TARGET),
        *load_figures(effort, quick=quick),
    ]


def picture(figures: Sequence[Figure]) -> list[Panel]:
    """The blocks of both sides, then the large store."""
    ours, gos, over, *million = figures
    return [
        bars("One block, milliseconds", [ours, gos]),
        bars("Ours over Go's", [over]),
        *by_unit(million),
    ]


def _alternate(
    folder: Path, effort: Effort, *, keys: int, count: int
) -> tuple[list[float], list[float]]:
    """Seconds a block of both sides, for each run."""
    ours = Ours(folder, keys)
    seconds: tuple[list[float], list[float]] = [], []
    block = 0
    with Gos(folder, keys, count) as gos:
        # The first run warms both up.
        for _ in range(effort.runs + 1):
            used = [0.0, 0.0]
            for _ in range(effort.calls):
                block += 1
                mine, my_root = ours.run({STORE: updates(block, count=count, keys=keys)})
                theirs, their_root = gos.run()
                assert my_root == their_root
                used[0] += mine
                used[1] += theirs
            for side, total in zip(seconds, used, strict=True):
                side.append(total / effort.calls)
    ours.close()
    return seconds[0][1:], seconds[1][1:]
