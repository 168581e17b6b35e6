"""The host's path: whatever the validators do, the enclave takes its steps, and they are few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.errors import Code, Refusal
from enclave.light_client.types import Header
from enclave.proven.headers import follow
from enclave.time import Time
from enclave.wire import strict_decode
from node.engine_rpc import EngineFailed, EngineUnreachable
from node.light_blocks import BoundedBlocks
from node.light_blocks.path import Start, find_path
from node.light_blocks.remembered import REMEMBERED, RememberedBlocks
from seedpact.enclave.v1 import chain_pb2
from seedpact.light.v1 import light_pb2
from tests.support.changing_headers import ChangingChain, Lie, ServedBlocks, all_new
from tests.support.enclaves import CHAIN_ID, GENESIS_TIME, inputs
from tests.support.headers import SIGNERS, HeaderChain, Signers
from tests.support.laws import slow_law
from tests.support.world import BLOCK_SECONDS

TOP: Final = 12
MAX_BYTES: Final = 1 << 20

members = st.sets(st.sampled_from("abcdef"), min_size=1, max_size=5)
runs = st.lists(st.tuples(members, st.integers(1, 5)), min_size=1, max_size=6)


def grown(chain: HeaderChain, top: int) -> HeaderChain:
    """With headers up to `top`."""
    while chain.top < top:
        at = chain.top + 1
        time = Time(GENESIS_TIME + BLOCK_SECONDS * (at - chain.first), 0)
        chain.add(app_hash=bytes([at % 256]) * 32, time=time)
    return chain


def plain(top: int = TOP) -> HeaderChain:
    """Validators stay."""
    return grown(HeaderChain(chain_id=CHAIN_ID), top)


def taken(
    start: Header | None, steps: Sequence[chain_pb2.HeaderStep], *, genesis: Signers = SIGNERS
) -> Header:
    """Where an enclave's light client comes to by these steps, which it gets as bytes."""
    sent = [step.SerializeToString(deterministic=True) for step in steps]
    got = [strict_decode(chain_pb2.HeaderStep, each, max_bytes=MAX_BYTES) for each in sent]
    return follow(start, got, network=replace(inputs(), genesis_validators_hash=genesis.hash))


@slow_law()
@given(runs=runs, data=st.data())
def test_any_change_of_validators_leaves_a_path(
    runs: list[tuple[set[str], int]], data: st.DataObject
) -> None:
    sets = [Signers.of(*sorted(names)) for names, length in runs for _ in range(length)]
    chain = grown(
        ChangingChain(lambda at: sets[min(at, len(sets)) - 1], chain_id=CHAIN_ID), len(sets) + 2
    )
    to = data.draw(st.integers(1, chain.top), "to")
    trusted = data.draw(st.integers(0, to), "trusted")
    blocks = ServedBlocks(chain)

    steps = find_path(blocks, Start(CHAIN_ID, trusted, genesis_height=1), to=to)

    heights = [step.block.signed_header.header.height for step in steps]
    assert heights == sorted(set(heights))
    if trusted == to:
        assert steps == []
        assert blocks.asked == []
        return
    assert heights[-1] == to
    start = chain.header(trusted) if trusted else None
    assert taken(start, steps, genesis=sets[0]) == chain.header(to)
    begun = max(trusted, 1)
    way = heights if trusted else heights[1:]
    if to > begun and chain.signers[begun + 1] == chain.signers[to]:
        # Whoever shall sign next has signed the target.
        assert way == [to]
        assert sorted(set(blocks.asked)) == [begun, to]


def test_where_nobody_stays_no_header_is_skipped() -> None:
    chain = grown(ChangingChain(all_new, chain_id=CHAIN_ID), TOP)
    steps = find_path(ServedBlocks(chain), Start(CHAIN_ID, 3), to=TOP)
    assert [step.block.signed_header.header.height for step in steps] == [*range(4, TOP + 1)]
    assert taken(chain.header(3), steps) == chain.header(TOP)


def test_a_long_way_takes_long_steps_and_fetches_no_block_again() -> None:
    """One of four is replaced every third header: one step passes one change, never two."""

    def sets(height: int) -> Signers:
        changes = (height - 1) // 3
        return Signers.of(*(f"validator {number}" for number in range(changes, changes + 4)))

    top = 64
    chain = grown(ChangingChain(sets, chain_id=CHAIN_ID), top)
    blocks = ServedBlocks(chain)
    steps = find_path(blocks, Start(CHAIN_ID, 1), to=top)
    assert taken(chain.header(1), steps, genesis=sets(1)) == chain.header(top)
    assert len(steps) == top // 4
    assert len(set(blocks.asked)) == len(blocks.asked)


