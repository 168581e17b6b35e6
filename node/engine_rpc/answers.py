"""What the engine answers, as plain values: hashes and keys are bytes, times unix nanoseconds."""

from __future__ import annotations

from dataclasses import dataclass

from chain_module.abci.common import Event, ProofOp
from chain_module.abci.responses import TxResult


@dataclass(frozen=True, slots=True)
class Status:
    """Who the engine is and how far it has come."""

    chain_id: str
    node_id: str
    """40 characters of hex: the id in P2P addresses."""
    listen_address: str
    moniker: str
    version: str
    latest_height: int
    """0 before the first block."""
    latest_app_hash: bytes
    latest_time_ns: int
    earliest_height: int
    catching_up: bool
    validator_address: bytes
    """20 bytes."""
    validator_power: int
    """0: no validator."""


@dataclass(frozen=True, slots=True)
class BlockId:
    """A block's hash and that of its parts. Empty for the block before the first."""

    hash: bytes
    parts_total: int
    parts_hash: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """A block's header, by the names of CometBFT's specification."""

    version_block: int
    version_app: int
    chain_id: str
    height: int
    time_ns: int
    last_block_id: BlockId
    last_commit_hash: bytes
    data_hash: bytes
    validators_hash: bytes
    next_validators_hash: bytes
    consensus_hash: bytes
    app_hash: bytes
    last_results_hash: bytes
    evidence_hash: bytes
    proposer_address: bytes


@dataclass(frozen=True, slots=True)
class CommitSig:
    """One validator's precommit."""

    flag: int
    validator_address: bytes
    time_ns: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Commit:
    """The precommits for the block before."""

    height: int
    round: int
    block_id: BlockId
    signatures: tuple[CommitSig, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A committed block. Its evidence is counted, not read."""

    block_id: BlockId
    header: Header
    txs: tuple[bytes, ...]
    evidence: int
    last_commit: Commit | None


@dataclass(frozen=True, slots=True)
class SignedHeader:
    """A header with a commit for it."""

    header: Header
    commit: Commit
    canonical: bool
    """Whether the commit is the one in the next block, which the newest block has not yet."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """What the mempool said of a transaction; for async, nothing yet."""

    tx_hash: bytes
    code: int
    codespace: str
    log: str
    data: bytes


@dataclass(frozen=True, slots=True)
class CommittedTx:
    """A transaction in a block."""

    tx_hash: bytes
    height: int
    index: int
    tx: bytes
    result: TxResult


@dataclass(frozen=True, slots=True)
class FoundTxs:
    """A page of a search."""

    txs: tuple[CommittedTx, ...]
    total: int
    """On all pages."""


@dataclass(frozen=True, slots=True)
class BlockResults:
    """What a block did."""

    height: int
    tx_results: tuple[TxResult, ...]
    """In the order of the block's transactions."""
    events: tuple[Event, ...]
    """Of the block itself, not of its transactions."""


@dataclass(frozen=True, slots=True)
class BroadcastCommit:
    """The answer to a broadcast that waited for its block; height 0 if it never came there."""

    tx_hash: bytes
    height: int
    check_tx: TxResult
    tx_result: TxResult


@dataclass(frozen=True, slots=True)
class ValidatorInfo:
    """A validator of a height."""

    address: bytes
    key_type: str
    """As CometBFT names it: "tendermint/PubKeyEd25519"."""
    public_key: bytes
    power: int
    proposer_priority: int


@dataclass(frozen=True, slots=True)
class Peer:
    """A connected peer."""

    node_id: str
    moniker: str
    remote_ip: str


@dataclass(frozen=True, slots=True)
class AbciAnswer:
    """The application's answer to a query."""

    code: int
    codespace: str
    log: str
    key: bytes
    value: bytes
    height: int
    proof_ops: tuple[ProofOp, ...] = ()
