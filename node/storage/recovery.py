"""The state after a start: the newest good snapshot, and every log record after it.

Each record must give the app hash that it was written with. What cannot be read is passed over only
where nothing is lost by it: a damaged snapshot for the one before it, whose log is still there, and
a damaged last record, whose block the engine gives again. Anything else ends the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chain_module.store.errors import StoreCode, StoreFault
from chain_module.store.state import CommittedState
from chain_module.store.version import Version, no_version
from node.abci import Log
from node.storage.database import Database
from node.storage.faults import StorageCode, StorageFault
from node.storage.snapshot_files import SnapshotFiles

NO_SNAPSHOT: Final = "no snapshot"


def recover(
    database: Database,
    files: SnapshotFiles,
    *,
    names: Sequence[str],
    initial_version: int,
    keep: int,
    log: Log,
) -> CommittedState:
    """The newest state that can be made of snapshots and log.

    A snapshot that was passed over is removed: the next one must not count on it.

    Raises:
        StorageFault: STORAGE_DAMAGED, STORAGE_ROOT_MISMATCH.
        OSError: of the snapshots' folder.
    """
    start, damaged = _newest_snapshot(files, log)
    damage = damaged[max(damaged)] if damaged else NO_SNAPSHOT
    version = start or no_version(names, initial_version=initial_version)
    if version.names != tuple(sorted(names)):
        raise _damaged(f"a snapshot of {', '.join(sorted(names))}", ", ".join(version.names))
    records = database.record_versions(version.number)
    missing = next((n for n, v in enumerate(records, version.number + 1) if n != v), None)
    if missing is not None:
        raise _damaged(
            f"the log record of version {missing} in {database.folder}",
            f"the next is that of {records[missing - version.number - 1]}; {damage}",
        )
    if start is None and damaged and not records:
        raise _damaged(f"a snapshot or the whole log in {database.folder}", damage)
    state = CommittedState(version, keep=keep)
    for number in records:
        if not _replayed(state, database, number, last=number == records[-1], log=log):
            break
    for number in damaged:
        files.remove(number)
    return state


def _newest_snapshot(files: SnapshotFiles, log: Log) -> tuple[Version | None, dict[int, str]]:
    """The newest that can be believed, and what is wrong with those that cannot, by version."""
    damaged: dict[int, str] = {}
    for number in files.versions():
        try:
            return files.load(number), damaged
        except (StoreFault, OSError) as fault:
            damaged[number] = f"{files.path(number)}: {fault}"
            log("error", "snapshot_damaged", version=number, reason=damaged[number])
    return None, damaged


def _replayed(
    state: CommittedState, database: Database, number: int, *, last: bool, log: Log
) -> bool:
    """Takes a record over; False where it is the last, and damaged."""
    try:
        state.replay(database.record(number))
    except StoreFault as fault:
        if fault.code is StoreCode.ROOT_MISMATCH:
            raise StorageFault(
                StorageCode.STORAGE_ROOT_MISMATCH, expected=fault.expected, found=fault.found
            ) from None
        if not last:
            raise _damaged(
                f"the log record of version {number} as it was written", str(fault)
            ) from None
        log("warning", "log_record_dropped", version=number, reason=str(fault))
        return False
    return True


def _damaged(expected: str, found: str) -> StorageFault:
    return StorageFault(StorageCode.STORAGE_DAMAGED, expected=expected, found=found)
