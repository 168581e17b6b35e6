"""`Storage`: a node's state, made durable. One folder, one process, one writer.

The order of a commit: the batch is on the disk, then the state takes the version over, then perhaps
a snapshot begins. So what a query sees is durable, and a commit that raises has changed nothing.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Self

from chain_module.store.chunks import Manifest
from chain_module.store.log_record import encode_record
from chain_module.store.state import DEFAULT_KEEP, CommittedState, Prepared
from chain_module.store.version import Version, no_version
from node.abci import Log
from node.base.file_lock import FileLock, Held
from node.storage.database import RECORD, Database
from node.storage.entries import BlockEntry, StoredBlock, StoredTx
from node.storage.faults import StorageCode, StorageFault, typed
from node.storage.index import BlockIndex
from node.storage.recovery import recover
from node.storage.restoring import Restoring
from node.storage.serving import Serving
from node.storage.snapshot_files import LEAST_KEPT, OsSnapshotDisk, SnapshotFiles
from node.storage.snapshotter import Snapshotter

FORMAT: Final = 1
"""Of everything in the folder."""
SNAPSHOT_EVERY: Final = 500
KEEP_BLOCKS: Final = 1_000_000
"""Blocks and transactions that can be looked up: two months of blocks of five seconds."""
FOLDER_MODE: Final = 0o700

DATABASE: Final = "db"
LOCK: Final = "lock"
SNAPSHOTS: Final = "snapshots"


class Storage:
    """A storage that is open. `commit` is for one thread, the rest for any."""

    def __init__(
        self,
        state: CommittedState,
        *,
        lock: FileLock,
        database: Database,
        index: BlockIndex,
        files: SnapshotFiles,
        snapshotter: Snapshotter,
        initial_version: int,
        log: Log,
    ) -> None:
        self.state = state
        self.serving = Serving(files, log=log)
        """Snapshots for peers."""
        self.replaced: Callable[[], None] = _nothing
        """Called in the consensus lane, whenever the state is another one than blocks have made of
        it: it must return at once."""
        self._lock = lock
        self._database = database
        self._index = index
        self._files = files
        self._snapshotter = snapshotter
        self.initial_version = initial_version
        """The chain's initial height."""

    @property
    def height(self) -> int:
        """Of the last block; 0 if there is none, whatever the initial height is."""
        newest = self.state.newest.number
        return newest if newest >= self.initial_version else 0

    def commit(self, prepared: Prepared, block: BlockEntry) -> None:
        """Makes a block durable, then takes its version over.

        Raises:
            StorageFault: STORAGE_FULL, STORAGE_UNUSABLE; nothing was applied, and this storage
                takes no commit any more. Whether the block is on the disk shows at the next start.
        """
        version = prepared.version
        record = encode_record(prepared.record)
        batch = self._database.batch()
        self._database.put_record(batch, version.number, record)
        self._index.put(batch, block, height=version.number, app_hash=version.app_hash)
        self._database.write(batch)
        self.state.apply(prepared)
        self._snapshotter.committed(version, record_bytes=len(record))

    def block(self, height: int) -> StoredBlock | None:
        """A block; None where it is not kept. Raises StorageFault."""
        return self._index.block(height)

    def txs_of(self, height: int) -> tuple[StoredTx, ...]:
        """The transactions of a block, in order. Raises StorageFault."""
        return self._index.txs_of(height)

    def find_tx(self, tx_hash: bytes) -> StoredTx | None:
        """A transaction by its SHA-256; None where it is not kept. Raises StorageFault."""
        return self._index.find_tx(tx_hash)

    def stored(self, key: bytes) -> bytes | None:
        """What lies at a key of the index, for who decodes it elsewhere (`BlockReader`).

        Raises:
            ValueError: it is no key of the index.
            StorageFault: STORAGE_DAMAGED.
        """
        return self._index.stored(key)

    def start_of_copy(self) -> Version:
        """The oldest version in memory from which `record` leads to the newest without a gap."""
        kept = self.state.versions()
        number = max(kept)
        records = set(self._database.record_versions(min(kept)))
        while number - 1 in kept and number in records:
            number -= 1
        return kept[number]

    def record(self, version: int) -> bytes:
        """The log record of a version; empty where it is not kept. Raises StorageFault."""
        return self._database.record(version)

    @property
    def restorable(self) -> bool:
        """Whether no block was ever committed here: all there may be came from a snapshot."""
        return self._index.newest is None and self._database.edge(RECORD, newest=True) is None

    def restore(self, manifest: Manifest) -> Restoring:
        """Begins to take a snapshot of the network; what came from an earlier one is gone.

        Raises:
            StorageFault: STORAGE_FULL, STORAGE_UNUSABLE.
        """
        with typed(self._files.folder):
            for version in self._files.versions():
                self._files.remove(version)
        self.state.restore(no_version(self.state.names, initial_version=self.initial_version))
        self.replaced()
        return Restoring(self._files, manifest, names=self.state.names)

    def restored(self, version: Version) -> None:
        """Takes over the state that a `Restoring` has put on the disk."""
        self.state.restore(version)
        self._snapshotter.restored(version.number)
        self.replaced()

    def wait_for_snapshot(self) -> None:
        """Returns when no snapshot is being written."""
        self._snapshotter.wait()

    def close(self) -> None:
        """Ends; another process may then open the folder."""
        self._snapshotter.close()
        self._database.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_storage(
    folder: Path,
    *,
    names: Sequence[str],
    chain_id: str,
    log: Log,
    initial_version: int = 1,
    keep: int = DEFAULT_KEEP,
    keep_blocks: int = KEEP_BLOCKS,
    snapshot_every: int = SNAPSHOT_EVERY,
    snapshot_keep: int = LEAST_KEPT,
    snapshot_written: Callable[[int], None] = lambda _: None,
) -> Storage:
    """Opens the storage in a folder, which is made where there is none.

    Before the first commit its state is `no_version`: what InitChain writes belongs to the version
    of the first block, and nothing of it is kept before.

    Args:
        folder: of this node alone.
        names: of the stores.
        chain_id: of whose blocks these are.
        log: gets a line for whatever was found damaged, and for each snapshot.
        initial_version: the chain's initial height.
        keep: versions that stay readable in memory, at least 1.
        keep_blocks: blocks that can be looked up, at least 1.
        snapshot_every: blocks between two snapshots, at least 1.
        snapshot_keep: how many of them stay, at least 2.
        snapshot_written: gets the height of each snapshot, in a thread of its own.

    Raises:
        StorageFault: any of its codes.
    """
    lock = _lock(folder)
    try:
        database = Database(folder / DATABASE, log=log)
    except BaseException:
        lock.release()
        raise
    files = SnapshotFiles(folder / SNAPSHOTS, disk=OsSnapshotDisk())
    try:
        with typed(folder):
            meta = _meta(names, chain_id=chain_id, initial_version=initial_version)
            _check_meta(database, files, meta)
            files.tidy()
            state = recover(
                database, files, names=names, initial_version=initial_version, keep=keep, log=log
            )
            index = BlockIndex(database, keep_blocks=keep_blocks)
            index.forget_after(state.newest.number)
            newest = next(iter(files.versions()), initial_version - 1)
    except BaseException:
        database.close()
        lock.release()
        raise
    app_hash = state.newest.app_hash.hex()
    log("info", "storage_opened", version=state.newest.number, app_hash=app_hash)
    return Storage(
        state,
        lock=lock,
        database=database,
        index=index,
        files=files,
        snapshotter=Snapshotter(
            files,
            database,
            every=snapshot_every,
            newest=newest,
            log=log,
            keep=snapshot_keep,
            written=snapshot_written,
        ),
        initial_version=initial_version,
        log=log,
    )


