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

    Raises:
        StorageFault: STORAGE_DAMAGED, STORAGE_ROOT_MISMATCH.
        OSError: of the snapshots' folder.
    """
    start, damage = _newest_snapshot(files, log)
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
    if start is None and damage != NO_SNAPSHOT and not records:
        raise _damaged(f"a snapshot or the whole log in {database.folder}", damage)
    state = CommittedState(version, keep=keep)
    for number in records:
        if not _replayed(state, database, number, last=number == records[-1], log=log):
            break
    return state


def _newest_snapshot(files: SnapshotFiles, log: Log) -> tuple[Version | None, str]:
    """The newest that can be believed, and what was wrong with the last that could not."""
    damage = NO_SNAPSHOT
    for number in files.versions():
        try:
            return files.load(number), damage
        except (StoreFault, OSError) as fault:
            damage = f"{files.path(number)}: {fault}"
            log("error", "snapshot_damaged", version=number, reason=damage)
    return None, damage


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
