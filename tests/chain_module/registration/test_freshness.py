"""Nonces on the chain: whose they may be, how many in how many blocks, and what is kept."""

from __future__ import annotations

from collections import deque
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_module import address
from chain_module.errors import TxRefusal
from chain_module.registration import freshness, keeper, keys, queries
from chain_module.registration.messages import FRESHNESS, MsgFreshness, MsgRevokeNode
from chain_module.store.branch import Branch
from enclave.registration.freshness import MAX_RECENT, RECENT_BLOCKS, Freshness
from enclave.registration.records import NodeStatus
from seedpact.registration.v1 import query_pb2, tx_pb2
from tests.support.enclaves import policy
from tests.support.laws import slow_law
from tests.support.registration_chain import (
    AUTHORITY,
    FOUNDER,
    RegistrationChain,
    open_genesis,
    params,
    reason_of,
)

ALICE: Final = bytes([1]) * 20
MALLORY: Final = bytes([13]) * 20
NONCE: Final = b"\x17" * 32
OTHER: Final = b"\x18" * 32


@pytest.fixture
def chain() -> RegistrationChain:
    made = RegistrationChain(fresh=False)
    made.commit_until(8)
    return made


def founder_of(chain: RegistrationChain) -> bytes:
    return chain.network.registration.nodes[0].node_id


def publish_at(state: Branch, node_id: bytes, height: int, *, nonce: bytes = NONCE) -> str:
    """What becomes of a nonce in block `height`; one that is refused writes nothing."""
    before = state.changes()
    found = reason_of(
        lambda: freshness.publish(state, node_id, nonce, signer=FOUNDER, height=height)
    )
    if found != "passed":
        assert state.changes() == before
    return found


def test_the_newest_nonce_is_kept_with_its_height(chain: RegistrationChain) -> None:
    node_id = founder_of(chain)
    assert freshness.newest(chain.block, node_id) is None
    done = chain.execute(MsgFreshness(FOUNDER, node_id, NONCE))
    assert freshness.newest(chain.block, node_id) == Freshness(NONCE, 8, (8,))
    assert done.response_type_url == FRESHNESS + "Response"
    assert tx_pb2.MsgFreshnessResponse.FromString(done.response) is not None
    chain.commit()
    chain.execute(MsgFreshness(FOUNDER, node_id, OTHER))
    assert freshness.newest(chain.block, node_id) == Freshness(OTHER, 9, (8, 9))


def test_its_event_says_whose_it_is_in_text(chain: RegistrationChain) -> None:
    node_id = founder_of(chain)
    (event,) = chain.execute(MsgFreshness(FOUNDER, node_id, NONCE)).events
    assert event.type == "freshness"
    assert {one.key: one.value for one in event.attributes} == {
        "node_id": node_id.hex(),
        "operator": address.to_text(FOUNDER),
        "nonce": NONCE.hex(),
    }


def test_a_nonce_may_come_again_and_the_newest_height_counts(chain: RegistrationChain) -> None:
    node_id = founder_of(chain)
    for nonce, height in ((NONCE, 8), (OTHER, 9), (NONCE, 10)):
        chain.commit_until(height)
        chain.execute(MsgFreshness(FOUNDER, node_id, nonce))
    assert freshness.newest(chain.block, node_id) == Freshness(NONCE, 10, (8, 9, 10))


@pytest.mark.parametrize("signer", [MALLORY, AUTHORITY])
def test_nobody_but_the_operator_publishes(chain: RegistrationChain, signer: bytes) -> None:
    """Not even the authority: with another nonce in its place, a node confirms no more."""
    node_id = founder_of(chain)
    chain.execute(MsgFreshness(FOUNDER, node_id, NONCE))
    before = chain.block.changes()
    with pytest.raises(TxRefusal) as caught:
        chain.execute(MsgFreshness(signer, node_id, OTHER))
    assert caught.value.reason.name == "operator_mismatch"
    assert address.to_text(FOUNDER) in caught.value.expected
    assert caught.value.found == address.to_text(signer)
    assert chain.block.changes() == before


def test_an_unknown_node_has_no_nonce(chain: RegistrationChain) -> None:
    message = MsgFreshness(FOUNDER, bytes(32), NONCE)
    assert reason_of(lambda: chain.execute(message)) == "no_such_node"
    assert freshness.newest(chain.block, bytes(32)) is None


def test_an_expired_node_may_be_fresh() -> None:
    """A holder whose record is merely EXPIRED confirms, or a network would end together."""
    chain = RegistrationChain(
        open_genesis(params_=params(registration_period_secs=10)), fresh=False
    )
    chain.commit_until(8)
    node_id = founder_of(chain)
    record = keeper.node(chain.block, node_id)
    assert record is not None
    assert record.status is NodeStatus.EXPIRED
    chain.execute(MsgFreshness(FOUNDER, node_id, NONCE))
    assert freshness.newest(chain.block, node_id) == Freshness(NONCE, 8, (8,))


