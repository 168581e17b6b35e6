"""Restart after damage: what is passed over, what ends the start, and what is said about it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import plyvel
import pytest

from chain_module.store.log_record import Record, encode_record
from node.storage import Storage, StorageCode, StorageFault
from node.storage.database import META, RECORD, key_of
from tests.support.abci_client import LogLines
from tests.support.storage import (
    block_of,
    changes_of,
    commit_block,
    expected_hash,
    journal_of,
    reopen,
)

BLOCKS: Final = 10


@pytest.fixture
def log() -> LogLines:
    return LogLines()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten blocks, without a snapshot."""
    with reopen(tmp_path / "data", log=LogLines()) as storage:
        commit_blocks(storage, BLOCKS)
    return tmp_path / "data"


@pytest.fixture
def snapshots(tmp_path: Path) -> Path:
    """Ten blocks with the snapshots 6 and 8; the log begins at 7."""
    with reopen(tmp_path / "data", log=LogLines(), snapshot_every=2) as storage:
        for _ in range(9):
            commit_block(storage)
            storage.wait_for_snapshot()
    with reopen(tmp_path / "data", log=LogLines()) as storage:
        commit_block(storage)
    names = [path.name for path in snapshots_of(tmp_path / "data")]
    assert names == [f"{number:020d}.snapshot" for number in (6, 8)]
    return tmp_path / "data"


def commit_blocks(storage: Storage, count: int) -> None:
    for _ in range(count):
        commit_block(storage)


def snapshots_of(folder: Path) -> list[Path]:
    return sorted((folder / "snapshots").iterdir())


def opens_at(folder: Path, height: int, *, log: LogLines) -> None:
    """It opens at that height, whole, and goes on."""
    with reopen(folder, log=log) as storage:
        assert storage.height == height
        if height:
            assert storage.state.newest.app_hash == expected_hash(height)
        for gone in range(height + 1, height + 4):
            assert storage.block(gone) is None
            assert all(storage.find_tx(tx.hash) is None for tx in block_of(gone).txs)
        commit_block(storage)
        block = storage.block(height + 1)
        assert block is not None
        assert block.app_hash == storage.state.newest.app_hash == expected_hash(height + 1)


def fault_of(folder: Path, log: LogLines) -> StorageFault:
    with pytest.raises(StorageFault) as fault:
        reopen(folder, log=log).close()
    assert fault.value.expected
    assert fault.value.found
    return fault.value


def put(folder: Path, key: bytes, value: bytes | None) -> None:
    """Writes into a closed database behind the storage's back."""
    with plyvel.DB(str(folder / "db")) as database:
        database.delete(key) if value is None else database.put(key, value)


