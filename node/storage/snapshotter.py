"""When a snapshot is written, and by whom: a thread beside the block path, at most one at a time.

A snapshot is due at each multiple of so many blocks, so that nodes have the same ones for peers, or
after so many bytes of log: both bound what a restart has to replay. It is written from a version,
which does not change, frame by frame; after each frame the thread rests as long as the frame took,
so that blocks have half of the interpreter at least. Once there are as many snapshots as are kept,
the log is truncated up to the oldest.

A snapshot that fails costs nothing but a longer log; it is tried again some blocks later.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from chain_module.store.snapshot import write_snapshot
from chain_module.store.version import Version
from node.abci import Log
from node.storage.database import Database
from node.storage.faults import StorageFault, fault_of
from node.storage.snapshot_files import LEAST_KEPT, SnapshotFiles

LOG_BYTES: Final = 16 << 20
"""Of log that make a snapshot due. Replay takes about 0.1 s a MB."""
RETRY_PART: Final = 10
"""After a failure the next attempt comes after this part of the usual number of blocks."""


class Snapshotter:
    """Writes the snapshots of one storage."""

    def __init__(
        self,
        files: SnapshotFiles,
        database: Database,
        *,
        every: int,
        newest: int,
        log: Log,
        keep: int = LEAST_KEPT,
        written: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Starts no thread yet.

        Args:
            files: where snapshots go.
            database: whose log is truncated.
            every: blocks between two snapshots, at least 1.
            newest: the version of the newest snapshot, or that before the first.
            log: gets a line for each snapshot.
            keep: how many stay on the disk, at least `LEAST_KEPT`.
            written: gets the version of each, in the thread that wrote it.
        """
        self._files = files
        self._database = database
        self._every = every
        self._log = log
        self._keep = keep
        self._written = written
        self._due_at = self._next(newest)
        self._bytes = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def committed(self, version: Version, *, record_bytes: int) -> None:
        """A version was committed: starts a snapshot of it if one is due. Does not wait."""
        self._bytes += record_bytes
        if version.number < self._due_at and self._bytes < LOG_BYTES:
            return
        if self._stop.is_set() or (self._thread is not None and self._thread.is_alive()):
            return
        self._due_at = self._next(version.number)
        self._bytes = 0
        self._thread = threading.Thread(
            target=self._write, args=(version,), name="storage-snapshot", daemon=True
        )
        self._thread.start()

    def restored(self, version: int) -> None:
        """The state is that of a snapshot which came from elsewhere."""
        self._due_at = self._next(version)

    def wait(self) -> None:
        """Returns when no snapshot is being written."""
        if self._thread is not None:
            self._thread.join()

    def close(self) -> None:
        """Ends: a snapshot under way is given up, after the frame that it is at."""
        self._stop.set()
        self.wait()

    def _write(self, version: Version) -> None:
        started = time.monotonic()
        try:
            self._files.save(version.number, self._paced(write_snapshot(version)))
            self._forget_old()
        except _StoppedError:
            return
        except OSError as error:
            self._failed(version, fault_of(error, self._files.folder))
        except StorageFault as fault:
            self._failed(version, fault)
        else:
            took = round((time.monotonic() - started) * 1000)
            self._log("info", "snapshot_written", version=version.number, ms=took)
            self._written(version.number)

    def _next(self, version: int) -> int:
        return (version // self._every + 1) * self._every

    def _failed(self, version: Version, fault: StorageFault) -> None:
        self._due_at = version.number + max(1, self._every // RETRY_PART)
        self._log("warning", "snapshot_failed", version=version.number, reason=str(fault))

    def _forget_old(self) -> None:
        there = self._files.versions()
        kept, old = there[: self._keep], there[self._keep :]
        if len(kept) == self._keep:
            self._database.truncate(kept[-1])
        for version in old:
            self._files.remove(version)

    def _paced(self, frames: Iterable[bytes]) -> Iterator[bytes]:
        started = time.monotonic()
        for frame in frames:
            if self._stop.is_set():
                raise _StoppedError
            yield frame
            self._stop.wait(time.monotonic() - started)
            started = time.monotonic()


class _StoppedError(Exception):
    """The storage is being closed."""