def reset_storage(folder: Path) -> None:
    """Removes all that is in the folder: the engine's blocks make it anew.

    Raises:
        StorageFault: ALREADY_RUNNING, STORAGE_UNUSABLE.
    """
    lock = _lock(folder)
    try:
        with typed(folder):
            for part in (SNAPSHOTS, DATABASE):
                if (folder / part).exists():
                    shutil.rmtree(folder / part)
    finally:
        lock.release()


def _nothing() -> None:
    """Nobody minds."""


def _lock(folder: Path) -> FileLock:
    """One process a folder, asked before LevelDB is, whose own lock does not last."""
    with typed(folder):
        (folder / SNAPSHOTS).mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        try:
            return FileLock(folder / LOCK)
        except Held:
            raise StorageFault(
                StorageCode.ALREADY_RUNNING,
                expected=f"nobody else at {folder}",
                found="another process, or this one, that has it open",
            ) from None


def _meta(names: Sequence[str], *, chain_id: str, initial_version: int) -> bytes:
    fields = {
        "format": FORMAT,
        "names": sorted(names),
        "chain_id": chain_id,
        "initial_version": initial_version,
    }
    return json.dumps(fields, sort_keys=True).encode()


def _check_meta(database: Database, files: SnapshotFiles, wanted: bytes) -> None:
    found = database.meta()
    if found == wanted:
        return
    if found is None and not files.versions():
        database.write_meta(wanted)
        return
    if found is None:
        raise StorageFault(
            StorageCode.STORAGE_DAMAGED,
            expected=f"the database that belongs to {files.folder}",
            found=f"an empty one in {database.folder}",
        )
    raise _other(wanted, found)


def _other(wanted: bytes, found: bytes) -> StorageFault:
    code = StorageCode.STORAGE_FORMAT
    try:
        if json.loads(found)["chain_id"] != json.loads(wanted)["chain_id"]:
            code = StorageCode.STORAGE_OTHER_CHAIN
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    return StorageFault(code, expected=wanted.decode(), found=found.decode("utf-8", "replace"))
