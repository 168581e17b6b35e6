"""A node and an enclave refuse one register with one code, for every way to spoil evidence."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final

import pytest

from chain_module.registration import keeper
from chain_module.registration.messages import MsgRegisterNode
from enclave.attestation.types import TdxMeasurement, Tee
from enclave.errors import Code
from enclave.software.blueprint import Blueprint, QuoteKind
from node.attest.bad_cases import BAD_CASES, BadCase, cases_of, spoil
from tests.attacks.attackers import BlueprintAttestor
from tests.support.enclaves import CHAIN_ID, CODE, Node, policy
from tests.support.registration_chain import RegistrationChain, open_genesis, reason_of

OPERATOR: Final = bytes([1]) * 20
TD: Final = TdxMeasurement(bytes([3]) * 48, (bytes(48), bytes(48), bytes(48), bytes(48)))
KINDS: Final = (QuoteKind.SGX_V3, QuoteKind.TDX_V4, QuoteKind.TDX_V5_TD15)
CASES: Final = [(kind, case) for kind in KINDS for case in cases_of(kind)]

STRICT: Final = {"minimum_evaluation_number": 5}
"""So that each case that a policy judges is refused by one."""


def chain_of(kind: QuoteKind, **rules: Any) -> RegistrationChain:
    """A chain whose code runs in this kind of environment."""
    code = CODE if kind.tee is Tee.SGX else TD
    founder = Node("founder", kind=kind, code=code)
    genesis = open_genesis(policy_=policy(measurements=(code,), **STRICT, **rules))
    chain = RegistrationChain(genesis, founder=founder)
    chain.commit_until(8)
    return chain


def spoilt(chain: RegistrationChain, kind: QuoteKind, case: BadCase) -> MsgRegisterNode:
    """A register, right in everything but what the case spoils."""
    code = CODE if kind.tee is Tee.SGX else TD
    good = Blueprint(kind=kind, measurement=code, chain_id=CHAIN_ID, ppid=b"an attacker's id")
    attestor = BlueprintAttestor(spoil(good, case))
    return chain.newcomer("attacker", OPERATOR, attestor=attestor)


def both(chain: RegistrationChain, register: MsgRegisterNode) -> tuple[str, str]:
    """What the chain says, and what an enclave says."""
    answer = chain.ask(register)
    enclaves = answer.refusal.code if answer.HasField("refusal") else "passed"
    return reason_of(lambda: chain.check(register)), enclaves


@pytest.mark.parametrize(
    ("kind", "case"), CASES, ids=[f"{kind.text}-{case}" for kind, case in CASES]
)
def test_every_bad_case(kind: QuoteKind, case: BadCase) -> None:
    chain = chain_of(kind)
    chains, enclaves = both(chain, spoilt(chain, kind, case))
    assert chains == enclaves
    assert chains != "passed"
    expected = BAD_CASES[case].refusal
    assert expected in (None, chains)


FAULTS: Final[dict[str, Callable[[RegistrationChain, MsgRegisterNode], MsgRegisterNode]]] = {
    "stale_epoch": lambda _, register: dataclasses.replace(register, epoch=1),
    "unknown_anchor": lambda _, register: dataclasses.replace(register, anchor_hash=bytes(32)),
    "malformed_quote": lambda _, register: dataclasses.replace(
        register, quote=register.quote + b"\0"
    ),
    "quote_signature_invalid": lambda _, register: dataclasses.replace(
        register, quote=flipped(register.quote, 380)
    ),
    "report_data_mismatch": lambda _, register: dataclasses.replace(
        register, operator=bytes([2]) * 20
    ),
}
"""Faults of a register, in the order of the gates."""


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("first", FAULTS)
@pytest.mark.parametrize("second", FAULTS)
def test_of_two_faults_the_earlier_gate_names_its_own(first: str, second: str) -> None:
    names = list(FAULTS)
    earlier = min(first, second, key=names.index)
    chain = chain_of(QuoteKind.SGX_V3)
    register = chain.newcomer("attacker", OPERATOR)
    for name in {first, second}:
        register = FAULTS[name](chain, register)
    assert both(chain, register) == (earlier, earlier)


@pytest.mark.parametrize("name", FAULTS)
def test_a_freeze_comes_before_every_fault(name: str) -> None:
    chain = chain_of(QuoteKind.SGX_V3)
    register = FAULTS[name](chain, chain.newcomer("attacker", OPERATOR))
    frozen = dataclasses.replace(keeper.newest_policy(chain.block), frozen=True)
    keeper.set_policy(chain.block, frozen)
    chain.commit()
    chain.commit()
    assert both(chain, register) == (Code.FROZEN, Code.FROZEN)
