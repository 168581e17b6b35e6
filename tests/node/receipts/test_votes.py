"""As few votes as a step can do with: the rule takes them, and none can be missed."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from enclave.errors import Code, Refusal
from enclave.light_client.enclave_rule import Step, verify_genesis, verify_step
from enclave.light_client.types import BlockIdFlag, Header, LightBlock
from enclave.time import Time
from node.receipts.votes import ABSENT, check_votes, needed_votes
from tests.support.headers import HeaderChain, Signer, Signers

CHAIN: Final = "votes-1"
NAMES: Final = "abcdefg"

powers = st.lists(st.integers(1, 9), min_size=1, max_size=5)


def signers(of: list[int], *, names: str) -> Signers:
    return Signers.made(Signer(name, power) for name, power in zip(names, of, strict=False))


def chain_of(first: Signers, then: Signers, absent: frozenset[str]) -> HeaderChain:
    """Three headers: the third has another set, and is a skip away from the first."""
    chain = HeaderChain(chain_id=CHAIN, signers=first)
    for height, following in ((1, first), (2, then), (3, then)):
        away = absent if height != 2 else frozenset[str]()
        chain.add(app_hash=bytes(32), time=Time(height), then=following, absent=away)
    return chain


def takes(trusted: Header | None, step: Step) -> bool:
    """Whether the enclave's rule does."""
    try:
        if trusted is None:
            header = step.block.header
            verify_genesis(
                step.block,
                chain_id=CHAIN,
                height=header.height,
                time_ns=header.time.seconds * 10**9,
                validators_hash=header.validators_hash,
            )
        else:
            verify_step(trusted, step.block, chain_id=CHAIN, trusted_next=step.trusted_next)
    except Refusal as refusal:
        if refusal.code not in (Code.NOT_ENOUGH_POWER, Code.NOT_ENOUGH_TRUST):
            raise
        return False
    return True


def without(block: LightBlock, place: int) -> LightBlock:
    votes = list(block.commit.signatures)
    votes[place] = ABSENT
    return replace(block, commit=replace(block.commit, signatures=tuple(votes)))


@given(powers, powers, st.integers(0, 2), st.frozensets(st.sampled_from(NAMES), max_size=2))
def test_every_vote_is_needed(
    first: list[int], then: list[int], shift: int, absent: frozenset[str]
) -> None:
    """Of the genesis header, and of a skip to a header with another set."""
    sets = signers(first, names=NAMES), signers(then, names=NAMES[shift:])
    chain = chain_of(*sets, absent)
    skip = Step(chain.blocks[3], sets[0].validators)
    for trusted, step in ((None, Step(chain.blocks[1])), (chain.header(1), skip)):
        if takes(trusted, step):
            check_needed(trusted, step)


def check_needed(trusted: Header | None, step: Step) -> None:
    few = needed_votes(step, chain_id=CHAIN, skips=trusted is not None)
    assert takes(trusted, few)
    check_votes(few.block, chain_id=CHAIN)
    votes = few.block.commit.signatures
    for place, vote in enumerate(votes):
        assert vote in (ABSENT, step.block.commit.signatures[place])
        if vote.flag is BlockIdFlag.COMMIT:
            assert not takes(trusted, replace(few, block=without(few.block, place)))
