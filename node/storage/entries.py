"""A block and its transactions as they are kept beside the state, and their bytes.

    block   8 time in unix ns, 8 transactions | app hash, block hash, then each transaction's hash
    tx      transaction, its result as protobuf (tendermint.abci.ExecTxResult)

Rows are columns of `chain_module.store.columns`. LevelDB's own checksums guard them: nothing here
enters the state.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cosmpy.protos.tendermint.abci import types_pb2

from chain_module.abci.responses import TxResult
from chain_module.store.columns import Cursor, pack_integers, pack_rows
from node.abci import decoding, encoding


@dataclass(frozen=True, slots=True)
class TxEntry:
    """A transaction of a block, and what became of it."""

    raw: bytes
    result: TxResult

    @property
    def hash(self) -> bytes:
        """SHA-256 of its bytes, as the engine names it."""
        return hashlib.sha256(self.raw).digest()


@dataclass(frozen=True, slots=True)
class BlockEntry:
    """What is kept of a block besides its changes of the state. Its height is the version's."""

    time_ns: int
    """In its header, unix nanoseconds."""
    hash: bytes
    """32 bytes."""
    txs: tuple[TxEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """A block that was committed."""

    height: int
    time_ns: int
    app_hash: bytes
    """32 bytes: of the state after this block, which the next header carries."""
    hash: bytes
    """32 bytes."""
    tx_hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class StoredTx:
    """A transaction that was committed."""

    hash: bytes
    height: int
    index: int
    """Its place in the block, from 0."""
    raw: bytes
    result: TxResult


def encode_block(block: BlockEntry, *, app_hash: bytes, tx_hashes: list[bytes]) -> bytes:
    """The value of a block."""
    rows = [app_hash, block.hash, *tx_hashes]
    numbers = (block.time_ns, len(tx_hashes))
    return pack_integers(numbers, width=8) + pack_rows(rows)


def decode_block(height: int, data: bytes) -> StoredBlock:
    """The block of a value. Raises MalformedBytes."""
    cursor = Cursor(data)
    time_ns, count = cursor.integers(2, width=8)
    app_hash, block_hash, *tx_hashes = cursor.rows(count + 2)
    cursor.end()
    return StoredBlock(height, time_ns, app_hash, block_hash, tuple(tx_hashes))


def encode_tx(tx: TxEntry) -> bytes:
    """The value of a transaction."""
    result = encoding.exec_tx_result(tx.result).SerializeToString(deterministic=True)
    return pack_rows([tx.raw, result])


def decode_tx(height: int, index: int, data: bytes) -> StoredTx:
    """The transaction of a value. Raises MalformedBytes, DecodeError."""
    cursor = Cursor(data)
    raw, result = cursor.rows(2)
    cursor.end()
    message = types_pb2.ExecTxResult.FromString(result)
    return StoredTx(
        hashlib.sha256(raw).digest(), height, index, raw, decoding.exec_tx_result(message)
    )
