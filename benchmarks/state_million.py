"""A store of a million keys in a process of its own.

    python -m benchmarks.state_million build FOLDER KEYS
    python -m benchmarks.state_million load FOLDER KEYS

`build` writes a storage with a snapshot. `load` opens it as a node does, every hash computed anew,
then runs blocks of 10,000 updates with the garbage collector as Python sets it, and prints as JSON
what it took.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.measure import Effort, Figure, out_folder
from benchmarks.state_blocks import genesis, updates
from node.log import no_log
from node.storage import BlockEntry, Storage, open_storage

KEYS: Final = 1_000_000
QUICK_KEYS: Final = 10_000
STARTS: Final = 3
"""Of 4 to 6 seconds each."""
BLOCKS: Final = 20
STORE: Final = "bank"
KEEP: Final = 2

COLD_START_S: Final = 5.0
MEMORY_MB: Final = 600.0
PAUSE_MS: Final = 200.0


def load_figures(effort: Effort, *, quick: bool) -> list[Figure]:
    """Cold start, memory and pauses: the median of some starts."""
    keys = QUICK_KEYS if quick else KEYS
    with tempfile.TemporaryDirectory(dir=out_folder()) as folder:
        storage = Path(folder) / "storage"
        _run("build", storage, keys)
        found = [_run("load", storage, keys) for _ in range(min(effort.runs, STARTS))]
    name = f"a store of {keys:,} keys"
    return [
        _figure(f"{name}: process start to state, all hashes", found, "start", "s", COLD_START_S),
        _figure(f"{name}: memory after the start", found, "memory", "MB", MEMORY_MB),
        _figure(f"{name}: longest pause of the collector", found, "pause", "ms", PAUSE_MS),
        _figure(
            f"{name}: block of {_updates(keys):,} updates, no disk", found, "block", "ms", None
        ),
    ]


def build(folder: Path, keys: int) -> None:
    """Writes a storage with a snapshot of so many keys."""
    with _open(folder, snapshot_every=1) as storage:
        prepared = storage.state.prepare({STORE: genesis(keys)})
        storage.commit(prepared, BlockEntry(time_ns=0, hash=bytes(32)))
        storage.wait_for_snapshot()
    # LevelDB moves the genesis out of its journal at the next start: not at the one that counts.
    _open(folder).close()


def load(folder: Path, keys: int) -> dict[str, float]:
    """Opens the storage and runs blocks."""
    pauses = _watch_collector()
    # Kept open: closing is no part of it.
    state = _open(folder).state
    ready, memory = time.clock_gettime(time.CLOCK_BOOTTIME), _anonymous_mb()
    blocks: list[float] = []
    for number in range(1, BLOCKS + 1):
        changes = {STORE: updates(number, count=_updates(keys), keys=keys)}
        started = time.perf_counter()
        state.apply(state.prepare(changes))
        blocks.append(1_000 * (time.perf_counter() - started))
    gc.collect()
    return {
        "start": ready - _process_start(),
        "memory": memory,
        "pause": max(pauses),
        "block": sorted(blocks)[len(blocks) // 2],
    }


def _open(folder: Path, *, snapshot_every: int = 1000) -> Storage:
    return open_storage(
        folder,
        names=[STORE],
        chain_id="benchmark",
        log=no_log,
        keep=KEEP,
        snapshot_every=snapshot_every,
    )


def _updates(keys: int) -> int:
    return min(10_000, keys // 2)


def _run(command: str, folder: Path, keys: int) -> dict[str, float]:
    program = [sys.executable, "-m", "benchmarks.state_million"]
    result = subprocess.run(
        [*program, command, str(folder), str(keys)], check=True, stdout=subprocess.PIPE, text=True
    )
    return {name: float(number) for name, number in json.loads(result.stdout).items()}


def _figure(
    name: str, found: list[dict[str, float]], key: str, unit: str, at_most: float | None
) -> Figure:
    samples = tuple(sorted(each[key] for each in found))
    return Figure(name, samples[len(samples) // 2], unit, at_most=at_most, samples=samples)


def _watch_collector() -> list[float]:
    """A list that takes the milliseconds of every collection from now on."""
    pauses: list[float] = []
    started = [0.0]

    def notice(phase: str, _: Mapping[str, int]) -> None:
        if phase == "start":
            started[0] = time.perf_counter()
        else:
            pauses.append(1_000 * (time.perf_counter() - started[0]))

    gc.callbacks.append(notice)
    return pauses


def _anonymous_mb() -> float:
    """Memory of this process that is no file's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no RssAnon")


def _process_start() -> float:
    """When this process started, on the clock of CLOCK_BOOTTIME; exact to a hundredth."""
    # Field 22 of proc(5), counted behind the name, which may hold spaces.
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return ticks / 100


if __name__ == "__main__":
    if sys.argv[1] == "build":
        build(Path(sys.argv[2]), int(sys.argv[3]))
        print("{}")
    else:
        print(json.dumps(load(Path(sys.argv[2]), int(sys.argv[3]))))
