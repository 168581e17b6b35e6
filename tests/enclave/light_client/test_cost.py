"""How many signatures are verified: each once, no more than needed, none where it cannot help.

A vote is taken from its place once for each verification: so this counts how often one is taken.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Final, SupportsIndex, overload

import pytest

from enclave.errors import Code, Refusal
from enclave.light_client.enclave_rule import verify_step
from enclave.light_client.tally import Votes
from enclave.light_client.types import CommitSig
from tests.enclave.light_client.maker import (
    CHAIN_ID,
    Signer,
    block,
    make_header,
    signers,
    validator_set,
)
from tests.enclave.light_client.refused_steps import OURS, Proposed, good_skip, good_step
from tests.support.refusals import refused

STRANGERS: Final = signers(*range(20))

Place = SupportsIndex | slice


def counted(votes: tuple[CommitSig, ...], taken: list[Place]) -> tuple[CommitSig, ...]:
    """`votes`, with each place in `taken` from which one is taken; a walk over them takes none."""

    class Counted(tuple[CommitSig, ...]):
        __slots__ = ()

        @overload
        def __getitem__(self, place: SupportsIndex) -> CommitSig: ...
        @overload
        def __getitem__(self, place: slice) -> tuple[CommitSig, ...]: ...
        def __getitem__(self, place: Place) -> CommitSig | tuple[CommitSig, ...]:
            taken.append(place)
            return super().__getitem__(place)

    return Counted(votes)


def verified(proposed: Proposed) -> int:
    """Verifications that the enclave's rule takes."""
    made = proposed.block
    taken: list[Place] = []
    votes = counted(made.commit.signatures, taken)
    with contextlib.suppress(Refusal):
        verify_step(
            proposed.trusted,
            replace(made, commit=replace(made.commit, signatures=votes)),
            chain_id=CHAIN_ID,
            trusted_next=proposed.trusted_next,
        )
    return len(taken)


def test_no_more_than_needed() -> None:
    """Three of four."""
    assert verified(good_step()) == 3


def test_a_vote_that_counts_for_both_sets_is_verified_once() -> None:
    unchanged = Proposed(make_header(7, OURS), block(20, OURS))
    assert verified(unchanged) == 3
    assert verified(good_skip()) == 3


def test_what_is_remembered_of_a_vote_is_of_one_key() -> None:
    votes = Votes(block(8, OURS).commit, chain_id=CHAIN_ID)
    first, second = (signer.key for signer in OURS[:2])
    found = [votes.verified(0, key) for key in (first, second, first, second)]
    assert found == [True, False, True, False]


@pytest.mark.parametrize("absent", [OURS[:2], OURS[:3]])
def test_none_where_the_votes_cannot_be_enough(absent: tuple[Signer, ...]) -> None:
    proposed = Proposed(make_header(7, OURS), block(8, OURS, absent=absent))
    assert verified(proposed) == 0


def test_a_great_set_of_strangers_costs_nothing() -> None:
    """Whoever is not trusted may bring as many signatures as fit."""
    proposed = Proposed(make_header(7, OURS), block(20, STRANGERS), validator_set(OURS))
    assert verified(proposed) == 0
    with refused(Code.NOT_ENOUGH_TRUST):
        verify_step(
            proposed.trusted,
            proposed.block,
            chain_id=CHAIN_ID,
            trusted_next=proposed.trusted_next,
        )


def test_every_vote_that_might_help_is_tried() -> None:
    """Four of seven forged: the other three, last in order, are tried all the same."""
    seven = signers(*"abcdefg")
    proposed = Proposed(make_header(7, seven), block(8, seven, forged=seven[:4]))
    assert verified(proposed) == 7
