"""The process: from its start until it answers GetInfo, and the memory it then holds.

Start: from the spawn of `python -m enclave` on an empty directory to the first answer through
gRPC, wall time. Memory: VmRSS once it serves, and VmHWM (the highest ever) after confirming 100
newcomers twice, as the kernel counts it.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.measure import Effort, Figure
from benchmarks.newcomers import COUNT, batch_for, check
from tests.support.enclaves import CODE
from tests.support.process import enclave_process
from tests.support.world import Ledger

START_SECONDS: Final = 1.0
MEMORY_MB: Final = 120.0
OPTIONS: Final = ("--measurement", CODE.mr_enclave.hex())
CALLS: Final = 1


def run(effort: Effort, *, count: int = COUNT) -> list[Figure]:
    """Start, restart as a holder, memory."""
    with tempfile.TemporaryDirectory() as folder:
        empty = [_start(Path(folder) / f"{number}", ()) for number in range(effort.runs)]
        home = Path(folder) / "holder"
        with enclave_process(home, *OPTIONS) as process:
            Ledger().bootstrap(process)
        holder = [_start(home, OPTIONS) for _ in range(effort.runs)]
    return [
        _seconds("start to serving, first time", empty),
        _seconds("start to serving, as a holder", holder),
        *_memory(count),
    ]


def _start(home: Path, options: tuple[str, ...]) -> float:
    started = time.perf_counter()
    with enclave_process(home, *options) as process:
        process.info()
        return time.perf_counter() - started


def _memory(count: int) -> list[Figure]:
    with (
        tempfile.TemporaryDirectory() as folder,
        enclave_process(Path(folder) / "home", *OPTIONS) as process,
    ):
        process.info()
        serving = _status(process.process.pid, "VmRSS")
        ledger = Ledger()
        ledger.bootstrap(process)
        batch = batch_for(ledger, process, count=count)
        for _ in range(2):
            check(process.raw("ConfirmNodes", batch.request), count)
        highest = _status(process.process.pid, "VmHWM")
    return [
        Figure("memory once it serves (VmRSS)", serving, "MB", MEMORY_MB),
        Figure(f"memory after {count} newcomers, twice (VmHWM)", highest, "MB", MEMORY_MB),
    ]


def _status(pid: int, name: str) -> float:
    """Megabytes of 10^6 bytes; the kernel counts in units of 1,024."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    (value,) = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return int(value) * 1_024 / 1e6


def _seconds(name: str, samples: list[float]) -> Figure:
    return Figure(name, statistics.median(samples), "s", START_SECONDS, tuple(samples))
