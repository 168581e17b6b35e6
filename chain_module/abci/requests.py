"""What the engine asks, in the order of CometBFT's specification (spec/abci, "Methods").

Echo and Flush are missing: they belong to the connection.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from chain_module.abci.common import (
    CommitInfo,
    ConsensusParams,
    ExtendedCommitInfo,
    Misbehavior,
    Snapshot,
    ValidatorUpdate,
)


class CheckTxType(enum.IntEnum):
    """Whether a transaction is new to the mempool, or checked again after a block."""

    NEW = 0
    RECHECK = 1


@dataclass(frozen=True, slots=True)
class InfoRequest:
    """Versions of the engine."""

    version: str
    block_version: int
    p2p_version: int
    abci_version: str


@dataclass(frozen=True, slots=True)
class InitChainRequest:
    """The genesis file. `app_state` is its JSON, as bytes."""

    time_ns: int
    chain_id: str
    consensus_params: ConsensusParams
    validators: tuple[ValidatorUpdate, ...]
    app_state: bytes
    initial_height: int


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """A read of committed state; height 0 is the latest."""

    data: bytes
    path: str
    height: int
    prove: bool


@dataclass(frozen=True, slots=True)
class CheckTxRequest:
    """A transaction at the door of the mempool."""

    tx: bytes
    type: CheckTxType


@dataclass(frozen=True, slots=True)
class PrepareProposalRequest:
    """The block that this validator may propose. `max_tx_bytes` bounds the answer."""

    max_tx_bytes: int
    txs: tuple[bytes, ...]
    local_last_commit: ExtendedCommitInfo
    misbehavior: tuple[Misbehavior, ...]
    height: int
    time_ns: int
    next_validators_hash: bytes
    proposer_address: bytes


@dataclass(frozen=True, slots=True)
class ProcessProposalRequest:
    """A block that somebody proposes. May come more than once, and to nodes that do not vote."""

    txs: tuple[bytes, ...]
    proposed_last_commit: CommitInfo
    misbehavior: tuple[Misbehavior, ...]
    hash: bytes
    height: int
    time_ns: int
    next_validators_hash: bytes
    proposer_address: bytes


@dataclass(frozen=True, slots=True)
class ExtendVoteRequest:
    """The block for which this validator is about to vote."""

    hash: bytes
    height: int
    time_ns: int
    txs: tuple[bytes, ...]
    proposed_last_commit: CommitInfo
    misbehavior: tuple[Misbehavior, ...]
    next_validators_hash: bytes
    proposer_address: bytes


@dataclass(frozen=True, slots=True)
class VerifyVoteExtensionRequest:
    """Another validator's extension."""

    hash: bytes
    validator_address: bytes
    height: int
    vote_extension: bytes


@dataclass(frozen=True, slots=True)
class FinalizeBlockRequest:
    """The block that was decided."""

    txs: tuple[bytes, ...]
    decided_last_commit: CommitInfo
    misbehavior: tuple[Misbehavior, ...]
    hash: bytes
    height: int
    time_ns: int
    next_validators_hash: bytes
    proposer_address: bytes


@dataclass(frozen=True, slots=True)
class OfferSnapshotRequest:
    """A peer's snapshot, and the app hash that a light client has for its height."""

    snapshot: Snapshot
    app_hash: bytes


@dataclass(frozen=True, slots=True)
class LoadSnapshotChunkRequest:
    """A chunk that a peer asks for."""

    height: int
    format: int
    chunk: int


@dataclass(frozen=True, slots=True)
class ApplySnapshotChunkRequest:
    """A chunk of the snapshot that was accepted last."""

    index: int
    chunk: bytes
    sender: str
