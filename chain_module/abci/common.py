"""Values that both requests and responses hold (CometBFT, spec/abci, "Data Types").

Enum numbers are those of the wire. Times are unix nanoseconds: a header's time has them all.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

OK: Final = 0
"""The one code of success (spec/abci, "Responses")."""


class KeyType(enum.StrEnum):
    """Kinds of validator keys, as consensus parameters spell them."""

    ED25519 = "ed25519"
    SECP256K1 = "secp256k1"


class BlockIdFlag(enum.IntEnum):
    """What a validator's precommit was for."""

    UNKNOWN = 0
    ABSENT = 1
    COMMIT = 2
    NIL = 3


class MisbehaviorType(enum.IntEnum):
    """What a validator was caught at."""

    UNKNOWN = 0
    DUPLICATE_VOTE = 1
    LIGHT_CLIENT_ATTACK = 2


@dataclass(frozen=True, slots=True)
class Validator:
    """A validator as votes name it."""

    address: bytes
    """20 bytes."""
    power: int


@dataclass(frozen=True, slots=True)
class ValidatorUpdate:
    """A validator's new power; 0 removes it."""

    key_type: KeyType
    public_key: bytes
    """32 bytes (ed25519) or 33 (secp256k1)."""
    power: int


@dataclass(frozen=True, slots=True)
class Vote:
    """How one validator voted on the last block."""

    validator: Validator
    block_id_flag: BlockIdFlag


@dataclass(frozen=True, slots=True)
class ExtendedVote:
    """The same with the vote's extension, as only a proposer sees it."""

    validator: Validator
    block_id_flag: BlockIdFlag
    vote_extension: bytes
    extension_signature: bytes


@dataclass(frozen=True, slots=True)
class CommitInfo:
    """Who voted for the last block, in the order of the validator set."""

    round: int
    votes: tuple[Vote, ...]


@dataclass(frozen=True, slots=True)
class ExtendedCommitInfo:
    """The same with extensions."""

    round: int
    votes: tuple[ExtendedVote, ...]


@dataclass(frozen=True, slots=True)
class Misbehavior:
    """Evidence that the engine has verified."""

    type: MisbehaviorType
    validator: Validator
    height: int
    time_ns: int
    total_voting_power: int


@dataclass(frozen=True, slots=True)
class BlockParams:
    """Limits of a block: bytes and gas; -1 is no limit."""

    max_bytes: int
    max_gas: int


@dataclass(frozen=True, slots=True)
class EvidenceParams:
    """How long evidence of misbehavior counts, in blocks and nanoseconds, and its size a block."""

    max_age_num_blocks: int
    max_age_duration_ns: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class ConsensusParams:
    """Parameters that consensus enforces; None leaves that part as it is."""

    block: BlockParams | None = None
    evidence: EvidenceParams | None = None
    pub_key_types: tuple[str, ...] | None = None
    app_version: int | None = None
    vote_extensions_enable_height: int | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot on offer: state after `height`."""

    height: int
    format: int
    chunks: int
    hash: bytes
    metadata: bytes


@dataclass(frozen=True, slots=True)
class EventAttribute:
    """A fact of an event; an indexed one can be searched for."""

    key: str
    value: str
    index: bool = True


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, for those who watch; not part of the app hash."""

    type: str
    attributes: tuple[EventAttribute, ...] = ()


@dataclass(frozen=True, slots=True)
class ProofOp:
    """One step of a proof of a query's answer."""

    type: str
    key: bytes
    data: bytes
