"""The chain's gates, each sentence of protocol.md section 5 on real quotes of software enclaves."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any, Final

import pytest

from chain_module.registration import keeper
from chain_module.registration.gates import check_agreement, check_claim, check_verdict, evidence_of
from chain_module.registration.messages import MsgRegisterNode
from chain_module.registration.records import StoredCollateral
from enclave.attestation.collateral import Collateral
from enclave.attestation.software_bad_cases import BadCase, spoil
from enclave.attestation.software_blueprint import QuoteKind
from enclave.attestation.types import TcbStatus, TdxMeasurement, Tee
from enclave.registration.records import Machine, Verdict, verdict_from_proto
from tests.attacks.attackers import GOOD, BlueprintAttestor
from tests.support.registration_chain import (
    RegistrationChain,
    open_genesis,
    params,
    reason_of,
)
from tests.support.world import CODE, OTHER_CODE, Node, policy

ALICE: Final = bytes([1]) * 20
BOB: Final = bytes([2]) * 20
TD: Final = TdxMeasurement(bytes([3]) * 48, (bytes(48), bytes(48), bytes(48), bytes(48)))


def ready(**genesis: Any) -> RegistrationChain:
    """A chain whose anchors are old enough to bind."""
    chain = RegistrationChain(open_genesis(**genesis))
    chain.commit_until(8)
    return chain


def verdict(chain: RegistrationChain, register: MsgRegisterNode) -> Verdict:
    """What a holder says of it."""
    return verdict_from_proto(chain.ask(register).verdict)


def judged(
    chain: RegistrationChain, register: MsgRegisterNode, *, found: Verdict | None = None
) -> str:
    """What gates 4 to 6 say of a register on the holder's verdict, or on `found`."""
    claimed = found or verdict(chain, register)
    evidence = evidence_of(chain.block, register)
    return reason_of(lambda: check_verdict(chain.block, register, claimed, evidence, chain.context))


def claimed(chain: RegistrationChain, register: MsgRegisterNode) -> str:
    """What gate 2 says."""
    return reason_of(lambda: check_claim(chain.block, register, chain.context))


def test_a_good_newcomer_passes_every_gate() -> None:
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    chain.check(register)
    assert chain.register(register)


@pytest.mark.parametrize("kind", list(QuoteKind), ids=lambda kind: kind.text)
def test_so_does_one_of_every_kind_of_quote(kind: QuoteKind) -> None:
    code = CODE if kind.tee is Tee.SGX else TD
    founder = Node("founder", kind=kind, code=code)
    chain = RegistrationChain(open_genesis(policy_=policy(measurements=(code,))), founder=founder)
    chain.commit_until(8)
    register = chain.newcomer("newcomer", ALICE, kind=kind, code=code)
    assert chain.register(register)
    assert chain.record(register).verdict.tee is kind.tee


# Gate 2.


@pytest.mark.parametrize("initial_height", [1, 1000])
def test_the_first_two_blocks_carry_no_register(initial_height: int) -> None:
    chain = RegistrationChain(initial_height=initial_height)
    chain.commit_until(initial_height + 6)
    register = chain.newcomer("newcomer", ALICE)
    for height, name in ((0, "too_early"), (1, "too_early"), (2, "unknown_anchor")):
        context = dataclasses.replace(chain.context, height=initial_height + height)
        assert reason_of(partial(check_claim, chain.block, register, context)) == name


def test_nobody_registers_while_the_network_is_frozen() -> None:
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    keeper.set_policy(chain.block, policy(frozen=True))
    assert claimed(chain, register) == "frozen"


def test_the_epoch_is_the_current_one() -> None:
    chain = ready()
    register = dataclasses.replace(chain.newcomer("newcomer", ALICE), epoch=1)
    assert claimed(chain, register) == "stale_epoch"


def test_a_new_epoch_counts_from_its_height_on() -> None:
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    old = keeper.network_keys_of(chain.block, 0)
    assert old is not None
    new = dataclasses.replace(old, epoch=1, from_height=chain.height + 1, prev_seed=bytes(48))
    keeper.set_network_keys(chain.block, new)
    assert claimed(chain, register) == "passed"
    chain.commit()
    assert claimed(chain, register) == "stale_epoch"


