"""Snapshots: a crash at any call, a disk that refuses any call, the thread that writes them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pytest

from chain_module.store.errors import StoreFault
from chain_module.store.snapshot import write_snapshot
from chain_module.store.state import CommittedState
from chain_module.store.types import CommitLog
from chain_module.store.version import Version, no_version
from node.storage import Storage
from node.storage.database import Database
from node.storage.snapshot_files import OsSnapshotDisk, SnapshotFiles
from node.storage.snapshotter import RETRY_PART, Snapshotter
from tests.support.abci_client import LogLines
from tests.support.crash_disk import CrashDisk, PowerCut, StoppingDisk
from tests.support.storage import NAMES, changes_of, commit_block, expected_hash, reopen

FOLDER: Final = Path("/snapshots")
CALLS: Final = 4
"""Write, sync, rename, sync of the folder."""


def versions(count: int) -> list[Version]:
    state, made = CommittedState(no_version(NAMES)), list[Version]()
    for height in range(1, count + 1):
        state.apply(state.prepare(changes_of(height)))
        made.append(state.newest)
    return made


FIRST, SECOND = versions(2)


def saved(disk: CrashDisk, version: Version) -> None:
    SnapshotFiles(FOLDER, disk=disk).save(version.number, write_snapshot(version))


def readable(disk: CrashDisk) -> list[int]:
    """The versions whose snapshots can be read, and hold what they say."""
    files, found = SnapshotFiles(FOLDER, disk=disk), list[int]()
    for number in files.versions():
        try:
            version = files.load(number)
        except StoreFault:
            continue
        assert version.app_hash == expected_hash(number)
        found.append(number)
    return found


@pytest.mark.parametrize("stop_before", range(1, CALLS + 2))
def test_a_crash_at_any_call_leaves_the_older_snapshot(stop_before: int) -> None:
    disk = CrashDisk()
    saved(disk, FIRST)
    stopping = StoppingDisk(disk, stop_before)
    try:
        saved(stopping, SECOND)
    except PowerCut:
        assert stop_before <= CALLS
    left = list(stopping.after_crash())
    assert left
    for after in left:
        files = SnapshotFiles(FOLDER, disk=after)
        files.tidy()
        # A name that is there leads to a whole file: its bytes were synced before.
        assert readable(after) == files.versions()
        assert readable(after)[-1] == 1
        if stop_before > CALLS:
            assert readable(after) == [2, 1]


@pytest.mark.parametrize("fail_at", range(1, CALLS + 1))
def test_a_call_that_fails_leaves_the_older_snapshot(fail_at: int) -> None:
    disk = CrashDisk()
    saved(disk, FIRST)
    disk.fail_at = len(disk.calls) + fail_at
    with pytest.raises(OSError, match="No space left"):
        saved(disk, SECOND)
    assert readable(disk)[-1] == 1
    assert not [name for name in disk.names(FOLDER) if name.endswith(".partial")]


# One that comes in parts.

PARTS_CALLS: Final = 7
"""Removal of what was; two parts; sync, rename, sync of the folder; and none."""


def received(disk: CrashDisk, version: Version) -> None:
    """As a node takes a peer's snapshot."""
    files, data = SnapshotFiles(FOLDER, disk=disk), b"".join(write_snapshot(version))
    files.begin(version.number)
    for part in (data[:1000], data[1000:]):
        files.append(version.number, part)
    assert files.check(version.number).app_hash == version.app_hash
    assert files.take_over(version.number) == version


@pytest.mark.parametrize("stop_before", range(1, PARTS_CALLS + 1))
def test_a_crash_while_one_comes_in_leaves_all_of_it_or_nothing(stop_before: int) -> None:
    stopping = StoppingDisk(CrashDisk(), stop_before)
    try:
        received(stopping, FIRST)
    except PowerCut:
        assert stop_before < PARTS_CALLS
    left = list(stopping.after_crash())
    assert left
    for after in left:
        files = SnapshotFiles(FOLDER, disk=after)
        files.tidy()
        assert readable(after) == files.versions()
        assert len(after.names(FOLDER)) == len(files.versions())
        if stop_before == PARTS_CALLS:
            assert readable(after) == [1]
        # It starts over.
        received(after, FIRST)


# The thread.


