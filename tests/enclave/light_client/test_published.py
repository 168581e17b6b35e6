"""The published cases give the verdict that they name: 41 of single steps, 8 of bisection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import pytest

from enclave.errors import Code, Refusal
from enclave.light_client.codec import decode_validator_set
from enclave.light_client.fork import divergence
from enclave.light_client.keys import verifies
from enclave.light_client.types import BlockIdFlag, Header, LightBlock
from node.light_blocks.bisection import bisect
from node.light_client.verifier import Options, verify
from tests.enclave.light_client import amino
from tests.enclave.light_client.published import (
    BISECTION,
    SINGLE_STEP,
    Bisection,
    Json,
    bisection,
    light_block,
    single_step,
    validator_set,
)
from tests.enclave.light_client.remade import remade_chain
from tests.support.refusals import refused

WHY_PRIMARY_FAILS = {
    "header_out_of_trusting_period": Code.TRUSTED_HEADER_EXPIRED,
    "not_enough_commits": Code.NOT_ENOUGH_POWER,
}
FORKED = {
    "conflicting_headers",
    "conflicting_valid_commits_from_one_of_the_witnesses",
    "conflicting_valid_commits_from_the_only_witness",
    "malicious_validator_set",
}
"""Cases in which the primary's block is verified, and a witness tells another."""
NOT_WHAT_IT_WAS = "_worst_case"
"""Its file holds other keys and powers than those that were hashed and signed."""


def test_no_case_is_missing(record_property: Callable[[str, object], None]) -> None:
    verdicts = Counter(step.verdict for name in SINGLE_STEP for step in single_step(name).steps)
    assert (len(SINGLE_STEP), len(BISECTION)) == (41, 8)
    assert verdicts == {"SUCCESS": 44, "NOT_ENOUGH_TRUST": 42, "INVALID": 13}
    record_property(
        "count",
        f"published light client cases: {len(SINGLE_STEP)} traces of {verdicts.total()} steps as "
        f"they are, {len(BISECTION)} bisections made anew (they are hashed and signed with amino)",
    )


@pytest.mark.parametrize("name", SINGLE_STEP)
def test_a_single_step_gets_its_verdict(name: str) -> None:
    case = single_step(name)
    trusted, announced = case.trusted, case.announced
    options = Options(trusting_period=case.trusting_period, clock_drift=0)
    verdicts = []
    for step in case.steps:
        try:
            trusted = verify(
                trusted, step.block(), trusted_next=announced, options=options, now=step.now
            )
        except Refusal as refusal:
            unsure = refusal.code is Code.NOT_ENOUGH_TRUST
            verdicts.append("NOT_ENOUGH_TRUST" if unsure else "INVALID")
        else:
            verdicts.append("SUCCESS")
            announced = step.announced()
    assert verdicts == [step.verdict for step in case.steps]


@pytest.mark.parametrize("name", sorted(set(BISECTION) - {NOT_WHAT_IT_WAS}))
def test_a_bisection_case_held_when_it_was_made(name: str) -> None:
    """By amino every hash and signature is right: making them anew changes no case's meaning."""
    case = bisection(name)
    for chain in (case.primary, *case.witnesses):
        for published in chain.values():
            assert faults(published) == []


def test_one_bisection_case_does_not_hold_as_published() -> None:
    case = bisection(NOT_WHAT_IT_WAS)
    found = {height: faults(published) for height, published in case.primary.items()}
    assert sum("signature" in wrong for wrong in found.values()) == 5


@pytest.mark.parametrize("name", BISECTION)
def test_as_published_a_bisection_case_is_of_another_encoding(name: str) -> None:
    case = bisection(name)
    with refused(Code.WRONG_BLOCK_PROTOCOL):
        verify(
            light_block(case.primary[case.trusted_height]).header,
            light_block(case.primary[case.target]),
            trusted_next=None,
            options=Options(trusting_period=2**62, clock_drift=0),
            now=case.now,
        )


@pytest.mark.parametrize("name", BISECTION)
def test_a_bisection_ends_as_it_names(name: str) -> None:
    case = bisection(name)
    primary = remade_chain(case.primary)
    trusted = primary[case.trusted_height].header

    if name in WHY_PRIMARY_FAILS:
        with refused(WHY_PRIMARY_FAILS[name]):
            walk(case, trusted, primary)
        assert not case.goes_well
        return

    path = walk(case, trusted, primary)
    told = [walk(case, trusted, remade_chain(witness))[-1].header for witness in case.witnesses]
    others = [header for header in told if header != path[-1].header]
    for other in others:
        assert divergence(path[-1].header, other).height == case.target
    assert bool(others) == (name in FORKED) == (not case.goes_well)
    if name == "_worst_case":
        assert [block.header.height for block in path] == list(range(2, 12))


def walk(
    case: Bisection, trusted: Header, chain: Mapping[int, LightBlock]
) -> tuple[LightBlock, ...]:
    """The way to the case's height along what one provider tells."""
    options = Options(
        trusting_period=case.trusting_period, clock_drift=0, trust_level=case.trust_level
    )

    def judge(believed: Header, block: LightBlock) -> Header:
        following = chain[believed.height + 1].validators
        return verify(believed, block, trusted_next=following, options=options, now=case.now)

    return bisect(trusted, case.target, fetch=chain.__getitem__, verify=judge)


def faults(published: Json) -> list[str]:
    """What does not hold in a block by the encoding that it was made with."""
    block = light_block(published)
    announced = decode_validator_set(validator_set(published["next_validator_set"]))
    header, commit = block.header, block.commit
    holds = {
        "set": amino.validators_hash(block.validators) == header.validators_hash,
        "next set": amino.validators_hash(announced) == header.next_validators_hash,
        "header": amino.header_hash(header) == commit.block_id.hash,
    }
    for validator, signature in zip(block.validators.validators, commit.signatures, strict=True):
        if signature.flag is BlockIdFlag.COMMIT:
            message = amino.sign_bytes(commit, signature, chain_id=header.chain_id)
            holds["signature"] = holds.get("signature", True) and verifies(
                validator.key, signature.signature, message
            )
    return [what for what, right in holds.items() if not right]
