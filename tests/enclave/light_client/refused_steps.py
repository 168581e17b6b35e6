"""Steps that exactly one rule refuses: without it they would be taken. One a rule, by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from enclave.errors import Code
from enclave.light_client.types import BlockId, CommitSig, Header, LightBlock, ValidatorSet
from enclave.time import Time
from tests.enclave.light_client.maker import (
    START,
    block,
    in_order,
    make_header,
    signed_block,
    signer,
    signers,
    validator_set,
    vote,
    with_signatures,
)

OURS: Final = signers("a", "b", "c", "d")
"""Four validators of equal power."""
THEIRS: Final = signers("w", "x", "y", "z")


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a rule judges."""

    trusted: Header
    block: LightBlock
    trusted_next: ValidatorSet | None = None


def good_step() -> Proposed:
    """The next block."""
    return Proposed(make_header(7, OURS), block(8, OURS))


def good_skip() -> Proposed:
    """A later block, of another set."""
    trusted = make_header(7, THEIRS, following=OURS)
    changed = (*OURS[1:], signer("e"))
    return Proposed(trusted, block(20, changed, absent=[signer("e")]), validator_set(OURS))


def another_chain() -> Proposed:
    header = make_header(8, OURS, chain_id="another-chain")
    return replace(good_step(), block=signed_block(header, OURS))


def another_block_protocol() -> Proposed:
    header = make_header(8, OURS, block_protocol=12)
    return replace(good_step(), block=signed_block(header, OURS))


def commit_for_another_height() -> Proposed:
    made = block(8, OURS)
    return replace(good_step(), block=_voted_again(made, height=9))


def commit_for_another_header() -> Proposed:
    made = block(8, OURS)
    other = make_header(8, OURS, app_hash=bytes(32))
    return replace(good_step(), block=replace(made, header=other))


def commit_with_fewer_places() -> Proposed:
    made = block(8, OURS)
    return replace(good_step(), block=with_signatures(made, made.commit.signatures[:3]))


def commit_with_more_places() -> Proposed:
    made = block(8, OURS)
    signatures = made.commit.signatures
    return replace(good_step(), block=with_signatures(made, (*signatures, signatures[0])))


def address_at_anothers_place() -> Proposed:
    made = block(8, OURS)
    first, second, *others = made.commit.signatures
    moved = replace(first, validator_address=second.validator_address)
    return replace(good_step(), block=with_signatures(made, (moved, second, *others)))


def the_same_height() -> Proposed:
    return replace(good_step(), block=block(7, OURS, time=Time(START + 60)))


def an_earlier_height() -> Proposed:
    return replace(good_step(), block=block(6, OURS, time=Time(START + 60)))


def the_same_time() -> Proposed:
    proposed = good_step()
    return replace(proposed, block=block(8, OURS, time=proposed.trusted.time))


def an_earlier_time() -> Proposed:
    proposed = good_step()
    earlier = Time(proposed.trusted.time.seconds, proposed.trusted.time.nanos - 1)
    return replace(proposed, block=block(8, OURS, time=earlier))


def set_of_another_header() -> Proposed:
    return replace(good_step(), block=signed_block(make_header(8, OURS), THEIRS))


def next_block_of_another_set() -> Proposed:
    return replace(good_step(), block=block(8, THEIRS))


def next_block_of_another_set_beside_the_announced() -> Proposed:
    return replace(good_step(), block=block(8, THEIRS), trusted_next=validator_set(OURS))


def skip_to_a_set_that_was_not_announced() -> Proposed:
    return Proposed(make_header(7, OURS), block(20, THEIRS))


def skip_by_a_set_that_was_not_announced() -> Proposed:
    return replace(good_skip(), block=block(20, THEIRS), trusted_next=validator_set(THEIRS))


def next_block_beside_a_set_that_was_not_announced() -> Proposed:
    return replace(good_step(), trusted_next=validator_set(THEIRS))


def one_trusted_vote_at_three_places() -> Proposed:
    """The own set's walk ends at its first place, and does not see the other two."""
    great = replace(OURS[0], power=1000)
    made = block(20, (great, *THEIRS[:2]))
    copied = (made.commit.signatures[0],) * 3
    trusted = make_header(7, THEIRS, following=OURS[:3])
    return Proposed(trusted, with_signatures(made, copied), validator_set(OURS[:3]))


def two_thirds_of_the_trusted_power() -> Proposed:
    """Exactly: more is wanted."""
    trusted = make_header(7, THEIRS, following=OURS[:3])
    made = block(20, (*OURS[:2], *THEIRS))
    return Proposed(trusted, made, validator_set(OURS[:3]))


def trusted_votes_for_no_block() -> Proposed:
    trusted = make_header(7, THEIRS, following=OURS)
    made = block(20, (*OURS, *signers(*range(9))), nil=OURS[:2])
    return Proposed(trusted, made, validator_set(OURS))