def test_a_change_that_leaves_two_thirds_is_skipped_with_the_set_that_was_announced() -> None:
    """One of four is replaced: more than 2/3 of those who were announced are still there."""
    other = Signers.of("first", "second", "third", "another")
    chain = grown(ChangingChain(lambda at: SIGNERS if at < 7 else other, chain_id=CHAIN_ID), TOP)
    (step,) = find_path(ServedBlocks(chain), Start(CHAIN_ID, 2), to=TOP)
    assert step.HasField("trusted_next")
    # As the engine has them: nothing is lost on the way through the rule.
    blocks = ServedBlocks(chain)
    assert step.block == blocks.light_block(TOP)
    assert step.trusted_next == blocks.light_block(3).validator_set
    assert taken(chain.header(2), [step]) == chain.header(TOP)


def _another_app_hash(block: light_pb2.LightBlock) -> None:
    block.signed_header.header.app_hash = b"\xee" * 32


def _unsigned(block: light_pb2.LightBlock) -> None:
    for vote in block.signed_header.commit.signatures:
        vote.signature = bytes(64)


def _another_chain(block: light_pb2.LightBlock) -> None:
    block.signed_header.header.chain_id = "another-1"


def _another_set(block: light_pb2.LightBlock) -> None:
    del block.validator_set.validators[-1]


def _no_header(block: light_pb2.LightBlock) -> None:
    block.signed_header.ClearField("header")


def _an_older_block(block: light_pb2.LightBlock) -> None:
    block.CopyFrom(ServedBlocks(plain()).light_block(5))


LIES: Final[dict[Lie, Code]] = {
    _another_app_hash: Code.COMMIT_MISMATCH,
    _unsigned: Code.NOT_ENOUGH_POWER,
    _another_chain: Code.WRONG_CHAIN,
    _another_set: Code.VALIDATORS_MISMATCH,
    _no_header: Code.MALFORMED_LIGHT_BLOCK,
    _an_older_block: Code.WRONG_HEIGHT,
}


@pytest.mark.parametrize("lie", LIES)
def test_an_engine_that_lies_gives_no_path(lie: Lie) -> None:
    blocks = ServedBlocks(plain())
    blocks.lies[TOP] = lie
    with pytest.raises(Refusal) as caught:
        find_path(blocks, Start(CHAIN_ID, 3), to=TOP)
    assert caught.value.code == LIES[lie]
    # Once it tells the truth, there is one.
    blocks.lies.clear()
    assert len(find_path(blocks, Start(CHAIN_ID, 3), to=TOP)) == 1


def test_a_block_that_is_not_there_gives_no_path() -> None:
    with pytest.raises(EngineFailed):
        find_path(ServedBlocks(plain()), Start(CHAIN_ID, 3), to=TOP + 1)


def test_a_way_has_a_budget_of_time_and_of_blocks() -> None:
    """Whoever is asked decides how long the way is."""
    blocks = ServedBlocks(plain())
    with pytest.raises(EngineUnreachable, match="within 0 s"):
        find_path(blocks, Start(CHAIN_ID, 3), to=TOP, secs=0)
    assert blocks.asked == []
    bounded = BoundedBlocks(blocks, most=3)
    for height in (1, 2, 3):
        bounded.light_block(height)
    with pytest.raises(EngineUnreachable, match="after 3 blocks"):
        bounded.light_block(4)
    assert blocks.asked == [1, 2, 3]


def test_a_block_is_fetched_once_while_it_is_remembered() -> None:
    source = ServedBlocks(plain(REMEMBERED + 3))
    blocks = RememberedBlocks(source)
    for height in range(1, REMEMBERED + 1):
        assert blocks.light_block(height) == source.light_block(height)
    source.asked.clear()
    # Used again, so it is not the one that goes when another comes.
    blocks.light_block(1)
    assert source.asked == []
    blocks.light_block(REMEMBERED + 1)
    blocks.light_block(1)
    assert source.asked == [REMEMBERED + 1]
    blocks.light_block(2)
    assert source.asked == [REMEMBERED + 1, 2]


def test_a_failure_is_not_remembered() -> None:
    source = ServedBlocks(plain())
    blocks, source.away = RememberedBlocks(source), True
    with pytest.raises(EngineFailed):
        blocks.light_block(4)
    source.away = False
    assert blocks.light_block(4).signed_header.header.height == 4
