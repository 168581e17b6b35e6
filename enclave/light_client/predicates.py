"""The rules that need no signature, one rule a function; the orders of them are elsewhere.

CometBFT: types/light.go (SignedHeader.ValidateBasic) and light/verifier.go. Each raises a refusal
with what the rule wanted and what it found.
"""

from __future__ import annotations

from typing import Final

from enclave.errors import Code, Refusal
from enclave.light_client.hashes import header_hash, validators_hash
from enclave.light_client.types import Header, LightBlock, ValidatorSet
from enclave.time import Time

BLOCK_PROTOCOL: Final = 11
"""CometBFT version/version.go: what all headers of Tendermint 0.34 to CometBFT 0.38 carry."""


def is_of_chain(header: Header, chain_id: str) -> None:
    """WRONG_CHAIN."""
    if header.chain_id != chain_id:
        raise Refusal(Code.WRONG_CHAIN, expected=chain_id, found=header.chain_id)


def has_block_protocol(header: Header, protocol: int) -> None:
    """WRONG_BLOCK_PROTOCOL: a header of other rules has fields of other meaning."""
    if header.block_protocol != protocol:
        raise Refusal(
            Code.WRONG_BLOCK_PROTOCOL,
            expected=f"block protocol {protocol}",
            found=str(header.block_protocol),
        )


def commit_has_height(block: LightBlock) -> None:
    """COMMIT_MISMATCH: the commit is for the header's height."""
    if block.commit.height != block.header.height:
        raise Refusal(
            Code.COMMIT_MISMATCH,
            expected=f"a commit for height {block.header.height}",
            found=f"one for height {block.commit.height}",
        )


def commit_has_hash(block: LightBlock) -> None:
    """COMMIT_MISMATCH: what was signed is this header, all of it."""
    found = header_hash(block.header)
    if block.commit.block_id.hash != found:
        raise Refusal(
            Code.COMMIT_MISMATCH,
            expected=f"a commit for the header's hash {found.hex()}",
            found=block.commit.block_id.hash.hex(),
        )


def commit_has_places(block: LightBlock) -> None:
    """COMMIT_MISMATCH: one place for each validator of the set."""
    wanted, found = len(block.validators.validators), len(block.commit.signatures)
    if found != wanted:
        raise Refusal(
            Code.COMMIT_MISMATCH,
            expected=f"a commit with {wanted} places, as many as validators",
            found=str(found),
        )


def height_moves_forward(trusted: Header, header: Header) -> None:
    """HEIGHT_NOT_FORWARD."""
    if header.height <= trusted.height:
        raise Refusal(
            Code.HEIGHT_NOT_FORWARD,
            expected=f"a height above {trusted.height}",
            found=str(header.height),
        )


def time_moves_forward(trusted: Header, header: Header) -> None:
    """TIME_NOT_FORWARD."""
    if header.time <= trusted.time:
        raise Refusal(
            Code.TIME_NOT_FORWARD,
            expected=f"a time after {shown_time(trusted.time)}",
            found=shown_time(header.time),
        )


def set_is_of_header(validators: ValidatorSet, header: Header) -> None:
    """VALIDATORS_MISMATCH: the set is the one that its header names."""
    found = validators_hash(validators)
    if found != header.validators_hash:
        raise Refusal(
            Code.VALIDATORS_MISMATCH,
            expected=f"validators with hash {header.validators_hash.hex()}",
            found=found.hex(),
        )


def set_is_next(trusted: Header, header: Header) -> None:
    """VALIDATORS_MISMATCH: the header names the set that the one before it announced."""
    if header.validators_hash != trusted.next_validators_hash:
        raise Refusal(
            Code.VALIDATORS_MISMATCH,
            expected=f"the announced validators {trusted.next_validators_hash.hex()}",
            found=header.validators_hash.hex(),
        )


def set_is_announced(validators: ValidatorSet, trusted: Header) -> None:
    """UNTRUSTED_VALIDATORS: a set whose votes count as trusted is what `trusted` announced."""
    found = validators_hash(validators)
    if found != trusted.next_validators_hash:
        raise Refusal(
            Code.UNTRUSTED_VALIDATORS,
            expected=f"the announced validators {trusted.next_validators_hash.hex()}",
            found=found.hex(),
        )


def announced_set(
    trusted: Header, block: LightBlock, trusted_next: ValidatorSet | None
) -> ValidatorSet:
    """The set that `trusted` announced: `trusted_next`, or without it the block's own.

    Raises:
        Refusal: UNTRUSTED_VALIDATORS, VALIDATORS_MISMATCH where it is another.
    """
    if trusted_next is None:
        set_is_next(trusted, block.header)
        return block.validators
    set_is_announced(trusted_next, trusted)
    return trusted_next


def shown_time(time: Time) -> str:
    """Seconds and nanoseconds, for a refusal."""
    return f"{time.seconds}.{time.nanos:09}"