def trusted_votes_that_do_not_verify() -> Proposed:
    trusted = make_header(7, THEIRS, following=OURS)
    made = block(20, (*OURS, *signers(*range(9))), forged=OURS[:2])
    return Proposed(trusted, made, validator_set(OURS))


def two_thirds_of_the_own_power() -> Proposed:
    """Exactly: more is wanted."""
    three = OURS[:3]
    return Proposed(make_header(7, three), block(8, three, absent=three[:1]))


def two_thirds_of_the_own_power_after_a_skip() -> Proposed:
    """All that are trusted signed, but of the newcomers too few."""
    made = block(20, (*OURS, *THEIRS[:2]), absent=THEIRS[:2])
    return replace(good_skip(), block=made)


def own_votes_for_no_block() -> Proposed:
    return replace(good_step(), block=block(8, OURS, nil=OURS[:2]))


def own_votes_that_do_not_verify() -> Proposed:
    return replace(good_step(), block=block(8, OURS, forged=OURS[:2]))


def votes_of_another_chain() -> Proposed:
    made = signed_block(make_header(8, OURS), OURS, chain_id="another-chain")
    return replace(good_step(), block=made)


def votes_of_another_round() -> Proposed:
    made = block(8, OURS)
    return replace(good_step(), block=replace(made, commit=replace(made.commit, round=1)))


def votes_for_other_parts() -> Proposed:
    made = block(8, OURS)
    parts = BlockId(made.commit.block_id.hash, 2, bytes(32))
    return replace(good_step(), block=replace(made, commit=replace(made.commit, block_id=parts)))


def votes_of_another_time() -> Proposed:
    made = block(8, OURS)
    signatures = [_later(signature) for signature in made.commit.signatures]
    return replace(good_step(), block=with_signatures(made, signatures))


REFUSED: Final[Mapping[Callable[[], Proposed], Code]] = {
    another_chain: Code.WRONG_CHAIN,
    another_block_protocol: Code.WRONG_BLOCK_PROTOCOL,
    commit_for_another_height: Code.COMMIT_MISMATCH,
    commit_for_another_header: Code.COMMIT_MISMATCH,
    commit_with_fewer_places: Code.COMMIT_MISMATCH,
    commit_with_more_places: Code.COMMIT_MISMATCH,
    address_at_anothers_place: Code.COMMIT_MISMATCH,
    the_same_height: Code.HEIGHT_NOT_FORWARD,
    an_earlier_height: Code.HEIGHT_NOT_FORWARD,
    the_same_time: Code.TIME_NOT_FORWARD,
    an_earlier_time: Code.TIME_NOT_FORWARD,
    set_of_another_header: Code.VALIDATORS_MISMATCH,
    next_block_of_another_set: Code.VALIDATORS_MISMATCH,
    next_block_of_another_set_beside_the_announced: Code.VALIDATORS_MISMATCH,
    skip_to_a_set_that_was_not_announced: Code.VALIDATORS_MISMATCH,
    skip_by_a_set_that_was_not_announced: Code.UNTRUSTED_VALIDATORS,
    next_block_beside_a_set_that_was_not_announced: Code.UNTRUSTED_VALIDATORS,
    one_trusted_vote_at_three_places: Code.DOUBLE_VOTE,
    two_thirds_of_the_trusted_power: Code.NOT_ENOUGH_TRUST,
    trusted_votes_for_no_block: Code.NOT_ENOUGH_TRUST,
    trusted_votes_that_do_not_verify: Code.NOT_ENOUGH_TRUST,
    two_thirds_of_the_own_power: Code.NOT_ENOUGH_POWER,
    two_thirds_of_the_own_power_after_a_skip: Code.NOT_ENOUGH_POWER,
    own_votes_for_no_block: Code.NOT_ENOUGH_POWER,
    own_votes_that_do_not_verify: Code.NOT_ENOUGH_POWER,
    votes_of_another_chain: Code.NOT_ENOUGH_POWER,
    votes_of_another_round: Code.NOT_ENOUGH_POWER,
    votes_for_other_parts: Code.NOT_ENOUGH_POWER,
    votes_of_another_time: Code.NOT_ENOUGH_POWER,
}


def _voted_again(made: LightBlock, *, height: int) -> LightBlock:
    """The same header, with votes of another height."""
    commit = replace(made.commit, height=height)
    signatures = [vote(commit, member, time=Time(START)) for member in in_order(OURS)]
    return replace(made, commit=replace(commit, signatures=tuple(signatures)))


def _later(signature: CommitSig) -> CommitSig:
    return replace(signature, time=Time(signature.time.seconds, signature.time.nanos + 1))