@pytest.mark.parametrize(
    ("height", "name"),
    [(5, "passed"), (6, "passed"), (7, "unknown_anchor"), (8, "unknown_anchor")],
)
def test_an_anchor_is_at_least_two_blocks_old(height: int, name: str) -> None:
    """Block 8 runs: header 7 is there, but what it proves is younger than what an enclave sees."""
    chain = ready()
    register = dataclasses.replace(
        chain.newcomer("newcomer", ALICE), anchor_height=height, anchor_hash=chain.hash(height)
    )
    assert claimed(chain, register) == name


def test_an_anchor_is_a_header_of_this_chain() -> None:
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    other = dataclasses.replace(register, anchor_hash=chain.hash(register.anchor_height + 1))
    assert claimed(chain, other) == "unknown_anchor"


def test_an_anchor_that_is_no_longer_kept_is_unknown() -> None:
    chain = RegistrationChain(open_genesis(params_=params(anchor_window_blocks=4)))
    chain.commit_until(8)
    register = chain.newcomer("newcomer", ALICE)
    for height, name in ((3, "unknown_anchor"), (4, "passed")):
        at = dataclasses.replace(register, anchor_height=height, anchor_hash=chain.hash(height))
        assert claimed(chain, at) == name


def test_a_quote_is_as_old_as_the_policy_says() -> None:
    chain = RegistrationChain(open_genesis(policy_=policy(max_quote_age_blocks=5)))
    chain.commit_until(12)
    register = chain.newcomer("newcomer", ALICE)
    for height, name in ((6, "stale_quote"), (7, "passed")):
        at = dataclasses.replace(register, anchor_height=height, anchor_hash=chain.hash(height))
        assert claimed(chain, at) == name


def test_an_operator_waits_between_two_confirms() -> None:
    chain = RegistrationChain(open_genesis(params_=params(operator_interval_blocks=3)))
    chain.commit_until(8)
    chain.register(chain.newcomer("first", ALICE))
    second = chain.newcomer("second", ALICE)
    assert claimed(chain, second) == "rate_limited"
    assert claimed(chain, chain.newcomer("another", BOB)) == "passed"
    chain.commit_until(10)
    assert claimed(chain, second) == "rate_limited"
    chain.commit()
    assert claimed(chain, second) == "passed"


def test_without_an_interval_two_registers_of_one_operator_fit_into_a_block() -> None:
    chain = ready()
    chain.register(chain.newcomer("first", ALICE))
    chain.register(chain.newcomer("second", ALICE))


# Collateral.


def test_without_collateral_of_its_own_a_register_uses_the_chains() -> None:
    chain = ready()
    register = dataclasses.replace(chain.newcomer("newcomer", ALICE), collateral=b"")
    network = chain.network.registration.network
    assert network is not None
    kept = Collateral.parse(network.collateral).encode()
    assert evidence_of(chain.block, register).collateral == kept
    assert chain.register(register)


def test_where_the_chain_has_none_it_is_missing() -> None:
    chain = RegistrationChain(open_genesis(policy_=policy(measurements=(CODE, TD))))
    chain.commit_until(8)
    register = chain.newcomer("newcomer", ALICE, kind=QuoteKind.TDX_V4, code=TD)
    bare = dataclasses.replace(register, collateral=b"")
    assert reason_of(lambda: evidence_of(chain.block, bare)) == "collateral_missing"


def test_collateral_with_a_pck_chain_is_kept_without_it() -> None:
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    chained = register.collateral.replace(b"{", b'{"pck_certificate_chain":"evil",', 1)
    chain.register(dataclasses.replace(register, collateral=chained))
    platform = chain.record(register).verdict
    stored = keeper.collateral(chain.block, platform.fmspc, platform.tee)
    assert stored is not None
    assert b"pck_certificate_chain" not in stored.collateral
    assert stored.collateral == Collateral.parse(chained).encode()


@pytest.mark.parametrize(
    ("number", "name"),
    [(16, "passed"), (17, "passed"), (18, "evaluation_number_too_low")],
)
def test_collateral_never_goes_back(number: int, name: str) -> None:
    """The newcomer's has number 17."""
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    facts = evidence_of(chain.block, register).facts
    stored = StoredCollateral(facts.platform.fmspc, facts.tee, b"{}", number)
    keeper.set_collateral(chain.block, stored)
    assert judged(chain, register) == name


def test_the_number_of_another_tee_or_family_does_not_count() -> None:
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    facts = evidence_of(chain.block, register).facts
    for fmspc, tee in ((facts.platform.fmspc, Tee.TDX), (bytes(6), facts.tee)):
        keeper.set_collateral(chain.block, StoredCollateral(fmspc, tee, b"{}", 99))
    assert judged(chain, register) == "passed"


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
