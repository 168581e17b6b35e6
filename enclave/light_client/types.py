"""Headers, commits and validator sets as plain values.

Their form is `codec`'s matter, and whether they are true is the rules': a `LightBlock` is what
somebody says, while a `Header` that a rule took as `trusted` is believed.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from enclave.time import Time


class KeyKind(enum.Enum):
    """Signature schemes of validators."""

    ED25519 = "ed25519"
    SECP256K1 = "secp256k1"


class BlockIdFlag(enum.IntEnum):
    """What a validator signed; the numbers of CometBFT's BlockIDFlag."""

    ABSENT = 1
    COMMIT = 2
    """The block of the commit."""
    NIL = 3
    """No block."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Of a validator: 32 bytes Ed25519, or 33 bytes secp256k1, compressed."""

    kind: KeyKind
    data: bytes


@dataclass(frozen=True, slots=True)
class BlockId:
    """A block's hash, and the hash of the parts that it was sent in."""

    hash: bytes
    """32 bytes, or none."""
    parts_total: int
    parts_hash: bytes
    """32 bytes, or none."""

    @property
    def is_zero(self) -> bool:
        """Whether it names no block, as before the first one."""
        return not (self.hash or self.parts_total or self.parts_hash)


@dataclass(frozen=True, slots=True)
class Header:
    """All that a block's hash is over. Hashes have 32 bytes or none, but for the application's."""

    block_protocol: int
    app_version: int
    chain_id: str
    height: int
    time: Time
    last_block_id: BlockId
    last_commit_hash: bytes
    data_hash: bytes
    validators_hash: bytes
    next_validators_hash: bytes
    consensus_hash: bytes
    app_hash: bytes
    """Of the state after the block before."""
    last_results_hash: bytes
    evidence_hash: bytes
    proposer_address: bytes


@dataclass(frozen=True, slots=True)
class CommitSig:
    """One validator's place in a commit; all but the flag is empty where it is absent."""

    flag: BlockIdFlag
    validator_address: bytes
    time: Time
    signature: bytes


@dataclass(frozen=True, slots=True)
class Commit:
    """Signatures for one block, one place for each validator of its set, in the set's order."""

    height: int
    round: int
    block_id: BlockId
    signatures: tuple[CommitSig, ...]


@dataclass(frozen=True, slots=True)
class Validator:
    """A key, and how much its vote weighs."""

    address: bytes
    """20 bytes, derived from the key."""
    key: PublicKey
    voting_power: int


@dataclass(frozen=True, slots=True)
class ValidatorSet:
    """The validators of one height; no two share an address."""

    validators: tuple[Validator, ...]

    @property
    def total_power(self) -> int:
        """At most MaxTotalVotingPower, 2^60 - 1."""
        return sum(validator.voting_power for validator in self.validators)


@dataclass(frozen=True, slots=True)
class LightBlock:
    """A header with the commit for it, and the set that signed."""

    header: Header
    commit: Commit
    validators: ValidatorSet
