"""Attack 9: collateral with a lower evaluation number than the chain has seen.

[refused; the number only rises]. Intel raises tcbEvaluationDataNumber with each recovery of the
TCB; old collateral is signed all the same, and calls an old platform up to date.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Final

import pytest

from chain_module.registration import keeper
from chain_module.registration.messages import MsgRegisterNode, MsgUpdatePolicy
from enclave.attestation.development_root import Window
from enclave.attestation.types import Tee
from enclave.errors import Code
from enclave.software.blueprint import Blueprint, Piece
from tests.attacks.attackers import GOOD, BlueprintAttestor, answer, machine
from tests.support.enclaves import policy
from tests.support.registration_chain import (
    AUTHORITY,
    RegistrationChain,
    open_genesis,
    reason_of,
)

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
    asked = ledger.ask(behind)
    ledger.check(behind)
    ledger.register(ahead)
    found = reason_of(lambda: ledger.confirm(behind, asked))
    assert found == "evaluation_number_too_low"


def test_09_neither_number_falls_behind_the_others_back() -> None:
    """The smaller of the two stays the same, and TCB info would go back by three recoveries."""
    ledger = chain()
    ledger.register(newcomer(ledger, "ahead", FIRST + 3, qe_number=FIRST))
    turned = newcomer(ledger, "turned", FIRST, qe_number=FIRST + 3)
    assert reason_of(lambda: ledger.check(turned)) == "evaluation_number_too_low"
    assert stored(ledger) == FIRST


def test_09_the_qe_identitys_number_is_for_all_families() -> None:
    ledger = chain()
    ledger.register(newcomer(ledger, "ahead", FIRST + 1))
    blueprint = dataclasses.replace(GOOD, fmspc=bytes(6), ppid=b"another family  ")
    other = ledger.newcomer("other", ALICE, attestor=BlueprintAttestor(blueprint))
    assert reason_of(lambda: ledger.check(other)) == "evaluation_number_too_low"


@pytest.mark.parametrize("piece", [Piece.TCB_INFO, Piece.QE_IDENTITY])
@pytest.mark.parametrize(
    ("seconds", "verdict"), [(-1, "collateral_older"), (0, "passed"), (1, "passed")]
)
def test_09_of_one_number_the_older_text_is_refused(
    piece: Piece, seconds: int, verdict: str
) -> None:
    """Intel issues both anew between two recoveries, and a level may become revoked there."""
    ledger = chain()
    window = Window(GOOD.issued_at + seconds, GOOD.issued_at + GOOD.valid_for)
    blueprint = dataclasses.replace(GOOD, windows={piece: window})
    register = ledger.newcomer("newcomer", ALICE, attestor=BlueprintAttestor(blueprint))
    assert reason_of(partial(ledger.register, register)) == verdict


def test_09_the_policys_minimum_never_falls() -> None:
    """An authority that was talked into it cannot call an old platform up to date again."""
    ledger = RegistrationChain(open_genesis(policy_=policy(minimum_evaluation_number=FIRST)))
    ledger.commit_until(8)
    lower = policy(serial=2, minimum_evaluation_number=FIRST - 1)
    message = MsgUpdatePolicy(AUTHORITY, lower)
    assert reason_of(partial(ledger.execute, message)) == "evaluation_minimum_falls"


def test_09_a_policy_wants_both_numbers() -> None:
    """An enclave, too: it compares the smaller with the policy that the chain proves."""
    half = dataclasses.replace(GOOD, evaluation_number=FIRST + 3, qe_evaluation_number=FIRST - 1)
    rules = policy(minimum_evaluation_number=FIRST)
    assert answer(machine(half), rules) is Code.EVALUATION_NUMBER_TOO_LOW
