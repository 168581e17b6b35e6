"""A record from confirm to end, and what the authority may change: protocol.md sections 5 and 7."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any, Final

import pytest

from chain_module import address
from chain_module.message import BlockContext
from chain_module.registration import keeper, keys
from chain_module.registration.begin_block import begin_block
from chain_module.registration.gates import check_claim, evidence_of
from chain_module.registration.lifecycle import keep_collateral
from chain_module.registration.messages import MsgRevokeNode, MsgUpdatePolicy
from chain_module.store.branch import Branch
from enclave.attestation.collateral import Collateral
from enclave.attestation.policy import Policy
from enclave.attestation.software_blueprint import Blueprint
from enclave.attestation.software_issuer import issue
from enclave.registration.records import NodeStatus, Time
from seedpact.registration.v1 import tx_pb2
from tests.attacks.attackers import GOOD
from tests.support.registration_chain import (
    AUTHORITY,
    BLOCK_SECONDS,
    FOUNDER,
    RegistrationChain,
    open_genesis,
    params,
    reason_of,
)
from tests.support.world import CODE, OTHER_CODE, Node, policy

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


# Revocation.


@pytest.mark.parametrize("signer", [ALICE, AUTHORITY])
def test_operator_or_authority_ends_a_node_for_ever(signer: bytes) -> None:
    chain = ready()
    node = Node("newcomer")
    chain.prepare(node)
    register = chain.quote(node, ALICE)
    chain.register(register)
    before = chain.record(register)
    done = chain.execute(MsgRevokeNode(signer, before.node_id))
    record = chain.record(register)
    assert record == dataclasses.replace(before, status=NodeStatus.REVOKED)
    assert keeper.live_nodes_on(chain.block, record.verdict.platform_id) == ()
    assert before.node_id not in keeper.due(chain.block, before.expires_at)
    assert [event.type for event in done.events] == ["revoke_node"]
    assert tx_pb2.MsgRevokeNodeResponse.FromString(done.response) is not None
    chain.commit()
    renewal = chain.quote(node, ALICE)
    assert reason_of(lambda: chain.check(renewal)) == "node_revoked"
    again = MsgRevokeNode(signer, before.node_id)
    assert reason_of(lambda: chain.execute(again)) == "node_revoked"


def test_nobody_else_ends_a_node() -> None:
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    chain.register(register)
    node_id = chain.record(register).node_id
    assert reason_of(lambda: chain.execute(MsgRevokeNode(MALLORY, node_id))) == "not_authority"
    unknown = MsgRevokeNode(AUTHORITY, bytes(32))
    assert reason_of(lambda: chain.execute(unknown)) == "no_such_node"


def test_without_an_authority_nobody_is_it() -> None:
    chain = ready(params_=params(authority=b""))
    change = MsgUpdatePolicy(AUTHORITY, policy(serial=2, frozen=True))
    assert reason_of(lambda: chain.execute(change)) == "not_authority"
    founder = chain.network.registration.nodes[0].node_id
    revoke = MsgRevokeNode(AUTHORITY, founder)
    assert reason_of(lambda: chain.execute(revoke)) == "not_authority"


def test_a_revoked_machine_is_free_for_another_node() -> None:
    chain = ready(policy_=policy(one_node_per_machine=True))
    first = Node("machine")
    chain.prepare(first)
    register = chain.quote(first, ALICE)
    chain.register(register)
    chain.execute(MsgRevokeNode(ALICE, chain.record(register).node_id))
    second = Node("machine again")
    second.attestor = first.attestor
    second.start()
    chain.prepare(second)
    chain.register(chain.quote(second, ALICE))


# Policy.


def update(chain: RegistrationChain, **changes: Any) -> int:
    """The authority changes the newest policy; returns from when on it is in force."""
    newest = keeper.newest_policy(chain.block)
    new = dataclasses.replace(newest, serial=newest.serial + 1, **changes)
    done = chain.execute(MsgUpdatePolicy(AUTHORITY, new))
    return tx_pb2.MsgUpdatePolicyResponse.FromString(done.response).effective_height


def in_force(chain: RegistrationChain) -> Policy:
    return keeper.policy_in_force(chain.block, chain.height)


def test_what_narrows_is_in_force_at_once() -> None:
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    assert update(chain, frozen=True) == chain.height
    assert in_force(chain).frozen
    found = reason_of(lambda: check_claim(chain.block, register, chain.context))
    assert found == "frozen"


def test_what_widens_is_in_force_two_blocks_later_for_chain_and_enclave_alike() -> None:
    """The end of a freeze: in each block the chain's gates and an enclave say the same."""
    chain = ready()
    update(chain, frozen=True)
    chain.commit_until(11)
    assert update(chain, frozen=False) == 13
    register = chain.newcomer("newcomer", ALICE)
    for height, refused in ((11, True), (12, True), (13, False), (14, False)):
        chain.commit_until(height)
        assert in_force(chain).frozen == refused
        answer = chain.ask(register)
        found = reason_of(lambda: check_claim(chain.block, register, chain.context))
        assert found == ("frozen" if refused else "passed")
        assert answer.refusal.code == ("frozen" if refused else "")
    told = [event.type for event in chain.events]
    assert told == []


