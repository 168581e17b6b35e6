"""How many signatures are verified: each once, no more than needed, none where it cannot help.

What a vote signs is made once for each verification, and has the chain id in it: so this counts how
often the chain id is encoded.
"""

from __future__ import annotations

import contextlib
from typing import Final

import pytest

from enclave.errors import Code, Refusal
from enclave.light_client.enclave_rule import verify_step
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


class CountedText(str):
    """Text that knows how often it was encoded."""

    __slots__ = ("encoded",)

    encoded: int

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        self.encoded = getattr(self, "encoded", 0) + 1
        return super().encode(encoding, errors)


def verified(proposed: Proposed) -> int:
    """Verifications that the enclave's rule takes."""
    chain_id = CountedText(CHAIN_ID)
    chain_id.encoded = 0
    with contextlib.suppress(Refusal):
        verify_step(
            proposed.trusted,
            proposed.block,
            chain_id=chain_id,
            trusted_next=proposed.trusted_next,
        )
    return chain_id.encoded


def test_no_more_than_needed() -> None:
    """Three of four."""
    assert verified(good_step()) == 3


def test_a_vote_that_counts_for_both_sets_is_verified_once() -> None:
    unchanged = Proposed(make_header(7, OURS), block(20, OURS))
    assert verified(unchanged) == 3
    assert verified(good_skip()) == 3


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
