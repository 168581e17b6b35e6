"""Real processes: killed while they commit, and out of room."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

import pytest

from node.storage import StorageCode, StorageFault
from tests.support.abci_client import LogLines
from tests.support.storage import commit_block, commit_until_killed, expected_hash, reopen

KILLS: Final = 20

# Processes fork from one that has imported everything.
_PROCESSES: Final = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.support.storage"])


@contextlib.contextmanager
def committing(folder: Path, **options: int) -> Iterator[tuple[BaseProcess, Iterator[int | str]]]:
    """A process that commits, and what it says until it ends."""
    ours, theirs = _PROCESSES.Pipe(duplex=False)
    process = _PROCESSES.Process(target=commit_until_killed, args=(folder, theirs), kwargs=options)
    process.start()
    theirs.close()
    try:
        yield process, until_the_end(ours)
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()


def until_the_end(connection: Connection) -> Iterator[int | str]:
    with contextlib.suppress(EOFError):
        while True:
            yield connection.recv()


def test_killed_while_it_commits(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """What was said to be committed is there; at most one block more; nothing is half there."""
    last = 0
    for kill in range(KILLS):
        with committing(tmp_path, snapshot_every=7) as (process, said):
            heights = [next(said) for _ in range(1 + 7 * kill % 39)]
            process.kill()
            last = int([*heights, *said][-1])
        log = LogLines()
        with reopen(tmp_path, log=log) as storage:
            assert storage.height in (last, last + 1)
            last = storage.height
            assert storage.state.newest.app_hash == expected_hash(last)
            for height in range(1, last + 1):
                block = storage.block(height)
                assert block is not None
                assert block.app_hash == expected_hash(height)
                assert len(storage.txs_of(height)) == height % 3
            assert storage.block(last + 1) is None
        assert {line["event"] for line in log.lines} == {"storage_opened"}
    record_property("count", f"storage: {KILLS} kills in {last} blocks, none lost")


def test_a_full_disk_stops_the_node_and_costs_nothing(tmp_path: Path) -> None:
    """A limit of the process stands in for the disk's: any file may grow to 64 KiB, no further.

    LevelDB then fails as on a disk without room, without privileges and wherever this test runs.
    """
    with committing(tmp_path, limit=1 << 16) as (_, said):
        *heights, code = said
    assert code == StorageCode.STORAGE_FULL
    last = int(heights[-1])
    assert last > 10
    with reopen(tmp_path, log=LogLines()) as storage:
        assert storage.height in (last, last + 1)
        assert storage.state.newest.app_hash == expected_hash(storage.height)
        commit_block(storage)


def test_a_disk_that_stays_full_refuses_the_start_and_loses_nothing(tmp_path: Path) -> None:
    with reopen(tmp_path, log=LogLines()) as storage:
        for _ in range(5):
            commit_block(storage)
    with committing(tmp_path, limit=10) as (_, said):
        assert list(said) == [StorageCode.STORAGE_FULL]
    with reopen(tmp_path, log=LogLines()) as storage:
        assert storage.height == 5


def test_another_process_is_refused(tmp_path: Path) -> None:
    with reopen(tmp_path, log=LogLines()) as storage:
        commit_block(storage)
        # LevelDB's own lock would be lost by a second attempt of this process.
        with pytest.raises(StorageFault):
            reopen(tmp_path, log=LogLines())
        with committing(tmp_path) as (_, said):
            assert next(said) == StorageCode.ALREADY_RUNNING
        commit_block(storage)


def test_after_a_failed_commit_nothing_is_applied_and_none_follows(tmp_path: Path) -> None:
    """Not even where the disk is back: LevelDB's journal may have a torn end by then."""
    with reopen(tmp_path, log=LogLines()) as storage:
        commit_block(storage)
        with journal_that_fails(tmp_path), pytest.raises(StorageFault) as fault:
            commit_block(storage)
        assert fault.value.code is StorageCode.STORAGE_UNUSABLE
        with pytest.raises(StorageFault) as again:
            commit_block(storage)
        assert again.value.code is StorageCode.STORAGE_UNUSABLE
        assert storage.height == 1
        assert storage.state.newest.app_hash == expected_hash(1)
        assert storage.block(2) is None
    with reopen(tmp_path, log=LogLines()) as storage:
        assert storage.height == 1
        commit_block(storage)


@contextlib.contextmanager
def journal_that_fails(folder: Path) -> Iterator[None]:
    """Every write to the open journal fails meanwhile, as on a disk that was pulled."""
    journal = descriptor_of_journal(folder)
    kept = os.dup(journal)
    reading = os.open("/dev/null", os.O_RDONLY)
    os.dup2(reading, journal)
    try:
        yield
    finally:
        os.dup2(kept, journal)
        os.close(kept)
        os.close(reading)


def descriptor_of_journal(folder: Path) -> int:
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            target = link.readlink()
            if target.parent == folder / "db" and target.suffix == ".log":
                return int(link.name)
    raise AssertionError("no journal is open")
