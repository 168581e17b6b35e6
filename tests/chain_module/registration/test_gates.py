"""The chain's gates, each sentence of protocol.md section 5 on real quotes of software enclaves."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import pytest

from chain_module.registration import keeper
from chain_module.registration.gates import check_claim, check_verdict, evidence_of
from chain_module.registration.records import StoredCollateral
from enclave.attestation.collateral import Collateral
from enclave.attestation.types import Tee
from enclave.software.blueprint import QuoteKind
from tests.chain_module.registration.gate_cases import (
    ALICE,
    BOB,
    TD,
    claimed,
    judged,
    ready,
    verdict,
)
from tests.support.enclaves import CODE, Node, policy
from tests.support.registration_chain import (
    RegistrationChain,
    open_genesis,
    params,
    reason_of,
)


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


@pytest.mark.parametrize("changes", [{"fmspc": bytes(6)}, {"pce_id": b"\xff\xff"}], ids=str)
def test_collateral_is_about_the_quotes_own_platform(changes: dict[str, Any]) -> None:
    """Family and PCE, each: whatever a verdict says that was given on it."""
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    said, evidence = verdict(chain, register), evidence_of(chain.block, register)
    other = dataclasses.replace(evidence, parsed=dataclasses.replace(evidence.parsed, **changes))
    for shown, name in ((evidence, "passed"), (other, "collateral_mismatch")):
        work = partial(check_verdict, chain.block, register, said, shown, chain.context)
        assert reason_of(work) == name


def test_the_number_of_another_tee_or_family_does_not_count() -> None:
    chain = ready()
    register = chain.newcomer("newcomer", ALICE)
    facts = evidence_of(chain.block, register).facts
    for fmspc, tee in ((facts.platform.fmspc, Tee.TDX), (bytes(6), facts.tee)):
        keeper.set_collateral(chain.block, StoredCollateral(fmspc, tee, b"{}", 99))
    assert judged(chain, register) == "passed"