def test_the_block_in_which_it_comes_into_force_says_so() -> None:
    chain = ready()
    update(chain, max_quote_age_blocks=200)
    chain.commit_until(10)
    assert [event.type for event in chain.events] == ["policy_in_force"]
    assert keeper.held_policy(chain.block) is None


def test_the_one_record_is_the_newest_policy() -> None:
    """An enclave proves S(h-2): what it sees there is in force for block h, or wider."""
    chain = ready()
    update(chain, max_quote_age_blocks=200)
    assert keeper.newest_policy(chain.block).max_quote_age_blocks == 200
    assert in_force(chain).max_quote_age_blocks == 100
    held = keeper.held_policy(chain.block)
    assert held is not None
    assert (held.policy.max_quote_age_blocks, held.until_height) == (100, 10)


def test_narrowing_drops_a_widening_that_is_not_in_force() -> None:
    chain = ready()
    update(chain, max_quote_age_blocks=200)
    assert update(chain, max_quote_age_blocks=50) == chain.height
    assert keeper.held_policy(chain.block) is None
    chain.commit_until(12)
    assert in_force(chain).max_quote_age_blocks == 50


def test_a_widening_can_be_taken_back() -> None:
    chain = ready()
    update(chain, max_quote_age_blocks=200)
    assert update(chain, max_quote_age_blocks=100) == chain.height
    assert keeper.held_policy(chain.block) is None
    assert in_force(chain).serial == 3


def test_a_second_widening_starts_the_wait_again() -> None:
    chain = ready()
    update(chain, max_quote_age_blocks=200)
    chain.commit()
    assert update(chain, max_quote_age_blocks=300) == 11
    chain.commit()
    assert in_force(chain).max_quote_age_blocks == 100
    chain.commit()
    assert in_force(chain).max_quote_age_blocks == 300


def test_less_than_a_waiting_policy_and_more_than_the_one_in_force_widens() -> None:
    chain = ready()
    update(chain, max_quote_age_blocks=300)
    chain.commit()
    assert update(chain, max_quote_age_blocks=200) == 11
    assert in_force(chain).max_quote_age_blocks == 100


@pytest.mark.parametrize(
    ("signer", "changes", "name"),
    [
        (MALLORY, {"serial": 2, "frozen": True}, "not_authority"),
        (AUTHORITY, {"serial": 1, "frozen": True}, "bad_policy_serial"),
        (AUTHORITY, {"serial": 3, "frozen": True}, "bad_policy_serial"),
        (AUTHORITY, {"serial": 2}, "policy_unchanged"),
        (AUTHORITY, {"serial": 2, "measurements": (OTHER_CODE,)}, "policy_change_mixed"),
        (
            AUTHORITY,
            {"serial": 2, "frozen": True, "measurements": (CODE, OTHER_CODE)},
            "policy_change_mixed",
        ),
    ],
)
def test_a_change_that_is_refused_writes_nothing(
    signer: bytes, changes: dict[str, Any], name: str
) -> None:
    chain = ready()
    before = chain.block.changes()
    message = MsgUpdatePolicy(signer, policy(**changes))
    assert reason_of(lambda: chain.execute(message)) == name
    assert chain.block.changes() == before


# Anchors and collateral.


def test_the_chain_keeps_a_window_of_anchors() -> None:
    chain = RegistrationChain(open_genesis(params_=params(anchor_window_blocks=5)))
    chain.commit_until(20)
    kept = [height for height in range(25) if keeper.anchor(chain.block, height)]
    assert kept == [15, 16, 17, 18, 19]
    anchor = keeper.anchor(chain.block, 19)
    assert anchor is not None
    assert (anchor.hash, anchor.time) == (chain.hash(19), chain.time(19))


@pytest.mark.parametrize(("number", "kept"), [(16, 17), (17, 17), (18, 18)])
def test_the_number_of_stored_collateral_only_rises(number: int, kept: int) -> None:
    chain = ready()
    changed = dataclasses.replace(GOOD, evaluation_number=number)
    offered = collateral_of(changed)
    before = keeper.collateral(chain.block, offered.fmspc, offered.tee)
    assert before is not None
    keep_collateral(chain.block, offered)
    stored = keeper.collateral(chain.block, offered.fmspc, offered.tee)
    assert stored is not None
    assert stored.evaluation_number == kept
    assert stored.collateral == (offered.encode() if number >= 17 else before.collateral)


def collateral_of(blueprint: Blueprint) -> Collateral:
    return Collateral.parse(issue(blueprint, bytes(64)).collateral)


def test_a_quiet_begin_of_a_block_writes_nothing() -> None:
    chain = ready()
    branch = Branch(chain.state)
    assert begin_block(branch, BlockContext("any", chain.height, chain.context.gate_time)) == ()
    assert branch.changes() == {}