def test_a_frozen_network_stays_fresh() -> None:
    """The end of a freeze must find holders that can confirm."""
    chain = RegistrationChain(open_genesis(policy_=policy(frozen=True)))
    chain.execute(MsgFreshness(FOUNDER, founder_of(chain), NONCE))


@pytest.mark.parametrize("by", [FOUNDER, AUTHORITY])
def test_a_revoked_node_loses_its_nonce_and_gets_no_other(
    chain: RegistrationChain, by: bytes
) -> None:
    node_id = founder_of(chain)
    chain.execute(MsgFreshness(FOUNDER, node_id, NONCE))
    chain.commit()
    chain.execute(MsgRevokeNode(by, node_id))
    assert chain.block.store(keys.STORE).get(keys.freshness(node_id)) is None
    message = MsgFreshness(FOUNDER, node_id, NONCE)
    assert reason_of(lambda: chain.execute(message)) == "node_revoked"
    assert freshness.newest(chain.block, node_id) is None


def test_a_node_that_never_had_one_can_be_revoked(chain: RegistrationChain) -> None:
    chain.execute(MsgRevokeNode(AUTHORITY, founder_of(chain)))


def test_ten_nonces_in_a_hundred_blocks_and_no_eleventh(chain: RegistrationChain) -> None:
    node_id, first = founder_of(chain), 20
    state = chain.block
    for _ in range(MAX_RECENT - 1):
        assert publish_at(state, node_id, first) == "passed"
    assert publish_at(state, node_id, first + 50) == "passed"
    last_full = first + RECENT_BLOCKS - 1
    for height in (first + 50, last_full):
        assert publish_at(state, node_id, height) == "freshness_limited"
    # One block later nine of the ten are out of the window at once.
    for height in [last_full + 1] * (MAX_RECENT - 1):
        assert publish_at(state, node_id, height) == "passed"
    assert publish_at(state, node_id, last_full + 1) == "freshness_limited"


def test_the_limit_says_when_the_next_may_come(chain: RegistrationChain) -> None:
    node_id = founder_of(chain)
    for height in range(20, 20 + MAX_RECENT):
        freshness.publish(chain.block, node_id, NONCE, signer=FOUNDER, height=height)
    with pytest.raises(TxRefusal) as caught:
        freshness.publish(chain.block, node_id, NONCE, signer=FOUNDER, height=60)
    assert caught.value.expected.startswith("block 120 or later")
    assert caught.value.found.startswith("block 60")
    assert publish_at(chain.block, node_id, 119) == "freshness_limited"
    assert publish_at(chain.block, node_id, 120) == "passed"


def test_each_node_has_a_limit_of_its_own() -> None:
    chain = RegistrationChain()
    chain.commit_until(8)
    register = chain.newcomer("newcomer", ALICE)
    chain.register(register)
    newcomer = chain.record(register).node_id
    for _ in range(MAX_RECENT - 1):  # one nonce is there, with which the founder confirmed
        chain.execute(MsgFreshness(FOUNDER, founder_of(chain), NONCE))
    chain.execute(MsgFreshness(ALICE, newcomer, OTHER))
    assert freshness.newest(chain.block, newcomer) == Freshness(OTHER, 8, (8,))
    assert reason_of(lambda: chain.execute(MsgFreshness(FOUNDER, newcomer, NONCE))) == (
        "operator_mismatch"
    )


@slow_law()
@given(st.lists(st.integers(min_value=0, max_value=30), min_size=1, max_size=60))
def test_whatever_the_gaps_the_rule_is_ten_in_any_hundred_blocks(gaps: list[int]) -> None:
    """Against a plain count over all heights that were accepted."""
    chain, accepted, height = RegistrationChain(fresh=False), deque[int](), 1
    node_id = founder_of(chain)
    for gap in gaps:
        height += gap
        window = [one for one in accepted if one > height - RECENT_BLOCKS]
        expected = "freshness_limited" if len(window) == MAX_RECENT else "passed"
        assert publish_at(chain.block, node_id, height) == expected
        if expected == "passed":
            accepted.append(height)
            assert freshness.newest(chain.block, node_id) == Freshness(
                NONCE, height, (*window, height)
            )


# Query.


def test_a_query_finds_the_newest_nonce_or_none(chain: RegistrationChain) -> None:
    request = query_pb2.QueryFreshnessRequest(node_id=founder_of(chain))
    answer = queries.freshness(chain.block, request, height=7)
    assert (answer.HasField("freshness"), answer.height) == (False, 7)
    chain.execute(MsgFreshness(FOUNDER, founder_of(chain), NONCE))
    found = queries.freshness(chain.block, request, height=8).freshness
    assert (found.nonce, found.height, list(found.recent_heights)) == (NONCE, 8, [8])


@pytest.mark.parametrize(
    ("node_id", "name"), [(bytes(31), "bad_length"), (bytes(32), "no_such_node")]
)
def test_a_query_of_no_node_is_refused(chain: RegistrationChain, node_id: bytes, name: str) -> None:
    request = query_pb2.QueryFreshnessRequest(node_id=node_id)
    assert reason_of(lambda: queries.freshness(chain.block, request, height=7)) == name
