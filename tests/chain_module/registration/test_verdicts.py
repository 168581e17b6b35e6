"""Gates 4 to 6 on a verdict: binding, one use, policy, machine (protocol.md section 5)."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from chain_module.registration import keeper
from chain_module.registration.gates import check_agreement, evidence_of
from enclave.attestation.types import TcbStatus, Tee
from enclave.registration.records import Machine
from node.attest.bad_cases import BadCase, spoil
from tests.attacks.attackers import GOOD, BlueprintAttestor
from tests.chain_module.registration.gate_cases import (
    ALICE,
    BOB,
    judged,
    ready,
    verdict,
)
from tests.support.enclaves import CODE, OTHER_CODE, Node, policy
from tests.support.registration_chain import (
    RegistrationChain,
    open_genesis,
    reason_of,
)

# Gate 4.


def test_the_quote_binds_every_field_of_the_register() -> None:
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    other = chain.newcomer("other", ALICE)
    found = verdict(chain, register)
    for field in ("operator", "exchange_key", "kem_ciphertext", "tls_key"):
        value: Any = BOB if field == "operator" else getattr(other, field)
        changed = dataclasses.replace(register, **{field: value})
        assert judged(chain, changed, found=found) == "report_data_mismatch", field
    changed = dataclasses.replace(register, anchor_height=4, anchor_hash=chain.hash(4))
    assert judged(chain, changed, found=found) == "report_data_mismatch"


def test_one_quote_one_node_one_use() -> None:
    """By its own operator again, in the same block or later, or by another one."""
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    found = verdict(chain, register)
    chain.register(register)
    assert judged(chain, register, found=found) == "already_registered"
    stolen = dataclasses.replace(register, operator=BOB)
    assert judged(chain, stolen, found=found) == "already_registered"
    chain.commit()
    assert judged(chain, register, found=found) == "already_registered"


@pytest.mark.parametrize(
    "change",
    [
        {"tee": Tee.TDX},
        {"measurement": OTHER_CODE},
        {"fmspc": bytes(6)},
        {"platform_id": bytes(32)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_verdict_says_what_the_quote_says(change: dict[str, Any]) -> None:
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    good = verdict(chain, register)
    facts = evidence_of(chain.block, register).facts
    check_agreement(facts, good)
    lie = dataclasses.replace(good, **change)
    assert reason_of(lambda: check_agreement(facts, lie)) == "verdict_mismatch"
    assert judged(chain, register, found=lie) == "verdict_mismatch"


# Gate 5, on the verdict where only verification knows.


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"tcb_status": TcbStatus.OUT_OF_DATE}, "tcb_status_not_allowed"),
        ({"tcb_status": TcbStatus.REVOKED}, "tcb_status_not_allowed"),
        ({"advisories": ("INTEL-SA-00001",)}, "advisory_not_allowed"),
    ],
)
def test_policy_judges_what_the_verdict_says(change: dict[str, Any], name: str) -> None:
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    found = dataclasses.replace(verdict(chain, register), **change)
    assert judged(chain, register, found=found) == name


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"measurements": (OTHER_CODE,)}, "measurement_not_allowed"),
        ({"measurements": ()}, "empty_policy"),
        ({"tcb_statuses": ()}, "empty_policy"),
        ({"minimum_evaluation_number": 18}, "evaluation_number_too_low"),
        ({"minimum_evaluation_number": 17}, "passed"),
        ({"denied_fmspcs": (bytes.fromhex("5eedac700000"),)}, "fmspc_denied"),
        ({"require_machine_list": True}, "machine_not_listed"),
    ],
)
def test_policy_judges_what_the_quote_says(change: dict[str, Any], name: str) -> None:
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    found = verdict(chain, register)
    keeper.set_policy(chain.block, policy(**change))
    assert judged(chain, register, found=found) == name


def test_no_policy_widens_the_floor() -> None:
    """Listed code that no upgrade key signed, and a status below the worst."""
    chain = ready()
    register = chain.newcomer("newcomer", ALICE, code=OTHER_CODE)
    evidence = evidence_of(chain.block, register)
    good = verdict(chain, chain.newcomer("good", ALICE))
    found = dataclasses.replace(
        good, measurement=OTHER_CODE, platform_id=evidence.facts.platform.platform_id
    )
    keeper.set_policy(chain.block, policy(measurements=(CODE, OTHER_CODE)))
    assert judged(chain, register, found=found) == "measurement_unsigned"

    identity = keeper.identity(chain.block)
    floor = dataclasses.replace(identity.network.floor, worst_tcb_status=TcbStatus.UP_TO_DATE)
    network = dataclasses.replace(identity.network, floor=floor)
    keeper.set_identity(chain.block, dataclasses.replace(identity, network=network))
    statuses = (TcbStatus.UP_TO_DATE, TcbStatus.SW_HARDENING_NEEDED)
    keeper.set_policy(chain.block, policy(tcb_statuses=statuses))
    weak = chain.newcomer("weak", ALICE)
    facts = evidence_of(chain.block, weak).facts
    below = dataclasses.replace(
        good,
        platform_id=facts.platform.platform_id,
        tcb_status=TcbStatus.SW_HARDENING_NEEDED,
    )
    assert judged(chain, weak, found=below) == "below_floor"


# Gate 6.


def test_a_machine_counts_from_its_height_on() -> None:
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    found = verdict(chain, register)
    keeper.set_policy(chain.block, policy(require_machine_list=True))
    keeper.set_machine(chain.block, Machine(found.platform_id, "a rack", chain.height + 1))
    assert judged(chain, register, found=found) == "machine_not_listed"
    chain.commit()
    assert judged(chain, register, found=found) == "passed"


def test_one_live_node_a_machine_where_the_policy_says_so() -> None:
    chain = RegistrationChain(open_genesis(policy_=policy(one_node_per_machine=True)))
    chain.commit_until(8)
    first = Node("machine")
    chain.prepare(first)
    chain.register(chain.quote(first, ALICE))
    second = twin(first)
    chain.prepare(second)
    register = chain.quote(second, BOB)
    assert judged(chain, register) == "machine_in_use"
    keeper.set_policy(chain.block, policy(one_node_per_machine=False))
    assert judged(chain, register) == "passed"


def test_a_renewal_on_its_own_machine_is_no_second_node() -> None:
    chain = RegistrationChain(open_genesis(policy_=policy(one_node_per_machine=True)))
    chain.commit_until(8)
    node = Node("machine")
    chain.prepare(node)
    chain.register(chain.quote(node, ALICE))
    chain.commit()
    chain.register(chain.quote(node, ALICE))


def twin(node: Node) -> Node:
    """Another enclave on the same machine."""
    other = Node(f"{node.name}'s twin")
    other.attestor = node.attestor
    other.start()
    return other


# Renewal.


def test_a_renewal_needs_a_newer_anchor_the_same_operator_and_a_node_that_lives() -> None:
    chain = ready()
    node = Node("newcomer")
    chain.prepare(node)
    register = chain.quote(node, ALICE)
    chain.register(register)
    again = chain.quote(node, ALICE)
    assert again.anchor_height == register.anchor_height
    assert judged(chain, again) == "anchor_not_newer"
    chain.commit()
    assert judged(chain, chain.quote(node, BOB)) == "operator_mismatch"
    newer = chain.quote(node, ALICE)
    assert judged(chain, newer) == "passed"
    chain.register(newer)
    assert chain.record(newer).report_data == evidence_of(chain.block, newer).facts.report_data


def test_a_debug_enclave_fails_the_states_rules_by_itself() -> None:
    """Verification refuses it first; a verdict that lies about that admits nobody."""
    chain = ready()
    good = verdict(chain, chain.newcomer("good", ALICE))
    blueprint = spoil(GOOD, BadCase.DEBUG)
    register = chain.newcomer("attacker", ALICE, attestor=BlueprintAttestor(blueprint))
    facts = evidence_of(chain.block, register).facts
    lie = dataclasses.replace(good, platform_id=facts.platform.platform_id)
    assert judged(chain, register, found=lie) == "debug_enclave"