class SlowDisk(OsSnapshotDisk):
    """Waits before each frame, or refuses it."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.full = False
        self.begun = 0

    def write_frames(self, path: Path, frames: Iterable[bytes]) -> None:
        self.begun += 1
        super().write_frames(path, self._slowly(frames))

    def _slowly(self, frames: Iterable[bytes]) -> Iterator[bytes]:
        for frame in frames:
            assert self.open.wait(60)
            if self.full:
                raise OSError(28, "No space left on device")
            yield frame


@pytest.fixture
def log() -> LogLines:
    return LogLines()


@pytest.fixture
def disk() -> SlowDisk:
    return SlowDisk()


@pytest.fixture
def database(tmp_path: Path, log: LogLines) -> Iterator[Database]:
    made = Database(tmp_path / "db", log=log)
    yield made
    made.close()


@pytest.fixture
def snapshotter(
    tmp_path: Path, disk: SlowDisk, database: Database, log: LogLines
) -> Iterator[Snapshotter]:
    (tmp_path / "snapshots").mkdir()
    files = SnapshotFiles(tmp_path / "snapshots", disk=disk)
    made = Snapshotter(files, database, every=10, newest=0, log=log)
    yield made
    disk.open.set()
    made.close()


def written(log: LogLines) -> list[int]:
    return [int(line["version"]) for line in log.of("snapshot_written")]


def test_one_at_a_time_and_only_when_due(
    snapshotter: Snapshotter, disk: SlowDisk, log: LogLines
) -> None:
    made = versions(40)
    for version in made[:29]:
        snapshotter.committed(version, record_bytes=1)
    assert disk.begun == 1
    disk.open.set()
    snapshotter.wait()
    assert written(log) == [10]
    snapshotter.committed(made[29], record_bytes=1)
    snapshotter.wait()
    for version in made[30:39]:
        snapshotter.committed(version, record_bytes=1)
    snapshotter.committed(made[39], record_bytes=1)
    snapshotter.wait()
    assert written(log) == [10, 30, 40]


def test_much_log_makes_one_due(snapshotter: Snapshotter, disk: SlowDisk, log: LogLines) -> None:
    disk.open.set()
    first, second, third = versions(3)
    snapshotter.committed(first, record_bytes=10 << 20)
    snapshotter.committed(second, record_bytes=10 << 20)
    snapshotter.wait()
    snapshotter.committed(third, record_bytes=1)
    snapshotter.wait()
    assert written(log) == [2]


def test_nodes_that_started_anywhere_write_at_the_same_heights(
    tmp_path: Path, disk: SlowDisk, database: Database, log: LogLines
) -> None:
    """So that peers offer one and the same, and a newcomer may take chunks from all of them."""
    disk.open.set()
    (tmp_path / "snapshots").mkdir()
    files = SnapshotFiles(tmp_path / "snapshots", disk=disk)
    made = Snapshotter(files, database, every=10, newest=7, log=log, keep=3)
    for version in versions(45)[7:]:
        made.committed(version, record_bytes=1)
        made.wait()
    made.close()
    assert written(log) == [10, 20, 30, 40]
    assert files.versions() == [40, 30, 20]


def test_a_failed_snapshot_is_tried_again_soon(
    snapshotter: Snapshotter, disk: SlowDisk, log: LogLines
) -> None:
    disk.open.set()
    disk.full = True
    made = versions(12)
    for version in made[:10]:
        snapshotter.committed(version, record_bytes=1)
    snapshotter.wait()
    (line,) = log.of("snapshot_failed")
    assert "storage_full" in str(line["reason"])
    assert written(log) == []
    disk.full = False
    for version in made[10:]:
        snapshotter.committed(version, record_bytes=1)
        snapshotter.wait()
    assert written(log) == [10 + 10 // RETRY_PART]


def test_closing_gives_a_snapshot_up(
    tmp_path: Path, snapshotter: Snapshotter, disk: SlowDisk, log: LogLines
) -> None:
    for version in versions(10):
        snapshotter.committed(version, record_bytes=1)
    closing = threading.Thread(target=snapshotter.close)
    closing.start()
    disk.open.set()
    closing.join()
    assert list((tmp_path / "snapshots").iterdir()) == []
    assert log.lines == []
    snapshotter.committed(versions(20)[-1], record_bytes=1)
    assert disk.begun == 1


def test_the_log_is_truncated_once_two_snapshots_hold_it(
    snapshotter: Snapshotter, disk: SlowDisk, database: Database, tmp_path: Path
) -> None:
    disk.open.set()
    commit_log: CommitLog = database
    for version in versions(30):
        commit_log.append(version.number, b"record")
        snapshotter.committed(version, record_bytes=1)
        snapshotter.wait()
        if version.number == 10:
            assert database.record_versions(0) == list(range(1, 11))
    assert database.record_versions(0) == list(range(21, 31))
    assert list(commit_log.records(28)) == [b"record"] * 2
    names = sorted(path.name for path in (tmp_path / "snapshots").iterdir())
    assert names == [f"{number:020d}.snapshot" for number in (20, 30)]


def test_blocks_go_on_while_a_snapshot_is_written(tmp_path: Path, log: LogLines) -> None:
    """It is of the version that it was begun with, and a start needs the log after it."""
    with reopen(tmp_path, log=log, snapshot_every=5) as storage:
        commit_to(storage, 40)
        storage.wait_for_snapshot()
    assert len(written(log)) > 1
    with reopen(tmp_path, log=log) as storage:
        assert storage.height == 40
        assert storage.state.newest.app_hash == expected_hash(40)
    assert not log.of("snapshot_damaged")


def commit_to(storage: Storage, height: int) -> None:
    while storage.height < height:
        commit_block(storage)
