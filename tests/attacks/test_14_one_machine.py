"""Attack 14: one machine joins twice with two keys.

[one live node a machine, where the policy says so]. The chain's rule alone: an enclave sees one
register, not who else is there.
"""

from __future__ import annotations

from typing import Final

import pytest

from chain_module.registration.messages import MsgRegisterNode, MsgRevokeNode
from tests.support.enclaves import Node, policy
from tests.support.registration_chain import (
    BLOCK_SECONDS,
    RegistrationChain,
    open_genesis,
    params,
    reason_of,
)

ALICE: Final = bytes([1]) * 20
BOB: Final = bytes([2]) * 20
LIFE_BLOCKS: Final = 20


@pytest.fixture
def chain() -> RegistrationChain:
    rules = policy(one_node_per_machine=True)
    life = params(registration_period_secs=LIFE_BLOCKS * BLOCK_SECONDS)
    made = RegistrationChain(open_genesis(policy_=rules, params_=life))
    made.commit_until(8)
    return made


def two_on_one_machine(chain: RegistrationChain) -> tuple[MsgRegisterNode, MsgRegisterNode]:
    """Two enclaves with keys of their own, one platform id."""
    first, second = Node("first"), Node("second")
    second.attestor = first.attestor
    second.start()
    for node in (first, second):
        chain.prepare(node)
    return chain.quote(first, ALICE), chain.quote(second, BOB)


def test_14_a_second_key_of_one_machine_is_refused(chain: RegistrationChain) -> None:
    first, second = two_on_one_machine(chain)
    chain.register(first)
    assert reason_of(lambda: chain.check(second)) == "machine_in_use"
    chain.commit()
    assert reason_of(lambda: chain.check(second)) == "machine_in_use"


def test_14_of_two_in_one_block_the_first_wins(chain: RegistrationChain) -> None:
    """Both pass the first look, on the state before the block."""
    first, second = two_on_one_machine(chain)
    answers = [chain.ask(register) for register in (first, second)]
    chain.check(first)
    chain.check(second)
    chain.confirm(first, answers[0])
    assert reason_of(lambda: chain.confirm(second, answers[1])) == "machine_in_use"


def test_14_a_machine_is_free_when_its_node_ends(chain: RegistrationChain) -> None:
    first, second = two_on_one_machine(chain)
    chain.register(first)
    chain.execute(MsgRevokeNode(ALICE, chain.record(first).node_id))
    chain.register(second)


def test_14_an_expired_node_does_not_hold_its_machine(chain: RegistrationChain) -> None:
    first, second = two_on_one_machine(chain)
    chain.register(first)
    chain.commit_until(8 + LIFE_BLOCKS - 1)
    assert reason_of(lambda: chain.check(second)) == "machine_in_use"
    chain.commit()
    chain.register(second)
