"""Light blocks with real keys, for tests: signers, sets, headers, commits.

Keys come from names, so that an example repeats. A block that `signed_block` makes is right; tests
change one thing of it.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256K1,
    EllipticCurvePrivateKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from enclave.light_client.enclave_rule import Step, verify_step
from enclave.light_client.hashes import header_hash, validators_hash
from enclave.light_client.keys import address
from enclave.light_client.predicates import BLOCK_PROTOCOL
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
from enclave.time import Time

CHAIN_ID: Final = "light-chain"
START: Final = 1_700_000_000
"""Seconds of height 0; a block a second."""
NO_BLOCK: Final = BlockId(b"", 0, b"")
ABSENT: Final = CommitSig(BlockIdFlag.ABSENT, b"", Time(-62_135_596_800), b"")
ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of secp256k1."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A validator's private key, with its power."""

    private: Ed25519PrivateKey | EllipticCurvePrivateKey
    key: PublicKey
    power: int

    @property
    def validator(self) -> Validator:
        """What others see of it."""
        return Validator(address(self.key), self.key, self.power)

    def sign(self, message: bytes) -> bytes:
        """64 bytes, as CometBFT writes them."""
        if isinstance(self.private, Ed25519PrivateKey):
            return self.private.sign(message)
        r, s = decode_dss_signature(self.private.sign(message, ECDSA(SHA256())))
        return r.to_bytes(32, "big") + min(s, ORDER - s).to_bytes(32, "big")


@functools.cache
def signer(name: str | int, *, power: int = 10, kind: KeyKind = KeyKind.ED25519) -> Signer:
    """The validator of this name."""
    seed = sha256(f"light client test {name}".encode()).digest()
    if kind is KeyKind.ED25519:
        ed25519 = Ed25519PrivateKey.from_private_bytes(seed)
        return Signer(ed25519, PublicKey(kind, ed25519.public_key().public_bytes_raw()), power)
    secp256k1 = derive_private_key(int.from_bytes(seed, "big") % ORDER, SECP256K1())
    point = secp256k1.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return Signer(secp256k1, PublicKey(kind, point), power)


def signers(*names: str | int) -> tuple[Signer, ...]:
    """Validators of equal power."""
    return tuple(signer(name) for name in names)


def in_order(members: Collection[Signer]) -> tuple[Signer, ...]:
    """CometBFT's order: the greatest power first, then by address."""
    return tuple(sorted(members, key=lambda s: (-s.power, s.validator.address)))


def validator_set(members: Collection[Signer]) -> ValidatorSet:
    """The set of `members`."""
    return ValidatorSet(tuple(member.validator for member in in_order(members)))


def make_header(
    height: int, members: Collection[Signer], *, following: Collection[Signer] = (), **changes: Any
) -> Header:
    """A header of `height`; `following` are the next validators, by default the same."""
    announced = following or members
    made = Header(
        block_protocol=BLOCK_PROTOCOL,
        app_version=1,
        chain_id=CHAIN_ID,
        height=height,
        time=Time(START + height, 5),
        last_block_id=BlockId(bytes([1]) * 32, 1, bytes([2]) * 32) if height > 1 else NO_BLOCK,
        last_commit_hash=bytes([3]) * 32,
        data_hash=bytes([4]) * 32,
        validators_hash=validators_hash(validator_set(members)),
        next_validators_hash=validators_hash(validator_set(announced)),
        consensus_hash=bytes([5]) * 32,
        app_hash=bytes([6]) * 32,
        last_results_hash=bytes([7]) * 32,
        evidence_hash=bytes([8]) * 32,
        proposer_address=in_order(members)[0].validator.address,
    )
    return replace(made, **changes)


def signed_block(
    header: Header,
    members: Collection[Signer],
    *,
    absent: Collection[Signer] = (),
    nil: Collection[Signer] = (),
    forged: Collection[Signer] = (),
    chain_id: str = CHAIN_ID,
    commit_round: int = 0,
) -> LightBlock:
    """`header` with a commit of `members`, but for those who were absent, or voted for none.

    Those in `forged` have a signature over something else.
    """
    commit = Commit(
        height=header.height,
        round=commit_round,
        block_id=BlockId(header_hash(header), 1, bytes([9]) * 32),
        signatures=(),
    )
    return LightBlock(
        header=header,
        commit=replace(
            commit,
            signatures=tuple(
                ABSENT
                if member in absent
                else vote(
                    commit,
                    member,
                    flag=BlockIdFlag.NIL if member in nil else BlockIdFlag.COMMIT,
                    chain_id="another" if member in forged else chain_id,
                    time=Time(header.time.seconds + 1, number),
                )
                for number, member in enumerate(in_order(members))
            ),
        ),
        validators=validator_set(members),
    )


def vote(
    commit: Commit,
    member: Signer,
    *,
    flag: BlockIdFlag = BlockIdFlag.COMMIT,
    chain_id: str = CHAIN_ID,
    time: Time,
) -> CommitSig:
    """The vote of `member` in `commit`."""
    unsigned = CommitSig(flag, member.validator.address, time, b"")
    message = SignBytes(commit, chain_id=chain_id).of(unsigned)
    return replace(unsigned, signature=member.sign(message))


def block(height: int, members: Collection[Signer], **options: Any) -> LightBlock:
    """A right block of `height`; options of `make_header` and `signed_block`."""
    signing = {"absent", "nil", "forged", "commit_round"} & set(options)
    about = {name: value for name, value in options.items() if name not in signing}
    return signed_block(
        make_header(height, members, **about),
        members,
        **{name: options[name] for name in sorted(signing)},
    )


def end_of(trusted: Header, steps: Iterable[Step]) -> Header:
    """The header of the last step, each taken by the enclave's rule after the one before."""
    for step in steps:
        trusted = verify_step(
            trusted, step.block, chain_id=CHAIN_ID, trusted_next=step.trusted_next
        )
    return trusted


def with_signatures(made: LightBlock, signatures: Sequence[CommitSig]) -> LightBlock:
    """`made` with other places in its commit."""
    return replace(made, commit=replace(made.commit, signatures=tuple(signatures)))
