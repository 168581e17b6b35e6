"""Real headers for tests: signed by real validators, over app hashes of a real state.

A `HeaderChain` is what CometBFT would have made of blocks without transactions: every header names
the block before it and that block's commit, and is signed by its own set. Two of them that share
their beginning are a fork. Steps for the enclave's light client come from here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from enclave.light_client.codec import (
    encode_header,
    encode_light_block,
    encode_validator_set,
)
from enclave.light_client.hashes import commit_hash, header_hash, validators_hash
from enclave.light_client.keys import address
from enclave.light_client.sign_bytes import SignBytes
from enclave.light_client.types import (
    BlockId,
    BlockIdFlag,
    Commit,
    CommitSig,
    Header,
    KeyKind,
    LightBlock,
    PublicKey,
    Validator,
    ValidatorSet,
)
from enclave.merkle import simple_tree
from enclave.time import Time
from seedpact.enclave.v1 import chain_pb2
from seedpact.light.v1 import light_pb2

BLOCK_PROTOCOL: Final = 11
POWER: Final = 10
NOTHING: Final = simple_tree.root(())
NO_BLOCK: Final = BlockId(b"", 0, b"")


@dataclass(frozen=True)
class Signer:
    """A validator with its key."""

    name: str
    power: int = POWER

    @property
    def key(self) -> Ed25519PrivateKey:
        """Made of its name."""
        return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(self.name.encode()).digest())

    @property
    def public(self) -> PublicKey:
        """Its consensus key."""
        return PublicKey(KeyKind.ED25519, self.key.public_key().public_bytes_raw())

    @property
    def validator(self) -> Validator:
        """As sets have it."""
        return Validator(address(self.public), self.public, self.power)


@dataclass(frozen=True)
class Signers:
    """A validator set with its keys, in CometBFT's order: by power, then by address."""

    members: tuple[Signer, ...]
    validators: ValidatorSet
    hash: bytes

    @staticmethod
    def of(*names: str, power: int = POWER) -> Signers:
        """A set of equal powers."""
        return Signers.made([Signer(name, power) for name in names])

    @staticmethod
    def made(members: Iterable[Signer]) -> Signers:
        """A set of these."""
        ordered = sorted(members, key=lambda one: (-one.power, one.validator.address))
        validators = ValidatorSet(tuple(member.validator for member in ordered))
        return Signers(tuple(ordered), validators, validators_hash(validators))


SIGNERS: Final = Signers.of("first", "second", "third", "fourth")
"""The validators of the tests' network."""


def commit(
    header: Header, signers: Signers, *, absent: frozenset[str] = frozenset(), round_: int = 0
) -> Commit:
    """What `signers` sign of `header`, but for those who are away."""
    digest = header_hash(header)
    block_id = BlockId(digest, 1, hashlib.sha256(digest).digest())
    unsigned = Commit(header.height, round_, block_id, ())
    away = CommitSig(BlockIdFlag.ABSENT, b"", Time(-62_135_596_800), b"")
    signatures = tuple(
        away if member.name in absent else _signature(unsigned, member, header)
        for member in signers.members
    )
    return replace(unsigned, signatures=signatures)


class HeaderChain:
    """Headers of one chain, from its initial height on.

    Args:
        chain_id: as the genesis says.
        signers: the genesis validators.
        first: the initial height.
    """

    def __init__(self, *, chain_id: str, signers: Signers = SIGNERS, first: int = 1) -> None:
        self.chain_id = chain_id
        self.first = first
        self.blocks: dict[int, LightBlock] = {}
        self.signers = {first: signers}
        """By height; one more than there are headers."""

    @property
    def top(self) -> int:
        """The newest height; one below the first where there is none."""
        return self.first + len(self.blocks) - 1

    def add(
        self,
        *,
        app_hash: bytes,
        time: Time,
        data_hash: bytes = NOTHING,
        then: Signers | None = None,
        signed_by: Signers | None = None,
        absent: frozenset[str] = frozenset(),
    ) -> Header:
        """The next header, with its commit.

        Args:
            app_hash: of the state after the block before.
            time: after the last header's.
            data_hash: of its transactions.
            then: the set of the next height; `following` where it is left out.
            signed_by: who signs in the place of the height's own set.
            absent: names of those who do not sign.
        """
        header = self.proposed(app_hash=app_hash, time=time, data_hash=data_hash, then=then)
        height, signers = header.height, self.signers[header.height]
        self.signers[height + 1] = then or self.following(height)
        signed = commit(header, signed_by or signers, absent=absent)
        self.blocks[height] = LightBlock(header, signed, signers.validators)
        return header

    def proposed(
        self, *, app_hash: bytes, time: Time, data_hash: bytes, then: Signers | None = None
    ) -> Header:
        """The header that a block would have at the next height; nothing is signed."""
        height = self.top + 1
        signers = self.signers[height]
        before = self.blocks.get(height - 1)
        return Header(
            block_protocol=BLOCK_PROTOCOL,
            app_version=0,
            chain_id=self.chain_id,
            height=height,
            time=time,
            last_block_id=before.commit.block_id if before else NO_BLOCK,
            last_commit_hash=commit_hash(before.commit) if before else NOTHING,
            data_hash=data_hash,
            validators_hash=signers.hash,
            next_validators_hash=(then or self.following(height)).hash,
            consensus_hash=hashlib.sha256(b"consensus params").digest(),
            app_hash=app_hash,
            last_results_hash=NOTHING,
            evidence_hash=NOTHING,
            proposer_address=signers.members[0].validator.address,
        )

    def following(self, height: int) -> Signers:
        """The set of the next height: the same."""
        return self.signers[height]

    def fork(self, height: int) -> HeaderChain:
        """Another chain with the same headers up to `height`."""
        other = HeaderChain(chain_id=self.chain_id, first=self.first)
        other.blocks = {at: block for at, block in self.blocks.items() if at <= height}
        other.signers = {at: one for at, one in self.signers.items() if at <= height + 1}
        return other

    def header(self, height: int) -> Header:
        """The header of that height."""
        return self.blocks[height].header

    def hash(self, height: int) -> bytes:
        """Its hash."""
        return self.blocks[height].commit.block_id.hash

    def root(self, height: int) -> light_pb2.Header:
        """The header as a request carries it."""
        return encode_header(self.header(height))

    def step(self, trusted: int | None, height: int) -> chain_pb2.HeaderStep:
        """From a trusted height, or from the genesis, to another."""
        step = chain_pb2.HeaderStep(block=encode_light_block(self.blocks[height]))
        if trusted is not None:
            named = self.signers[trusted + 1].validators
            step.trusted_next.CopyFrom(encode_validator_set(named))
        return step

    def steps(self, trusted: int | None, heights: Sequence[int]) -> list[chain_pb2.HeaderStep]:
        """A path from a trusted height over these; None: the genesis, whose header is first."""
        if trusted is None:
            return [self.step(None, self.first), *self.steps(self.first, heights)]
        above = [height for height in heights if height > trusted]
        return [
            self.step(before, height)
            for before, height in zip([trusted, *above], above, strict=False)
        ]


def _signature(unsigned: Commit, member: Signer, header: Header) -> CommitSig:
    vote = CommitSig(BlockIdFlag.COMMIT, member.validator.address, header.time, b"")
    message = SignBytes(unsigned, chain_id=header.chain_id).of(vote)
    return replace(vote, signature=member.key.sign(message))
