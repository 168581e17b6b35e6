"""Blocks that follow from their height alone, and a process that commits until it is killed."""

from __future__ import annotations

import functools
import hashlib
import resource
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from chain_module.abci.common import Event, EventAttribute
from chain_module.abci.responses import TxResult
from chain_module.store.state import CommittedState
from chain_module.store.types import StateChanges
from chain_module.store.version import no_version
from enclave.service.log import log as stderr_log
from node.abci import Log
from node.storage import BlockEntry, Storage, StorageFault, TxEntry, open_storage

NAMES: Final = ("auth", "bank")
CHAIN_ID: Final = "seedpact-test-1"
KEYS: Final = 50


def digest(*parts: object) -> bytes:
    """32 bytes that look random."""
    return hashlib.sha256(repr(parts).encode()).digest()


def changes_of(height: int) -> StateChanges:
    """Sets some keys and removes others; no store is ever empty."""
    changed: dict[str, dict[bytes, bytes | None]] = {}
    for name in NAMES:
        changes: dict[bytes, bytes | None] = {b"permanent": height.to_bytes(8, "big")}
        for number in range(10):
            draw = digest(name, height, number)
            changes[bytes([draw[0] % KEYS])] = draw if draw[1] % 4 else None
        changed[name] = dict(sorted(changes.items()))
    return changed


def block_of(height: int) -> BlockEntry:
    """Up to two transactions."""
    event = Event("made", (EventAttribute("height", str(height)),))
    result = TxResult(gas_wanted=7, gas_used=5, events=(event,), data=b"\x01")
    txs = tuple(TxEntry(f"{height}/{n}".encode(), result) for n in range(height % 3))
    return BlockEntry(time_ns=height * 10**9, hash=digest("block", height), txs=txs)


def commit_block(storage: Storage, changes: StateChanges | None = None) -> int:
    """Commits the next block; its height."""
    height = storage.state.newest.number + 1
    prepared = storage.state.prepare(changes_of(height) if changes is None else changes)
    storage.commit(prepared, block_of(height))
    return height


def app_hashes() -> Iterator[bytes]:
    """Of the heights from 1, computed without any disk."""
    state = CommittedState(no_version(NAMES))
    while True:
        prepared = state.prepare(changes_of(state.newest.number + 1))
        state.apply(prepared)
        yield prepared.version.app_hash


def expected_hash(height: int) -> bytes:
    """The app hash of a height."""
    known, more = _hashes()
    while len(known) < height:
        known.append(next(more))
    return known[height - 1]


@functools.cache
def _hashes() -> tuple[list[bytes], Iterator[bytes]]:
    """Those that were wanted so far, and the rest."""
    return [], app_hashes()


def reopen(folder: Path, *, log: Log = stderr_log, snapshot_every: int = 1000) -> Storage:
    """The storage of these blocks."""
    return open_storage(
        folder, names=NAMES, chain_id=CHAIN_ID, log=log, snapshot_every=snapshot_every
    )


def journal_of(folder: Path) -> Path:
    """LevelDB's journal, where the last commits lie."""
    return max((folder / "db").glob("*.log"))


def commit_until_killed(
    folder: Path, said: Connection, *, snapshot_every: int = 1000, limit: int | None = None
) -> None:
    """Commits, and says each height after its commit; where that fails, the fault's code.

    Args:
        folder: of the storage.
        said: gets heights and code.
        snapshot_every: as `open_storage`.
        limit: of the size of any file, in bytes, as a full disk would.
    """
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        with reopen(folder, snapshot_every=snapshot_every) as storage:
            while True:
                said.send(commit_block(storage))
    except StorageFault as fault:
        said.send(str(fault.code))
