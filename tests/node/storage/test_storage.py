"""What a storage keeps, and whom it lets in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chain_module.abci.responses import TxResult
from chain_module.store.encoding import EMPTY_ROOT
from chain_module.store.errors import StoreCode, StoreFault
from node.storage import (
    BlockEntry,
    Storage,
    StorageCode,
    StorageFault,
    TxEntry,
    open_storage,
    reset_storage,
)
from tests.support.abci_client import LogLines
from tests.support.storage import (
    CHAIN_ID,
    NAMES,
    block_of,
    changes_of,
    commit_block,
    expected_hash,
    reopen,
)

BLOCKS = 12


@pytest.fixture
def log() -> LogLines:
    return LogLines()


@pytest.fixture
def storage(tmp_path: Path, log: LogLines) -> Iterator[Storage]:
    with reopen(tmp_path, log=log) as opened:
        yield opened


def opened(folder: Path, log: LogLines, **changed: object) -> Storage:
    options: dict[str, Any] = {"names": NAMES, "chain_id": CHAIN_ID, "log": log}
    return open_storage(folder, **(options | changed))


def test_before_the_first_block_nothing_is_kept(tmp_path: Path, log: LogLines) -> None:
    for _ in range(2):
        with opened(tmp_path, log, initial_version=7) as storage:
            assert storage.height == 0
            assert storage.state.newest.number == 6
            assert storage.state.newest.app_hash == EMPTY_ROOT
            prepared = storage.state.prepare(changes_of(1))
            assert storage.block(6) is None
    with opened(tmp_path, log, initial_version=7) as storage:
        storage.commit(prepared, block_of(7))
        assert storage.height == 7
    with opened(tmp_path, log, initial_version=7) as storage:
        assert storage.height == 7
        assert storage.state.newest.app_hash == prepared.version.app_hash


def test_a_block_and_its_transactions_are_found_again(tmp_path: Path, log: LogLines) -> None:
    for _ in range(2):
        with reopen(tmp_path, log=log) as storage:
            while storage.height < BLOCKS:
                commit_block(storage)
            for height in range(1, BLOCKS + 1):
                entry, block = block_of(height), storage.block(height)
                assert block is not None
                assert (block.height, block.time_ns) == (height, entry.time_ns)
                assert block.hash == entry.hash
                assert block.app_hash == storage.state.at(height).app_hash
                assert block.app_hash == expected_hash(height)
                assert block.tx_hashes == tuple(tx.hash for tx in entry.txs)
                found = storage.txs_of(height)
                assert [(tx.raw, tx.result) for tx in found] == [
                    (tx.raw, tx.result) for tx in entry.txs
                ]
                assert [storage.find_tx(tx.hash) for tx in found] == list(found)
                assert [tx.index for tx in found] == list(range(len(found)))
    assert storage.state.newest.number == BLOCKS


def test_what_is_not_there(storage: Storage) -> None:
    commit_block(storage)
    assert storage.block(2) is None
    assert storage.txs_of(2) == ()
    assert storage.find_tx(bytes(32)) is None


def test_a_hash_leads_to_the_transaction_that_succeeded(storage: Storage) -> None:
    good, bad = TxResult(), TxResult(code=32, codespace="sdk")

    def commit(*results: TxResult) -> int:
        height = storage.state.newest.number + 1
        txs = tuple(TxEntry(b"same", result) for result in results)
        storage.commit(
            storage.state.prepare(changes_of(height)), replace(block_of(height), txs=txs)
        )
        return height

    def place() -> tuple[int, int]:
        found = storage.find_tx(TxEntry(b"same", good).hash)
        assert found is not None
        return found.height, found.index

    first = commit(bad)
    assert place() == (first, 0)
    second = commit(bad, bad)
    assert place() == (second, 1)
    third = commit(bad, good, bad)
    assert place() == (third, 1)
    commit(bad)
    assert place() == (third, 1)
    assert [tx.result.code for tx in storage.txs_of(third)] == [32, 0, 32]


def test_old_blocks_are_forgotten(tmp_path: Path, log: LogLines) -> None:
    with opened(tmp_path, log) as storage:
        for _ in range(30):
            commit_block(storage)
    with opened(tmp_path, log, keep_blocks=5) as storage:
        # Ten at a time, so that no commit has to forget a million.
        for kept in ((11, 31), (21, 32), (29, 33), (30, 34)):
            commit_block(storage)
            heights = [h for h in range(1, 40) if storage.block(h) is not None]
            assert heights == list(range(kept[0], kept[1] + 1))
            for height in range(1, 35):
                hashes = [tx.hash for tx in block_of(height).txs]
                kept_here = height in heights
                assert [storage.find_tx(h) is not None for h in hashes] == [kept_here] * len(hashes)
                assert len(storage.txs_of(height)) == (len(hashes) if kept_here else 0)
    with reopen(tmp_path, log=log) as storage:
        assert storage.state.newest.app_hash == expected_hash(34)


def test_a_hash_outlives_the_older_of_its_blocks(tmp_path: Path, log: LogLines) -> None:
    entry = TxEntry(b"same", TxResult(code=32, codespace="sdk"))
    with opened(tmp_path, log, keep_blocks=2) as storage:
        for height in range(1, 4):
            txs = (entry,) if height < 3 else ()
            prepared = storage.state.prepare(changes_of(height))
            storage.commit(prepared, replace(block_of(height), txs=txs))
        assert storage.block(1) is None
        found = storage.find_tx(entry.hash)
        assert found is not None
        assert found.height == 2


def test_a_prepared_version_of_another_height_changes_nothing(storage: Storage) -> None:
    stale = storage.state.prepare(changes_of(1))
    commit_block(storage)
    with pytest.raises(StoreFault) as fault:
        storage.commit(stale, block_of(1))
    assert fault.value.code is StoreCode.WRONG_VERSION
    assert storage.block(1) is not None
    assert storage.state.newest.number == 1
    commit_block(storage)


def test_readers_of_other_threads_see_whole_blocks(storage: Storage) -> None:
    done, wrong = threading.Event(), list[str]()

    def read() -> None:
        while not done.is_set():
            height = storage.height
            block = storage.block(height)
            if height and (block is None or block.app_hash != storage.state.at(height).app_hash):
                wrong.append(f"block {height}")
            if len(storage.txs_of(height)) != height % 3 * bool(height):
                wrong.append(f"transactions of {height}")

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(60):
        commit_block(storage)
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []


# Who may not open it.


def fault_of(folder: Path, log: LogLines, **changed: object) -> StorageFault:
    with pytest.raises(StorageFault) as fault:
        opened(folder, log, **changed).close()
    assert fault.value.expected
    assert fault.value.found
    return fault.value


def test_a_second_opener_is_refused(tmp_path: Path, storage: Storage, log: LogLines) -> None:
    assert fault_of(tmp_path, log).code is StorageCode.ALREADY_RUNNING
    with pytest.raises(StorageFault) as fault:
        reset_storage(tmp_path)
    assert fault.value.code is StorageCode.ALREADY_RUNNING
    commit_block(storage)


def test_another_chains_folder_is_refused(tmp_path: Path, log: LogLines) -> None:
    with opened(tmp_path, log) as storage:
        commit_block(storage)
    fault = fault_of(tmp_path, log, chain_id="another-1")
    assert fault.code is StorageCode.STORAGE_OTHER_CHAIN
    assert "another-1" in fault.expected
    assert CHAIN_ID in fault.found


@pytest.mark.parametrize("changed", [{"names": (*NAMES, "more")}, {"initial_version": 2}])
def test_another_format_is_refused(
    tmp_path: Path, log: LogLines, changed: dict[str, object]
) -> None:
    with opened(tmp_path, log) as storage:
        commit_block(storage)
    assert fault_of(tmp_path, log, **changed).code is StorageCode.STORAGE_FORMAT
    with opened(tmp_path, log) as storage:
        assert storage.height == 1


def test_a_folder_that_cannot_be_made(tmp_path: Path, log: LogLines) -> None:
    (tmp_path / "file").touch()
    assert fault_of(tmp_path / "file", log).code is StorageCode.STORAGE_UNUSABLE


def test_reset(tmp_path: Path, log: LogLines) -> None:
    with reopen(tmp_path, log=log, snapshot_every=2) as storage:
        for _ in range(5):
            commit_block(storage)
        storage.wait_for_snapshot()
    reset_storage(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
    with opened(tmp_path, log, chain_id="another-1") as storage:
        assert storage.height == 0


def test_blocks_have_no_limit_of_size(storage: Storage) -> None:
    large = tuple(TxEntry(bytes([n]) * 1_000_000, TxResult()) for n in range(5))
    storage.commit(storage.state.prepare(changes_of(1)), BlockEntry(1, bytes(32), large))
    assert [len(tx.raw) for tx in storage.txs_of(1)] == [1_000_000] * 5
