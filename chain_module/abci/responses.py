"""What an application answers, in the order of CometBFT's specification (spec/abci, "Methods").

Enum numbers are those of the wire; UNKNOWN is missing, since no application may answer it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from chain_module.abci.common import OK, ConsensusParams, Event, ProofOp, Snapshot, ValidatorUpdate


class ProposalStatus(enum.IntEnum):
    """Whether this validator may vote for a block."""

    ACCEPT = 1
    REJECT = 2


class VerifyStatus(enum.IntEnum):
    """Whether a vote's extension is valid."""

    ACCEPT = 1
    REJECT = 2


class OfferResult(enum.IntEnum):
    """What to do with a snapshot on offer."""

    ACCEPT = 1
    ABORT = 2
    REJECT = 3
    REJECT_FORMAT = 4
    REJECT_SENDER = 5


class ApplyResult(enum.IntEnum):
    """What became of a chunk."""

    ACCEPT = 1
    ABORT = 2
    RETRY = 3
    RETRY_SNAPSHOT = 4
    REJECT_SNAPSHOT = 5


@dataclass(frozen=True, slots=True)
class InfoResponse:
    """How far the application's durable state goes; height 0 and no hash before genesis."""

    data: str
    version: str
    app_version: int
    last_block_height: int
    last_block_app_hash: bytes


@dataclass(frozen=True, slots=True)
class InitChainResponse:
    """State before the first block. Without validators, those of the genesis file stay."""

    app_hash: bytes
    validators: tuple[ValidatorUpdate, ...] = ()
    consensus_params: ConsensusParams | None = None


@dataclass(frozen=True, slots=True)
class QueryResponse:
    """The value at a height, with its proof where one was asked for."""

    code: int = OK
    log: str = ""
    info: str = ""
    index: int = 0
    key: bytes = b""
    value: bytes = b""
    proof_ops: tuple[ProofOp, ...] = ()
    height: int = 0
    codespace: str = ""


@dataclass(frozen=True, slots=True)
class TxResult:
    """What became of a transaction, at the door (CheckTx) or in a block.

    `code`, `data`, `gas_wanted` and `gas_used` enter the next header: equal on every validator.
    """

    code: int = OK
    data: bytes = b""
    log: str = ""
    info: str = ""
    gas_wanted: int = 0
    gas_used: int = 0
    events: tuple[Event, ...] = ()
    codespace: str = ""


@dataclass(frozen=True, slots=True)
class PrepareProposalResponse:
    """The transactions to propose; their sizes sum to at most `max_tx_bytes`."""

    txs: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ProcessProposalResponse:
    """The verdict over a proposed block."""

    status: ProposalStatus


@dataclass(frozen=True, slots=True)
class ExtendVoteResponse:
    """This validator's extension."""

    vote_extension: bytes = b""


@dataclass(frozen=True, slots=True)
class VerifyVoteExtensionResponse:
    """The verdict over another validator's extension."""

    status: VerifyStatus


@dataclass(frozen=True, slots=True)
class FinalizeBlockResponse:
    """What the block did. One result a transaction, in order."""

    tx_results: tuple[TxResult, ...]
    app_hash: bytes
    events: tuple[Event, ...] = ()
    validator_updates: tuple[ValidatorUpdate, ...] = ()
    consensus_param_updates: ConsensusParams | None = None


@dataclass(frozen=True, slots=True)
class CommitResponse:
    """The block is durable. The engine may forget blocks below `retain_height`; 0 keeps all."""

    retain_height: int = 0


@dataclass(frozen=True, slots=True)
class ListSnapshotsResponse:
    """The snapshots that peers may have."""

    snapshots: tuple[Snapshot, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferSnapshotResponse:
    """The verdict over a snapshot."""

    result: OfferResult


@dataclass(frozen=True, slots=True)
class LoadSnapshotChunkResponse:
    """The chunk's bytes, or none where there is no such chunk."""

    chunk: bytes = b""


@dataclass(frozen=True, slots=True)
class ApplySnapshotChunkResponse:
    """What became of a chunk, which ones to fetch again, and whom not to ask."""

    result: ApplyResult
    refetch_chunks: tuple[int, ...] = ()
    reject_senders: tuple[str, ...] = ()