def flip(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


# The last write.


@pytest.mark.parametrize("damage", [lambda data, place: data[:place], flip], ids=["cut", "changed"])
def test_the_last_write_damaged_at_any_byte_is_dropped(
    tmp_path: Path, damage: Callable[[bytes, int], bytes]
) -> None:
    """A crash leaves a part of it, a bad disk changes it: the engine gives that block again."""
    with reopen(tmp_path / "data", log=LogLines()) as storage:
        commit_blocks(storage, 2)
        start = journal_of(tmp_path / "data").stat().st_size
        commit_block(storage, {"bank": {b"k": b"v"}})
        # As a kill would leave it: open, nothing moved into tables yet.
        shutil.copytree(tmp_path / "data", tmp_path / "killed")
    data = journal_of(tmp_path / "killed").read_bytes()
    # Cuts differ by length alone.
    for place in range(start, len(data), 1 if damage is flip else 5):
        copy = tmp_path / "copy"
        shutil.copytree(tmp_path / "killed", copy)
        journal_of(copy).write_bytes(damage(data, place))
        log = LogLines()
        with reopen(copy, log=log) as storage:
            assert storage.height == 2, place
            assert storage.state.newest.app_hash == expected_hash(2)
            assert storage.block(3) is None
        # A length that leads beyond the end looks like a write that a crash cut short.
        if damage is flip and place not in range(start + 4, start + 6):
            assert log.of("storage_damaged_end"), place
        shutil.rmtree(copy)


def test_damage_further_back_in_the_journal_drops_the_blocks_after_it(tmp_path: Path) -> None:
    """LevelDB does not read on: what is left is whole, and the engine has every block."""
    with reopen(tmp_path / "data", log=LogLines()) as storage:
        commit_blocks(storage, 3)
        place = journal_of(tmp_path / "data").stat().st_size + 100
        commit_blocks(storage, 4)
        shutil.copytree(tmp_path / "data", tmp_path / "killed")
    journal = journal_of(tmp_path / "killed")
    journal.write_bytes(flip(journal.read_bytes(), place))
    log = LogLines()
    opens_at(tmp_path / "killed", 3, log=log)
    assert log.of("storage_damaged_end")
    opens_at(tmp_path / "killed", 4, log=LogLines())


def test_a_last_record_that_is_damaged_inside_the_database_is_dropped(
    folder: Path, log: LogLines
) -> None:
    key = key_of(RECORD, BLOCKS)
    with plyvel.DB(str(folder / "db")) as database:
        damaged = flip(database.get(key), 60)
    put(folder, key, damaged)
    opens_at(folder, BLOCKS - 1, log=log)
    (line,) = log.of("log_record_dropped")
    assert line["version"] == BLOCKS
    opens_at(folder, BLOCKS, log=LogLines())


# Damage elsewhere.


def test_a_damaged_record_before_the_last_ends_the_start(folder: Path, log: LogLines) -> None:
    put(folder, key_of(RECORD, 5), b"not a record")
    fault = fault_of(folder, log)
    assert fault.code is StorageCode.STORAGE_DAMAGED
    assert "version 5" in fault.expected
    assert "checksum" in fault.found


def test_a_missing_record_ends_the_start(folder: Path, log: LogLines) -> None:
    put(folder, key_of(RECORD, 5), None)
    fault = fault_of(folder, log)
    assert fault.code is StorageCode.STORAGE_DAMAGED
    assert "version 5" in fault.expected
    assert "6" in fault.found


@pytest.mark.parametrize("height", [5, BLOCKS])
def test_a_record_that_gives_another_state_ends_the_start(
    folder: Path, log: LogLines, height: int
) -> None:
    """Also the last: it is no damage, it is another program."""
    record = Record(height, bytes(32), changes_of(height))
    put(folder, key_of(RECORD, height), encode_record(record))
    fault = fault_of(folder, log)
    assert fault.code is StorageCode.STORAGE_ROOT_MISMATCH
    assert bytes(32).hex() in fault.expected
    assert expected_hash(height).hex() in fault.found


def test_damaged_tables_end_the_start(folder: Path, log: LogLines) -> None:
    with plyvel.DB(str(folder / "db")) as database:
        database.compact_range()
    (table,) = (folder / "db").glob("*.ldb")
    data = table.read_bytes()
    table.write_bytes(data[:100] + bytes(200) + data[300:])
    assert fault_of(folder, log).code is StorageCode.STORAGE_DAMAGED


def test_a_lost_database_beside_snapshots_ends_the_start(snapshots: Path, log: LogLines) -> None:
    shutil.rmtree(snapshots / "db")
    assert fault_of(snapshots, log).code is StorageCode.STORAGE_DAMAGED


def test_unreadable_words_about_whose_data_it_is(folder: Path, log: LogLines) -> None:
    put(folder, META, b"\xff")
    assert fault_of(folder, log).code is StorageCode.STORAGE_FORMAT


# Snapshots.


def test_a_damaged_newest_snapshot_is_passed_over(snapshots: Path, log: LogLines) -> None:
    _, newest = snapshots_of(snapshots)
    newest.write_bytes(flip(newest.read_bytes(), 200))
    opens_at(snapshots, BLOCKS, log=log)
    (line,) = log.of("snapshot_damaged")
    assert line["version"] == 8
    assert str(newest) in str(line["reason"])


def test_the_log_does_not_count_on_a_snapshot_that_was_damaged(snapshots: Path) -> None:
    _, newest = snapshots_of(snapshots)
    newest.write_bytes(b"")
    with reopen(snapshots, log=LogLines(), snapshot_every=4) as storage:
        commit_block(storage)
        storage.wait_for_snapshot()
    assert [int(path.stem) for path in snapshots_of(snapshots)] == [6, 11]
    snapshots_of(snapshots)[-1].write_bytes(b"")
    opens_at(snapshots, 11, log=LogLines())


@pytest.mark.parametrize(
    "damage", [lambda _: b"", lambda data: data[:-1], lambda data: data + b"x"]
)
def test_a_snapshot_of_another_length_is_passed_over(
    snapshots: Path, log: LogLines, damage: Callable[[bytes], bytes]
) -> None:
    _, newest = snapshots_of(snapshots)
    newest.write_bytes(damage(newest.read_bytes()))
    opens_at(snapshots, BLOCKS, log=log)


def test_two_damaged_snapshots_end_the_start(snapshots: Path, log: LogLines) -> None:
    for path in snapshots_of(snapshots):
        path.write_bytes(b"")
    fault = fault_of(snapshots, log)
    assert fault.code is StorageCode.STORAGE_DAMAGED
    assert "version 1" in fault.expected
    assert str(snapshots_of(snapshots)[-1]) in fault.found


def test_damaged_snapshots_of_a_whole_log_cost_nothing(folder: Path, log: LogLines) -> None:
    (folder / "snapshots" / f"{9:020d}.snapshot").write_bytes(b"")
    opens_at(folder, BLOCKS, log=log)


def test_damaged_snapshots_without_any_log_end_the_start(snapshots: Path, log: LogLines) -> None:
    for height in range(7, BLOCKS + 1):
        put(snapshots, key_of(RECORD, height), None)
    for path in snapshots_of(snapshots):
        path.write_bytes(b"")
    assert fault_of(snapshots, log).code is StorageCode.STORAGE_DAMAGED


def test_a_snapshot_that_was_half_written_is_removed(snapshots: Path, log: LogLines) -> None:
    partial = snapshots / "snapshots" / f"{10:020d}.partial"
    partial.write_bytes(b"half")
    (snapshots / "snapshots" / "note.txt").touch()
    opens_at(snapshots, BLOCKS, log=log)
    assert not partial.exists()


def test_the_database_behind_the_newest_snapshot(snapshots: Path, log: LogLines) -> None:
    """Its end was lost: the snapshot holds the state, the engine goes on from there."""
    for height in range(7, BLOCKS + 1):
        put(snapshots, key_of(RECORD, height), None)
    opens_at(snapshots, 8, log=log)


def test_kept_versions_after_the_snapshot_are_readable_again(snapshots: Path) -> None:
    """LAW: after a start each version from the snapshot on has the app hash that it had."""
    with reopen(snapshots, log=LogLines()) as storage:
        for version in range(8, BLOCKS + 1):
            assert storage.state.at(version).app_hash == expected_hash(version)


def test_the_log_is_kept_from_the_older_snapshot_on(snapshots: Path) -> None:
    with plyvel.DB(str(snapshots / "db")) as database:
        keys = list(database.iterator(prefix=RECORD, include_value=False))
    assert keys == [key_of(RECORD, version) for version in range(7, BLOCKS + 1)]
