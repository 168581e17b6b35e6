"""A record from its confirm to its expiry: protocol.md sections 5 and 7."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import pytest

from chain_module import address
from chain_module.message import BlockContext
from chain_module.registration import keeper, keys
from chain_module.registration.begin_block import begin_block
from chain_module.registration.gates import evidence_of
from chain_module.store.branch import Branch
from enclave.registration.records import NodeStatus
from enclave.time import Time
from tests.support.enclaves import Node
from tests.support.registration_chain import (
    BLOCK_SECONDS,
    FOUNDER,
    RegistrationChain,
    open_genesis,
    params,
)

ALICE: Final = bytes([1]) * 20
MALLORY: Final = bytes([13]) * 20


def ready(**genesis: Any) -> RegistrationChain:
    chain = RegistrationChain(open_genesis(**genesis))
    chain.commit_until(8)
    return chain


def entries(chain: RegistrationChain, prefix: bytes) -> list[bytes]:
    """Keys of the block that start so."""
    store = chain.block.store(keys.STORE)
    return [key for key, _ in store.iterate(prefix, prefix + b"\xff" * 80)]


def test_a_confirm_writes_all_that_a_record_has() -> None:
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    answer = chain.ask(register)
    events = chain.confirm(register, answer)
    record = chain.record(register)
    facts = evidence_of(chain.block, register).facts
    assert record.node_id == answer.node_id
    assert record.envelope == answer.envelope
    assert record.operator == ALICE
    assert record.report_data == facts.report_data
    assert record.quote_hash == hashlib.sha256(register.quote).digest()
    assert (record.height, record.time) == (8, chain.time(7))
    period = chain.network.registration.params.registration_period_secs
    assert record.expires_at == Time(chain.time(7).seconds + period)
    assert record.status is NodeStatus.CONFIRMED
    assert keeper.owner_of(chain.block, facts.attestation_id) == record.node_id
    assert keeper.live_nodes_on(chain.block, record.verdict.platform_id) == (record.node_id,)
    assert keeper.anchor_height_of(chain.block, record.node_id) == register.anchor_height
    assert keeper.last_confirm_of(chain.block, ALICE) == 8
    message, said = events
    assert {one.key: one.value for one in message.attributes} == {
        "action": "/seedpact.registration.v1.MsgConfirmNode",
        "module": "registration",
    }
    assert said.type == "confirm_node"
    assert {one.key: one.value for one in said.attributes} == {
        "node_id": record.node_id.hex(),
        "operator": address.to_text(ALICE),
        "height": "8",
    }
    assert all(one.index for event in events for one in event.attributes)


def test_a_renewal_replaces_the_record_and_its_entries() -> None:
    chain = ready()
    node = Node("newcomer")
    chain.prepare(node)
    first = chain.quote(node, ALICE)
    chain.register(first)
    chain.commit_until(12)
    second = chain.quote(node, ALICE)
    chain.register(second)
    record = chain.record(second)
    assert record.height == 12
    assert record.tls_key == second.tls_key
    assert len(entries(chain, keys.EXPIRY)) == 2  # the founder's and this
    assert keeper.live_nodes_on(chain.block, record.verdict.platform_id) == (record.node_id,)
    assert keeper.owner_of(chain.block, evidence_of(chain.block, first).facts.attestation_id)


def test_the_founder_renews_like_anyone() -> None:
    chain = ready()
    register = chain.quote(chain.founder, FOUNDER)
    chain.register(register)
    assert chain.record(register).height == 8
    assert chain.record(register).envelope != bytes(48)


# Expiry.


@pytest.mark.parametrize(("left", "status"), [(1, NodeStatus.CONFIRMED), (0, NodeStatus.EXPIRED)])
def test_a_record_expires_at_its_second(left: int, status: NodeStatus) -> None:
    """The first block whose gate time is expires_at or later."""
    chain = ready(params_=params(registration_period_secs=2 * BLOCK_SECONDS + left))
    register = chain.newcomer("newcomer", ALICE)
    chain.register(register)
    chain.commit_until(10)
    record = chain.record(register)
    assert record.status is status
    live = keeper.live_nodes_on(chain.block, record.verdict.platform_id)
    assert bool(live) == (status is NodeStatus.CONFIRMED)
    told = [event for event in chain.events if event.type == "expire_node"]
    assert bool(told) == (status is NodeStatus.EXPIRED)


def test_nanoseconds_count() -> None:
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    chain.register(register)
    record = chain.record(register)
    early = Time(record.expires_at.seconds - 1, 999_999_999)
    for time, due in ((early, ()), (record.expires_at, (record.node_id,))):
        found = keeper.due(chain.block, time)
        assert tuple(one for one in found if one == record.node_id) == due


def test_all_that_are_due_expire_in_one_block() -> None:
    chain = ready(params_=params(registration_period_secs=30))
    registers = [chain.newcomer(f"node {n}", ALICE) for n in range(3)]
    for register in registers:
        chain.register(register)
    chain.commit_until(20)
    assert {chain.record(one).status for one in registers} == {NodeStatus.EXPIRED}
    assert entries(chain, keys.EXPIRY) == []
    assert entries(chain, keys.LIVE) == []


def test_an_expired_node_may_renew_and_a_holder_that_expired_still_serves() -> None:
    chain = ready(params_=params(registration_period_secs=30))
    node = Node("newcomer")
    chain.prepare(node)
    register = chain.quote(node, ALICE)
    chain.register(register)
    chain.commit_until(20)
    assert chain.record(register).status is NodeStatus.EXPIRED
    renewal = chain.quote(node, ALICE)
    chain.register(renewal)
    assert chain.record(renewal).status is NodeStatus.CONFIRMED


# Anchors and collateral.


def test_the_chain_keeps_a_window_of_anchors() -> None:
    chain = RegistrationChain(open_genesis(params_=params(anchor_window_blocks=5)))
    chain.commit_until(20)
    kept = [height for height in range(25) if keeper.anchor(chain.block, height)]
    assert kept == [15, 16, 17, 18, 19]
    anchor = keeper.anchor(chain.block, 19)
    assert anchor is not None
    assert (anchor.hash, anchor.time) == (chain.hash(19), chain.time(19))


def test_a_quiet_begin_of_a_block_writes_nothing() -> None:
    chain = ready()
    branch = Branch(chain.state)
    assert begin_block(branch, BlockContext("any", chain.height, chain.context.gate_time)) == ()
    assert branch.changes() == {}
