"""Real processes: killed while they commit, and out of room."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from node.storage import StorageCode, StorageFault
from tests.support.abci_client import LogLines
from tests.support.storage import FAULT, commit_block, expected_hash, reopen

KILLS: Final = 20
REPOSITORY: Final = Path(__file__).parents[3]
ENVIRONMENT: Final = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'proto'}"}


def committing(folder: Path, *arguments: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.support.storage", str(folder)]
    return subprocess.Popen(
        command + [str(argument) for argument in arguments],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def test_killed_while_it_commits(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """What was said to be committed is there; at most one block more; nothing is half there."""
    last = 0
    for kill in range(KILLS):
        process = committing(tmp_path, 7)
        assert process.stdout is not None
        for _ in range(1 + 7 * kill % 39):
            last = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        last = max([last, *map(int, process.stdout.read().split())])
        process.stdout.close()
        process.wait()
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
    process = committing(tmp_path, 1000, 1 << 16)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == FAULT
    *heights, code = out.split()
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
    process = committing(tmp_path, 1000, 10)
    out, _ = process.communicate(timeout=60)
    assert out.split() == [StorageCode.STORAGE_FULL]
    with reopen(tmp_path, log=LogLines()) as storage:
        assert storage.height == 5


def test_after_a_failed_commit_nothing_is_applied_and_none_follows(tmp_path: Path) -> None:
    with reopen(tmp_path, log=LogLines()) as storage:
        commit_block(storage)
        # The journal's descriptor is gone: the next write fails, as with a disk that was pulled.
        close_journal(tmp_path)
        for _ in range(2):
            with pytest.raises(StorageFault) as fault:
                commit_block(storage)
            assert fault.value.code is StorageCode.STORAGE_FAILED
            assert storage.height == 1
            assert storage.state.newest.app_hash == expected_hash(1)
    with reopen(tmp_path, log=LogLines()) as storage:
        assert storage.height == 1


def close_journal(folder: Path) -> None:
    for link in Path("/proc/self/fd").iterdir():
        try:
            target = link.readlink()
        except FileNotFoundError:
            continue
        if target.parent == folder / "db" and target.suffix == ".log":
            reading = os.open("/dev/null", os.O_RDONLY)
            os.dup2(reading, int(link.name))
            os.close(reading)
            return
    raise AssertionError("no journal is open")
