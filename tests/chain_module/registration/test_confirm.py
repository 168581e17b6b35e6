"""The second look: a confirm is about its register in every field, and the gates run again."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from chain_module.errors import TxRefusal
from chain_module.registration.confirm import check_confirm
from chain_module.registration.confirm_tx import MsgConfirmNode
from chain_module.registration.gates import evidence_of
from chain_module.registration.messages import MsgRegisterNode
from enclave.crypto.seed_envelope import ENVELOPE_BYTES
from tests.chain_module.registration.gate_cases import ALICE, BOB, ready, verdict
from tests.support.enclaves import OTHER_CODE
from tests.support.registration_chain import RegistrationChain, reason_of


@pytest.fixture(scope="module")
def chain() -> RegistrationChain:
    return ready()


@pytest.fixture(scope="module")
def register(chain: RegistrationChain) -> MsgRegisterNode:
    return chain.newcomer("newcomer", ALICE)


@pytest.fixture(scope="module")
def confirm(chain: RegistrationChain, register: MsgRegisterNode) -> MsgConfirmNode:
    return MsgConfirmNode(
        node_id=register.node_id(chain.block),
        operator=register.operator,
        exchange_key=register.exchange_key,
        epoch=register.epoch,
        envelope=bytes(ENVELOPE_BYTES),
        register_tx_hash=bytes(32),
        verdict=verdict(chain, register),
    )


def look(chain: RegistrationChain, confirm: MsgConfirmNode, register: MsgRegisterNode) -> None:
    """On the evidence that the register brings."""
    evidence = evidence_of(chain.block, register)
    check_confirm(chain.block, confirm, register, evidence, chain.context)


def test_a_confirm_of_this_register_passes(
    chain: RegistrationChain, register: MsgRegisterNode, confirm: MsgConfirmNode
) -> None:
    look(chain, confirm, register)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("node_id", bytes(32)),
        ("operator", BOB),
        ("exchange_key", (9).to_bytes(32, "little")),
        ("epoch", 1),
    ],
    ids=["node_id", "operator", "exchange_key", "epoch"],
)
def test_a_confirm_about_somebody_else_is_refused(
    chain: RegistrationChain,
    register: MsgRegisterNode,
    confirm: MsgConfirmNode,
    field: str,
    value: Any,
) -> None:
    """Each field by itself: a record of mixed fields would be nobody's."""
    other = dataclasses.replace(confirm, **{field: value})
    with pytest.raises(TxRefusal) as caught:
        look(chain, other, register)
    assert caught.value.reason.name == "confirm_mismatch"
    assert field in caught.value.expected


def test_the_gates_run_again(
    chain: RegistrationChain, register: MsgRegisterNode, confirm: MsgConfirmNode
) -> None:
    """Of two gates that the register itself was let through."""
    stale = dataclasses.replace(register, epoch=1)
    named = dataclasses.replace(confirm, epoch=1)
    assert reason_of(lambda: look(chain, named, stale)) == "stale_epoch"
    lie = dataclasses.replace(confirm.verdict, measurement=OTHER_CODE)
    lying = dataclasses.replace(confirm, verdict=lie)
    assert reason_of(lambda: look(chain, lying, register)) == "verdict_mismatch"
