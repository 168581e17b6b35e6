"""The enclave's rule and CometBFT's verifier: what each refuses, and what passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest

from enclave.errors import Code
from enclave.light_client.enclave_rule import Step, verify_step
from enclave.light_client.tally import ONE_THIRD, TWO_THIRDS, TrustLevel
from enclave.light_client.types import Header
from enclave.time import NANOSECONDS, Time
from node.light_client.verifier import Options, check_trust_level, verify
from tests.enclave.light_client.maker import (
    CHAIN_ID,
    START,
    block,
    end_of,
    make_header,
    signers,
    validator_set,
)
from tests.enclave.light_client.refused_steps import (
    OURS,
    REFUSED,
    THEIRS,
    Proposed,
    good_skip,
    good_step,
)
from tests.support.refusals import refused

NOW: Final = Time(START + 1000)
DAY: Final = 24 * 60 * 60 * NANOSECONDS
OPTIONS: Final = Options(trusting_period=DAY, clock_drift=0, trust_level=TWO_THIRDS)


def by_enclave(proposed: Proposed) -> Header:
    return verify_step(
        proposed.trusted, proposed.block, chain_id=CHAIN_ID, trusted_next=proposed.trusted_next
    )


def by_client(proposed: Proposed, *, options: Options = OPTIONS, now: Time = NOW) -> Header:
    return verify(
        proposed.trusted,
        proposed.block,
        trusted_next=proposed.trusted_next,
        options=options,
        now=now,
    )


Rule = Callable[[Proposed], Header]
both_rules = pytest.mark.parametrize("rule", [by_enclave, by_client])


@both_rules
@pytest.mark.parametrize("make", [good_step, good_skip])
def test_a_right_block_is_believed(rule: Rule, make: Callable[[], Proposed]) -> None:
    proposed = make()
    assert rule(proposed) == proposed.block.header


@both_rules
@pytest.mark.parametrize("make", REFUSED, ids=lambda make: make.__name__)
def test_what_one_rule_alone_refuses(rule: Rule, make: Callable[[], Proposed]) -> None:
    with refused(REFUSED[make]):
        rule(make())


@both_rules
def test_a_vote_that_does_not_verify_fails_nothing(rule: Rule) -> None:
    """CometBFT refuses the whole commit, but takes more encodings of signatures than libsodium."""
    proposed = replace(good_step(), block=block(8, OURS, forged=OURS[:1]))
    assert rule(proposed) == proposed.block.header


@both_rules
def test_the_walk_ends_where_enough_is_counted(rule: Rule) -> None:
    """As CometBFT's does: what lies behind is not looked at."""
    made = block(8, OURS)
    *counted, last = made.commit.signatures
    strange = replace(last, validator_address=bytes(20), signature=bytes(64))
    signatures = (*counted, strange)
    changed = replace(made, commit=replace(made.commit, signatures=signatures))
    assert rule(replace(good_step(), block=changed)) == made.header


@both_rules
def test_foreigners_who_sign_a_skip_are_passed_over(rule: Rule) -> None:
    trusted = make_header(7, THEIRS, following=OURS)
    made = block(20, (*OURS, *THEIRS[:1]))
    proposed = Proposed(trusted, made, validator_set(OURS))
    assert rule(proposed) == made.header


def test_the_trusted_header_is_of_the_same_chain() -> None:
    proposed = good_step()
    other = replace(proposed.trusted, chain_id="another-chain")
    with refused(Code.WRONG_CHAIN):
        by_enclave(replace(proposed, trusted=other))


def test_steps_follow_each_other() -> None:
    first, second = block(8, OURS), block(20, OURS)
    trusted = make_header(7, OURS)
    assert end_of(trusted, ()) == trusted
    steps = [Step(first), Step(second)]
    assert end_of(trusted, steps) == second.header
    with refused(Code.HEIGHT_NOT_FORWARD):
        end_of(trusted, steps[::-1])


def test_the_enclave_asks_no_clock() -> None:
    """A header of the year 9999 follows from one of the year 1970."""
    trusted = make_header(7, OURS, time=Time(0))
    made = block(8, OURS, time=Time(253_402_300_799))
    assert by_enclave(Proposed(trusted, made)) == made.header


def test_a_trusted_header_is_too_old_at_the_end_of_its_period() -> None:
    proposed = good_step()
    end = Time(proposed.trusted.time.seconds + DAY // NANOSECONDS, proposed.trusted.time.nanos)
    by_client(proposed, now=replace(end, nanos=end.nanos - 1))
    with refused(Code.TRUSTED_HEADER_EXPIRED):
        by_client(proposed, now=end)


def test_a_header_may_be_ahead_by_less_than_the_drift() -> None:
    proposed = good_step()
    time = proposed.block.header.time
    now = replace(time, seconds=time.seconds - 2)
    by_client(proposed, options=replace(OPTIONS, clock_drift=2 * NANOSECONDS + 1), now=now)
    with refused(Code.HEADER_FROM_FUTURE):
        by_client(proposed, options=replace(OPTIONS, clock_drift=2 * NANOSECONDS), now=now)


def test_a_third_of_the_trusted_power_is_enough_where_the_client_says_so() -> None:
    trusted = make_header(7, THEIRS, following=OURS)
    made = block(20, (*OURS[:2], *signers(*range(9))))
    proposed = Proposed(trusted, made, validator_set(OURS))
    by_client(proposed, options=replace(OPTIONS, trust_level=ONE_THIRD))
    with refused(Code.NOT_ENOUGH_TRUST):
        by_enclave(proposed)


@pytest.mark.parametrize("level", [(1, 3), (2, 3), (1, 1), (34, 100)])
def test_a_trust_level_is_from_a_third_to_all(level: tuple[int, int]) -> None:
    check_trust_level(TrustLevel(*level))


@pytest.mark.parametrize("level", [(0, 1), (33, 100), (4, 3), (0, 0), (1, 0), (-1, -3), (-1, 3)])
def test_another_trust_level_is_refused(level: tuple[int, int]) -> None:
    options = replace(OPTIONS, trust_level=TrustLevel(*level))
    with refused(Code.BAD_TRUST_LEVEL):
        by_client(good_step(), options=options)
