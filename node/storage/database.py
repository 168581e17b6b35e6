"""LevelDB as this node uses it: the commit log, synced batches, typed faults.

    m                     whose data this is (storage.py)
    l | 8 version         the log record of that commit
    b, t, h               blocks, transactions, hashes (index.py)

A block is one synced batch. LevelDB writes it as one record of its journal: after a crash the whole
block is there, or nothing of it.

After a write that failed nobody knows whether it is on the disk, and the journal may have a torn
end: so the first failure is the last write, until the database is opened anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

import plyvel

from chain_module.store.types import prefix_end
from node.abci import Log
from node.storage.faults import StorageFault, typed

META: Final = b"m"
RECORD: Final = b"l"
HEIGHT_BYTES: Final = 8

BLOOM_BITS: Final = 10
"""Of each key: a hash that is not there costs no read of the disk."""


class Batch(Protocol):
    """Writes that are done together: plyvel's, by the methods that are used."""

    def put(self, key: bytes, value: bytes) -> None:
        """Sets a key."""
        ...

    def delete(self, key: bytes) -> None:
        """Removes a key, if it is there."""
        ...

    def write(self) -> None:
        """Does it. Raises plyvel.Error."""
        ...


class Database:
    """Implements `CommitLog`. Reads are safe in any thread, and so are writes.

    Every method raises StorageFault: STORAGE_DAMAGED where bytes are not those that were written;
    writes also STORAGE_FULL and STORAGE_UNUSABLE, and then at each later write again.
    """

    def __init__(self, folder: Path, *, log: Log) -> None:
        """Opens or creates it.

        Args:
            folder: LevelDB's.
            log: gets a line where the end of the journal was damaged and dropped.

        Raises:
            StorageFault: STORAGE_FULL, STORAGE_UNUSABLE, STORAGE_DAMAGED.
        """
        self.folder = folder
        self._failed: StorageFault | None = None
        with typed(folder):
            self._db = _open(folder, log)

    def close(self) -> None:
        """Ends. Whatever is called later raises RuntimeError."""
        self._db.close()

    def meta(self) -> bytes | None:
        """Whose data this is, as `write_meta` said."""
        return self.get(META)

    def write_meta(self, meta: bytes) -> None:
        """Says whose data this will be."""
        batch = self.batch()
        batch.put(META, meta)
        self.write(batch)

    # The log.

    def append(self, version: int, record: bytes) -> None:
        """As `CommitLog.append`."""
        batch = self.batch()
        self.put_record(batch, version, record)
        self.write(batch)

    def put_record(self, batch: Batch, version: int, record: bytes) -> None:
        """As `append`, together with what else is in the batch."""
        batch.put(key_of(RECORD, version), record)

    def record_versions(self, after: int) -> list[int]:
        """The versions above `after` that have a record, ascending."""
        return [height_of(key) for key in self.keys(RECORD, start=after + 1)]

    def record(self, version: int) -> bytes:
        """The record of a version; empty where there is none."""
        return self.get(key_of(RECORD, version)) or b""

    def records(self, after: int) -> Iterator[bytes]:
        """As `CommitLog.records`."""
        return map(self.record, self.record_versions(after))

    def truncate(self, upto: int) -> None:
        """As `CommitLog.truncate`. Not synced: what comes back is truncated again."""
        batch = self.batch(sync=False)
        for key in self.keys(RECORD, stop=upto + 1):
            batch.delete(key)
        self.write(batch)

    # What all parts are made of.

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""
        with typed(self.folder):
            value: bytes | None = self._db.get(key, verify_checksums=True)
            return value

    def keys(self, kind: bytes, *, start: int = 0, stop: int | None = None) -> list[bytes]:
        """Keys of a kind from height `start` to before `stop`, ascending."""
        with typed(self.folder):
            return list(
                self._db.iterator(
                    start=key_of(kind, start),
                    stop=prefix_end(kind) if stop is None else key_of(kind, stop),
                    include_value=False,
                    verify_checksums=True,
                )
            )

    def edge(self, kind: bytes, *, newest: bool) -> int | None:
        """The lowest or highest height that has a key of this kind; None if there is none."""
        with typed(self.folder):
            found = self._db.iterator(prefix=kind, include_value=False, reverse=newest)
            return next(map(height_of, found), None)

    def batch(self, *, sync: bool = True) -> Batch:
        """A batch, on the disk once it is written."""
        batch: Batch = self._db.write_batch(sync=sync)
        return batch

    def write(self, batch: Batch) -> None:
        """Writes a batch: all of it or nothing."""
        if self._failed is not None:
            raise self._failed
        try:
            with typed(self.folder):
                batch.write()
        except StorageFault as fault:
            self._failed = fault
            raise


def key_of(kind: bytes, height: int) -> bytes:
    """The key of a height; of transactions, where those of that height begin."""
    return kind + height.to_bytes(HEIGHT_BYTES, "big")


def height_of(key: bytes) -> int:
    """The height in a key."""
    return int.from_bytes(key[1 : 1 + HEIGHT_BYTES], "big")


def _open(folder: Path, log: Log) -> plyvel.DB:
    """LevelDB, strict about its journal; where the end of that is damaged, without that end."""
    options = {"create_if_missing": True, "bloom_filter_bits": BLOOM_BITS}
    try:
        return plyvel.DB(str(folder), paranoid_checks=True, **options)
    except plyvel.CorruptionError:
        database = plyvel.DB(str(folder), **options)
    log("warning", "storage_damaged_end", folder=str(folder), consequence="last_blocks_again")
    return database
