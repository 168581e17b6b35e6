"""Attack 9: collateral with a lower evaluation number than the chain has seen.

[refused; the number only rises]. Intel raises tcbEvaluationDataNumber with each recovery of the
TCB; old collateral is signed all the same, and calls an old platform up to date.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Final

from chain_module.registration import keeper
from chain_module.registration.messages import MsgRegisterNode
from enclave.attestation.software_blueprint import Blueprint
from enclave.attestation.types import Tee
from tests.attacks.attackers import GOOD, BlueprintAttestor
from tests.support.registration_chain import RegistrationChain, reason_of

ALICE: Final = bytes([1]) * 20
FIRST: Final = 17
"""What the founder's collateral has."""


def chain() -> RegistrationChain:
    made = RegistrationChain()
    made.commit_until(8)
    return made


def newcomer(
    chain: RegistrationChain, name: str, number: int, *, qe_number: int | None = None
) -> MsgRegisterNode:
    """One whose collateral has this number."""
    blueprint: Blueprint = dataclasses.replace(
        GOOD,
        ppid=name.encode().ljust(16, b"."),
        evaluation_number=number,
        qe_evaluation_number=qe_number,
    )
    return chain.newcomer(name, ALICE, attestor=BlueprintAttestor(blueprint))


def stored(chain: RegistrationChain) -> int:
    """The number of what the chain keeps."""
    found = keeper.collateral(chain.block, GOOD.fmspc, Tee.SGX)
    assert found is not None
    return found.evaluation_number


def test_09_a_lower_number_than_the_stored_one_is_refused() -> None:
    ledger = chain()
    assert stored(ledger) == FIRST
    old = newcomer(ledger, "old", FIRST - 1)
    assert reason_of(lambda: ledger.check(old)) == "evaluation_number_too_low"


def test_09_the_number_only_rises() -> None:
    ledger = chain()
    for number, kept, verdict in (
        (FIRST, FIRST, "passed"),
        (FIRST + 3, FIRST + 3, "passed"),
        (FIRST + 2, FIRST + 3, "evaluation_number_too_low"),
        (FIRST, FIRST + 3, "evaluation_number_too_low"),
        (FIRST + 3, FIRST + 3, "passed"),
    ):
        name = f"{number}/{ledger.height}"
        register = newcomer(ledger, name, number)
        assert reason_of(partial(ledger.register, register)) == verdict
        assert stored(ledger) == kept
        ledger.commit()


def test_09_the_qe_identitys_number_counts_too() -> None:
    ledger = chain()
    register = newcomer(ledger, "half", FIRST + 5, qe_number=FIRST - 1)
    assert reason_of(lambda: ledger.check(register)) == "evaluation_number_too_low"


def test_09_a_register_of_the_same_block_raises_it_for_those_behind_it() -> None:
    """The second look is on the state after the confirms before it."""
    ledger = chain()
    ahead, behind = newcomer(ledger, "ahead", FIRST + 1), newcomer(ledger, "behind", FIRST)
    answer = ledger.ask(behind)
    ledger.check(behind)
    ledger.register(ahead)
    found = reason_of(lambda: ledger.confirm(behind, answer))
    assert found == "evaluation_number_too_low"
