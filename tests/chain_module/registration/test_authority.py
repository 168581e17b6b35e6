"""What operators and the authority may end or change: nodes and the policy (section 5)."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import pytest

from chain_module.registration import keeper
from chain_module.registration.errors import RegistrationReason
from chain_module.registration.gates import check_claim
from chain_module.registration.messages import MsgRevokeNode, MsgUpdatePolicy
from chain_module.registration.records import HeldPolicy
from enclave.attestation.policy import Policy
from enclave.registration.records import NodeStatus
from seedpact.registration.v1 import tx_pb2
from tests.support.enclaves import CODE, OTHER_CODE, Node, policy
from tests.support.refusals import tx_refused
from tests.support.registration_chain import (
    AUTHORITY,
    RegistrationChain,
    open_genesis,
    params,
    reason_of,
)

ALICE: Final = bytes([1]) * 20
MALLORY: Final = bytes([13]) * 20


def ready(**genesis: Any) -> RegistrationChain:
    chain = RegistrationChain(open_genesis(**genesis))
    chain.commit_until(8)
    return chain


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


def test_the_state_before_a_block_tells_which_policy_that_block_has() -> None:
    """As a proposer reads it: what was committed last, for the block that comes."""
    chain = ready()
    update(chain, max_quote_age_blocks=200)
    chain.commit_until(10)
    before = chain.state.newest
    assert keeper.held_policy(before) is not None
    for height, expected in ((9, 100), (10, 200), (11, 200)):
        assert keeper.policy_in_force(before, height).max_quote_age_blocks == expected


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


def test_the_minimum_evaluation_number_never_falls() -> None:
    """By no change that would only widen, nor while a wider policy waits."""
    chain = ready(policy_=policy(minimum_evaluation_number=10))
    assert falls(chain, minimum_evaluation_number=9)
    assert falls(chain, minimum_evaluation_number=0, frozen=True)
    update(chain, minimum_evaluation_number=10, max_quote_age_blocks=300)
    assert in_force(chain).max_quote_age_blocks == 100
    assert falls(chain, minimum_evaluation_number=9, max_quote_age_blocks=300)
    update(chain, minimum_evaluation_number=12, max_quote_age_blocks=100)
    assert falls(chain, minimum_evaluation_number=11)
    chain.commit_until(chain.height + 3)
    assert falls(chain, minimum_evaluation_number=11)
    update(chain, minimum_evaluation_number=12, frozen=True)
    assert in_force(chain).minimum_evaluation_number == 12


def test_a_held_policys_minimum_counts_too() -> None:
    """Whatever an older version of the chain wrote: what is in force is never undercut."""
    chain = ready()
    held = HeldPolicy(policy(minimum_evaluation_number=10), chain.height + 2)
    keeper.set_held_policy(chain.block, held)
    assert falls(chain, minimum_evaluation_number=9)


def falls(chain: RegistrationChain, **changes: Any) -> bool:
    """Refused for that, with both numbers said, and nothing is written."""
    before = dict(chain.block.changes())
    serial = keeper.newest_policy(chain.block).serial + 1
    message = MsgUpdatePolicy(AUTHORITY, policy(serial=serial, **changes))
    with tx_refused(RegistrationReason.EVALUATION_MINIMUM_FALLS):
        chain.execute(message)
    return chain.block.changes() == before


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
