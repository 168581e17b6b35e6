"""Attack 5: a quote older than the maximum age in blocks.

[at age = max accepted, at max + 1 refused], by the chain and by every enclave, whatever else holds.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import pytest

from tests.support.enclaves import policy
from tests.support.registration_chain import RegistrationChain, open_genesis, reason_of

ALICE: Final = bytes([1]) * 20
START: Final = 8
ANCHOR: Final = START - 3


@pytest.mark.parametrize("most", [3, 10, 40])
def test_05_at_the_maximum_age_and_one_block_later(most: int) -> None:
    chain = RegistrationChain(open_genesis(policy_=policy(max_quote_age_blocks=most)))
    chain.commit_until(START)
    register = chain.newcomer("newcomer", ALICE)
    assert register.anchor_height == ANCHOR
    for age, verdict in ((most, "passed"), (most + 1, "stale_quote")):
        chain.commit_until(ANCHOR + age)
        assert reason_of(lambda: chain.check(register)) == verdict
        answer = chain.ask(register)
        assert answer.refusal.code == ("" if verdict == "passed" else verdict)
        assert bool(answer.envelope) == (verdict == "passed")


def test_05_an_old_quote_with_a_young_anchor_is_another_quote() -> None:
    """The anchor is bound: nobody makes a quote younger than it is."""
    chain = RegistrationChain(open_genesis(policy_=policy(max_quote_age_blocks=5)))
    chain.commit_until(START)
    old = chain.newcomer("newcomer", ALICE)
    chain.commit_until(START + 10)
    height = chain.height - 3
    young = dataclasses.replace(old, anchor_height=height, anchor_hash=chain.hash(height))
    assert reason_of(lambda: chain.check(young)) == "report_data_mismatch"
    assert chain.ask(young).refusal.code == "report_data_mismatch"
