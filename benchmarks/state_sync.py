"""A million keys for a newcomer: what restoring a snapshot takes, and what serving it takes.

    python -m benchmarks.state_sync build FOLDER KEYS
    python -m benchmarks.state_sync serve FOLDER
    python -m benchmarks.state_sync restore FOLDER KEYS

Each in a process of its own. `build` writes a storage with a snapshot, and blocks after it. `serve`
answers ListSnapshots for the first time (every chunk is hashed), then LoadSnapshotChunk of each.
`restore` is a node with an empty storage: from OfferSnapshot to the state at which the engine may
go on, chunks given at once, as a local engine has them; every hash is computed twice, once before
anything is kept in memory. The network between is CometBFT's, and not measured.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.measure import Effort, Figure, out_folder
from benchmarks.state_blocks import genesis, updates
from chain_module.abci import requests as req
from chain_module.abci import responses as res
from chain_module.store.chunks import manifest_of
from chain_module.store.types import Changes
from node.application.state_sync import StateSync, snapshot_of
from node.log import no_log
from node.storage import BlockEntry, Storage, open_storage
from node.storage.serving import BLOCKS_AFTER
from node.storage.snapshot_files import OsSnapshotDisk, SnapshotFiles

KEYS: Final = 1_000_000
QUICK_KEYS: Final = 10_000
CALLS: Final = 2
"""Anything but 1, which is quick."""
RUNS: Final = 3
"""Of some ten seconds each."""
STORE: Final = "bank"
CHAIN_ID: Final = "benchmark"
KB: Final = 1024

Found = dict[str, float]


def run(effort: Effort) -> list[Figure]:
    """Restoring and serving: the median of some runs."""
    keys = QUICK_KEYS if effort.calls == 1 else KEYS
    with tempfile.TemporaryDirectory(dir=out_folder()) as folder:
        server = Path(folder) / "server"
        _run("build", server, keys)
        runs = min(effort.runs, RUNS)
        served = [_run("serve", server, keys) for _ in range(runs)]
        restored = [_restore(server, Path(folder) / f"node{n}", keys) for n in range(runs)]
    name = f"{keys:,} keys"
    return [
        _figure(f"{name}: OfferSnapshot to the state", restored, "restore", "s"),
        _figure(f"{name}: of that, the last chunk (both passes of hashing)", restored, "last", "s"),
        _figure(f"{name}: memory at the highest while restoring", restored, "peak", "MB"),
        _figure(f"{name}: memory with the state", restored, "memory", "MB"),
        _figure(f"{name}: the snapshot", restored, "size", "MB"),
        _figure(f"{name}: the first ListSnapshots of a server", served, "first", "s"),
        _figure(f"{name}: LoadSnapshotChunk, 1 MiB", served, "chunk", "ms"),
    ]


def build(folder: Path, keys: int) -> None:
    """A storage with a snapshot of so many keys, old enough to be offered."""
    with _open(folder, snapshot_every=1) as storage:
        _commit(storage, genesis(keys))
        storage.wait_for_snapshot()
    with _open(folder) as storage:
        for number in range(BLOCKS_AFTER):
            _commit(storage, updates(number, count=10, keys=keys))


def serve(folder: Path) -> Found:
    """What a peer's questions cost."""
    with _open(folder) as storage:
        sync = StateSync(storage, log=no_log, replaced=_nothing)
        started = time.perf_counter()
        snapshot = sync.offers().snapshots[-1]
        first = time.perf_counter() - started
        started = time.perf_counter()
        for index in range(snapshot.chunks):
            request = req.LoadSnapshotChunkRequest(snapshot.height, snapshot.format, index)
            assert sync.load(request).chunk
        taken = time.perf_counter() - started
    return {"first": first, "chunk": 1_000 * taken / snapshot.chunks}


def restore(server: Path, folder: Path) -> Found:
    """A newcomer's part, with the files of another storage for a network."""
    files = SnapshotFiles(server / "snapshots", disk=OsSnapshotDisk())
    height = files.versions()[-1]
    manifest = manifest_of(files.chunks(height))
    offered = snapshot_of(manifest)
    with _open(folder) as storage:
        sync = StateSync(storage, log=no_log, replaced=_nothing)
        started = time.perf_counter()
        offer = req.OfferSnapshotRequest(offered, manifest.app_hash)
        assert sync.offer(offer).result is res.OfferResult.ACCEPT
        last = started
        for index, chunk in enumerate(files.chunks(height)):
            last = time.perf_counter()
            answer = sync.apply(req.ApplySnapshotChunkRequest(index, chunk, "peer"))
            assert answer.result is res.ApplyResult.ACCEPT
        ended = time.perf_counter()
        assert storage.height == height
        return {
            "restore": ended - started,
            "last": ended - last,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KB,
            "memory": _anonymous_mb(),
            "size": manifest.size / KB / KB,
        }


def _nothing() -> None:
    """There is no application above."""


def _open(folder: Path, *, snapshot_every: int = 1_000) -> Storage:
    return open_storage(
        folder,
        names=[STORE],
        chain_id=CHAIN_ID,
        log=no_log,
        keep=2,
        snapshot_every=snapshot_every,
    )


def _commit(storage: Storage, changes: Changes) -> None:
    prepared = storage.state.prepare({STORE: changes})
    storage.commit(prepared, BlockEntry(time_ns=0, hash=bytes(32)))


def _restore(server: Path, folder: Path, keys: int) -> Found:
    found = _run("restore", server, keys, str(folder))
    # A million keys a run: the disk is not needed for the next.
    shutil.rmtree(folder)
    return found


def _run(command: str, folder: Path, keys: int, *more: str) -> Found:
    program = [sys.executable, "-m", "benchmarks.state_sync", command, str(folder), str(keys)]
    result = subprocess.run([*program, *more], check=True, stdout=subprocess.PIPE, text=True)
    return {name: float(number) for name, number in json.loads(result.stdout).items()}


def _figure(name: str, found: list[Found], key: str, unit: str) -> Figure:
    samples = tuple(sorted(each[key] for each in found))
    return Figure(name, samples[len(samples) // 2], unit, samples=samples)


def _anonymous_mb() -> float:
    """Memory of this process that is no file's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / KB
    raise AssertionError("no RssAnon")


if __name__ == "__main__":
    if sys.argv[1] == "build":
        build(Path(sys.argv[2]), int(sys.argv[3]))
        print("{}")
    elif sys.argv[1] == "serve":
        print(json.dumps(serve(Path(sys.argv[2]))))
    else:
        print(json.dumps(restore(Path(sys.argv[2]), Path(sys.argv[4]))))
