"""Blocks and transactions by height and hash, in the same database and the same batch as the log.

    b | 8 height             a block
    t | 8 height | 4 index   a transaction of it
    h | 32 hash              where that transaction is: 8 height, 4 index, 1 whether it succeeded

The same bytes may come in several blocks, though they succeed at most once (sequences): the hash
leads to the one that succeeded, or else to the last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from google.protobuf.message import DecodeError

from chain_module.abci.common import OK
from chain_module.store.columns import MalformedBytes
from node.storage.database import HEIGHT_BYTES, RECORD, Batch, Database, height_of, key_of
from node.storage.entries import (
    BlockEntry,
    StoredBlock,
    StoredTx,
    TxEntry,
    decode_block,
    decode_tx,
    encode_block,
    encode_tx,
)
from node.storage.faults import StorageCode, StorageFault

BLOCK: Final = b"b"
TX: Final = b"t"
PLACE: Final = b"h"
KINDS: Final = (BLOCK, TX, PLACE)
MAX_KEY_BYTES: Final = 33
"""A hash and its kind."""

INDEX_BYTES: Final = 4
SUCCEEDED: Final = b"\x01"
FAILED: Final = b"\x00"

PRUNED_AT_ONCE: Final = 10
"""Old blocks that a commit may forget: few, where `keep_blocks` was made much smaller."""


class BlockReader:
    """Reads blocks and transactions from the bytes that lie at their keys, wherever those are."""

    def __init__(self, get: Callable[[bytes], bytes | None], *, where: str) -> None:
        """`get` gives the value at a key, or None; `where` says in a fault whose bytes they are."""
        self._get = get
        self._where = where

    def block(self, height: int) -> StoredBlock | None:
        """A block, or None where it is not kept. Raises StorageFault STORAGE_DAMAGED."""
        data = self._get(key_of(BLOCK, height))
        try:
            return None if data is None else decode_block(height, data)
        except MalformedBytes as error:
            raise self._damaged(f"block {height}", error) from None

    def find_tx(self, tx_hash: bytes) -> StoredTx | None:
        """A transaction by its hash. Raises StorageFault STORAGE_DAMAGED."""
        place = self._get(PLACE + tx_hash)
        if place is None:
            return None
        index = int.from_bytes(place[HEIGHT_BYTES : HEIGHT_BYTES + INDEX_BYTES], "big")
        return self.tx(int.from_bytes(place[:HEIGHT_BYTES], "big"), index)

    def tx(self, height: int, index: int) -> StoredTx | None:
        """A transaction by its place. Raises StorageFault STORAGE_DAMAGED."""
        data = self._get(_tx_key(height, index))
        try:
            return None if data is None else decode_tx(height, index, data)
        except (MalformedBytes, DecodeError) as error:
            raise self._damaged(f"transaction {height}/{index}", error) from None

    def txs_of(self, height: int) -> tuple[StoredTx, ...]:
        """The transactions of a block in order; none where it is not kept."""
        block = self.block(height)
        found = (self.tx(height, index) for index in range(len(block.tx_hashes) if block else 0))
        # A block that is forgotten meanwhile takes its transactions with it.
        return tuple(tx for tx in found if tx is not None)

    def _damaged(self, what: str, error: Exception) -> StorageFault:
        return StorageFault(
            StorageCode.STORAGE_DAMAGED,
            expected=f"{what} in {self._where} as it was written",
            found=str(error),
        )


class BlockIndex(BlockReader):
    """The blocks of a `Database`. Reads are safe in any thread while one other writes."""

    def __init__(self, database: Database, *, keep_blocks: int) -> None:
        """`keep_blocks`: how many blocks stay, at least 1."""
        super().__init__(database.get, where=str(database.folder))
        self._database = database
        self._keep_blocks = keep_blocks
        self._oldest = database.edge(BLOCK, newest=False)

    @property
    def newest(self) -> int | None:
        """The height of the last block; None where there is none. Raises StorageFault."""
        return self._database.edge(BLOCK, newest=True)

    def stored(self, key: bytes) -> bytes | None:
        """What lies at a key of a block, a transaction or a hash, as it is.

        Raises:
            ValueError: it is another kind's key.
            StorageFault: STORAGE_DAMAGED.
        """
        if key[:1] not in KINDS or len(key) > MAX_KEY_BYTES:
            raise ValueError("a key of the index")
        return self._database.get(key)

    def put(self, batch: Batch, block: BlockEntry, *, height: int, app_hash: bytes) -> None:
        """Adds a block to the batch, and forgets those that are too old."""
        hashes = [tx.hash for tx in block.txs]
        batch.put(key_of(BLOCK, height), encode_block(block, app_hash=app_hash, tx_hashes=hashes))
        places: dict[bytes, bytes] = {}
        for index, (tx, tx_hash) in enumerate(zip(block.txs, hashes, strict=True)):
            batch.put(_tx_key(height, index), encode_tx(tx))
            known = places.get(tx_hash) or self._database.get(PLACE + tx_hash)
            places[tx_hash] = _better(known, _tx_key(height, index)[1:], tx)
        for tx_hash, place in places.items():
            batch.put(PLACE + tx_hash, place)
        self._prune(batch, height)

    def forget_after(self, height: int) -> None:
        """Removes the blocks and log records of later heights. Raises StorageFault."""
        later = self._database.keys(BLOCK, start=height + 1)
        records = self._database.record_versions(height)
        if later or records:
            batch = self._database.batch()
            for key in later:
                self._forget(batch, height_of(key))
            for version in records:
                batch.delete(key_of(RECORD, version))
            self._database.write(batch)

    def _prune(self, batch: Batch, height: int) -> None:
        oldest = height if self._oldest is None else self._oldest
        end = min(height - self._keep_blocks + 1, oldest + PRUNED_AT_ONCE)
        for old in range(oldest, end):
            self._forget(batch, old)
        # If the batch is not written, nothing is any more.
        self._oldest = max(oldest, end)

    def _forget(self, batch: Batch, height: int) -> None:
        block = self.block(height)
        for index, tx_hash in enumerate(block.tx_hashes if block else ()):
            batch.delete(_tx_key(height, index))
            place = self._database.get(PLACE + tx_hash) or b""
            if place.startswith(_tx_key(height, index)[1:]):
                batch.delete(PLACE + tx_hash)
        batch.delete(key_of(BLOCK, height))


def _tx_key(height: int, index: int) -> bytes:
    return key_of(TX, height) + index.to_bytes(INDEX_BYTES, "big")


def _better(known: bytes | None, place: bytes, tx: TxEntry) -> bytes:
    """Which of two places a hash leads to."""
    if tx.result.code == OK:
        return place + SUCCEEDED
    return known if known is not None and known.endswith(SUCCEEDED) else place + FAILED
