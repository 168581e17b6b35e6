"""Bisection and forks: which blocks are asked for, and what two branches prove."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.errors import Code, Refusal
from enclave.light_client.enclave_rule import Step
from enclave.light_client.fork import Fork, divergence
from enclave.light_client.hashes import header_hash
from enclave.light_client.types import Header, LightBlock
from node.light_blocks.bisection import bisect, enclave_steps
from tests.enclave.light_client.maker import CHAIN_ID, Signer, block, end_of, signer
from tests.enclave.light_client.refused_steps import OURS, THEIRS
from tests.support.laws import slow_law
from tests.support.refusals import refused

TARGET: Final = 16


def members_at(height: int, change_every: int) -> tuple[Signer, ...]:
    """Four validators, of which one is replaced every so many heights."""
    first = height // change_every
    return tuple(signer(number) for number in range(first, first + 4))


def chain_of(change_every: int, *, last: int = TARGET + 1) -> Mapping[int, LightBlock]:
    """A chain from height 1."""
    return {
        height: block(
            height,
            members_at(height, change_every),
            following=members_at(height + 1, change_every),
        )
        for height in range(1, last + 1)
    }


def steps_of(chain: Mapping[int, LightBlock], target: int = TARGET) -> tuple[Step, ...]:
    return enclave_steps(chain[1].header, target, chain_id=CHAIN_ID, fetch=chain.__getitem__)


@slow_law()
@given(st.integers(1, 20), st.integers(2, TARGET))
def test_the_steps_that_are_found_are_what_the_enclave_takes(
    change_every: int, target: int
) -> None:
    chain = chain_of(change_every)
    steps = steps_of(chain, target)
    assert end_of(chain[1].header, steps) == chain[target].header
    heights = [step.block.header.height for step in steps]
    assert heights == sorted(set(heights))


@pytest.mark.parametrize(("change_every", "count"), [(100, 1), (8, 2), (1, 8)])
def test_the_slower_a_set_changes_the_fewer_steps(change_every: int, count: int) -> None:
    """More than 2/3 of the announced set: of four, all but one; so one header can be skipped."""
    assert len(steps_of(chain_of(change_every))) == count


def test_the_announced_set_goes_along_only_where_it_is_another() -> None:
    steps = steps_of(chain_of(12))
    assert [step.trusted_next is None for step in steps] == [False]
    assert [step.trusted_next for step in steps_of(chain_of(100))] == [None]


def test_another_block_than_was_asked_for_is_refused() -> None:
    chain = chain_of(100)
    with refused(Code.WRONG_HEIGHT):
        enclave_steps(
            chain[1].header, TARGET, chain_id=CHAIN_ID, fetch=lambda height: chain[height - 1]
        )


def test_a_wrong_block_ends_the_search() -> None:
    chain = chain_of(100)
    wrong = block(TARGET, members_at(1, 100), chain_id="another-chain")
    asked: list[int] = []

    def fetch(height: int) -> LightBlock:
        asked.append(height)
        return wrong

    with refused(Code.WRONG_CHAIN):
        enclave_steps(chain[1].header, TARGET, chain_id=CHAIN_ID, fetch=fetch)
    assert asked == [TARGET]


def test_a_rule_that_never_has_enough_ends_too() -> None:
    chain = chain_of(100)

    def never(trusted: Header, proposed: LightBlock) -> Header:
        del trusted, proposed
        raise Refusal(Code.NOT_ENOUGH_TRUST, expected="more", found="less")

    with refused(Code.NOT_ENOUGH_TRUST):
        bisect(chain[1].header, TARGET, fetch=chain.__getitem__, verify=never)


ROOT: Final = block(1, OURS, following=OURS).header


def branch(app_hash: bytes, *, heights: tuple[int, ...] = (5,)) -> tuple[Step, ...]:
    """Blocks that the whole set of `ROOT` signed."""
    return tuple(Step(block(height, OURS, app_hash=app_hash)) for height in heights)


def fork_of(first: Sequence[Step], second: Sequence[Step]) -> Fork:
    """What two branches from `ROOT` end in; an empty one ends in `ROOT` itself."""
    return divergence(end_of(ROOT, first), end_of(ROOT, second))


def test_two_branches_of_one_set_are_a_fork() -> None:
    first, second = branch(b"a", heights=(3, 5)), branch(b"b")
    assert fork_of(first, second) == Fork(
        5, header_hash(first[-1].block.header), header_hash(second[-1].block.header)
    )


NO_FORKS: Final[Mapping[str, tuple[tuple[Step, ...], tuple[Step, ...], Code]]] = {
    "the same block": (branch(b"a"), branch(b"a"), Code.NOT_A_FORK),
    "two ways to one block": (branch(b"a", heights=(2, 5)), branch(b"a"), Code.NOT_A_FORK),
    "two heights": (branch(b"a"), branch(b"b", heights=(6,)), Code.NOT_A_FORK),
    "nothing": ((), (), Code.NOT_A_FORK),
    "one branch": (branch(b"a"), (), Code.NOT_A_FORK),
    "a branch that nobody trusted signed": (
        branch(b"a"),
        (Step(block(5, THEIRS), block(1, OURS).validators),),
        Code.NOT_ENOUGH_TRUST,
    ),
    "a branch that too few signed": (
        branch(b"a"),
        (Step(block(5, OURS, absent=OURS[:2])),),
        Code.NOT_ENOUGH_TRUST,
    ),
    "a first branch that too few signed": (
        (Step(block(5, OURS, forged=OURS[:2])),),
        branch(b"a"),
        Code.NOT_ENOUGH_TRUST,
    ),
    "a branch of another chain": (
        branch(b"a"),
        (Step(block(5, OURS, chain_id="another-chain")),),
        Code.WRONG_CHAIN,
    ),
}


@pytest.mark.parametrize("name", NO_FORKS, ids=lambda name: name.replace(" ", "_"))
def test_what_is_no_fork(name: str) -> None:
    first, second, code = NO_FORKS[name]
    with refused(code):
        fork_of(first, second)


def test_one_vote_more_is_no_fork_of_headers() -> None:
    """Two commits for one block differ, and the block is one."""
    first = block(5, OURS, absent=OURS[:1]).header
    second = block(5, OURS).header
    with refused(Code.NOT_A_FORK):
        divergence(first, second)
