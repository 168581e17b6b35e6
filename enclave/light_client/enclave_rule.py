"""The enclave's own rule: which header it believes next (protocol.md sections 4, 7 and 8).

A step in sequence takes a block whose set the trusted header announced, signed by more than 2/3 of
it. A step that skips headers takes one that, besides more than 2/3 of its own set, more than 2/3
of the announced set signed: as strong as a step in sequence. So no age makes a trusted header any
worse, and there is no trusting period and no clock. Where the first trusted header comes from (an
anchor that a quote bound, a genesis) is the caller's matter.

Forms are checked already (`codec`). The order: chain, commit, forward, sets, signatures.
"""

from __future__ import annotations

from dataclasses import dataclass

from enclave.errors import Code, Refusal
from enclave.light_client import predicates
from enclave.light_client.tally import TWO_THIRDS, Votes, own_set_signed, trusted_set_signed
from enclave.light_client.types import Header, LightBlock, ValidatorSet
from enclave.time import Time


@dataclass(frozen=True, slots=True)
class Step:
    """A block to believe, and for a skip the set that the header before it announced."""

    block: LightBlock
    trusted_next: ValidatorSet | None = None
    """None where it is the block's own set."""


def verify_step(
    trusted: Header, block: LightBlock, *, chain_id: str, trusted_next: ValidatorSet | None
) -> Header:
    """The header of `block`, which follows from `trusted`.

    Args:
        trusted: a header that is believed.
        block: a light block of any later height.
        chain_id: of the network that this enclave belongs to.
        trusted_next: the set whose hash is `trusted.next_validators_hash`; None where the block's
            own set is that set, as always where it is the next block. One that is given and not
            needed has to be right all the same.

    Raises:
        Refusal: WRONG_CHAIN, WRONG_BLOCK_PROTOCOL, COMMIT_MISMATCH, HEIGHT_NOT_FORWARD,
            TIME_NOT_FORWARD, VALIDATORS_MISMATCH, UNTRUSTED_VALIDATORS, DOUBLE_VOTE,
            NOT_ENOUGH_TRUST, NOT_ENOUGH_POWER.
    """
    predicates.is_of_chain(trusted, chain_id)
    _check_block(block, chain_id)
    predicates.height_moves_forward(trusted, block.header)
    predicates.time_moves_forward(trusted, block.header)
    predicates.set_is_of_header(block.validators, block.header)
    votes = Votes(block.commit, chain_id=chain_id)
    announced = predicates.announced_set(trusted, block, trusted_next)
    if block.header.height == trusted.height + 1:
        predicates.set_is_next(trusted, block.header)
    else:
        trusted_set_signed(announced, votes, TWO_THIRDS)
    own_set_signed(block, votes)
    return block.header


def verify_genesis(
    block: LightBlock, *, chain_id: str, height: int, time_ns: int, validators_hash: bytes
) -> Header:
    """The header of the first block, signed by more than 2/3 of the genesis validators.

    Args:
        block: the light block of the initial height.
        chain_id: as in the inputs of the network's identity (section 4), like all below.
        height: the initial height.
        time_ns: the genesis time in unix nanoseconds, which the first header carries.
        validators_hash: of the genesis validators, 32 bytes.

    Raises:
        Refusal: GENESIS_MISMATCH; else as `verify_step`.
    """
    _check_block(block, chain_id)
    header = block.header
    inputs = {
        "height": (height, header.height),
        "time": (Time.of_unix_nanos(time_ns), header.time),
        "validators' hash": (validators_hash.hex(), header.validators_hash.hex()),
    }
    for name, (expected, found) in inputs.items():
        if expected != found:
            raise Refusal(
                Code.GENESIS_MISMATCH,
                expected=f"the genesis's {name}, {expected}",
                found=str(found),
            )
    predicates.set_is_of_header(block.validators, header)
    own_set_signed(block, Votes(block.commit, chain_id=chain_id))
    return header


def _check_block(block: LightBlock, chain_id: str) -> None:
    """What a signed header has to be by itself."""
    predicates.is_of_chain(block.header, chain_id)
    predicates.has_block_protocol(block.header, predicates.BLOCK_PROTOCOL)
    predicates.commit_has_height(block)
    predicates.commit_has_hash(block)
