"""Verdicts are remembered by all that they depend on, gate time among them (section 6)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chain_module.registration.gates import EvidenceOf, evidence_of
from chain_module.registration.messages import MsgRegisterNode, outline_register
from enclave.errors import Code, Refusal
from node.application import verdicts
from node.application.verdicts import Verdicts
from seedpact.registration.v1 import tx_pb2
from tests.chain_module.app.test_process import flip
from tests.support.chain import Chain
from tests.support.enclaves import GENESIS_TIME, Node
from tests.support.refusals import refused

YEAR = 366 * 86_400


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    chain = Chain(tmp_path_factory.mktemp("verdicts"), nodes=1)
    chain.blocks(3)
    yield chain
    chain.close()


@pytest.fixture(scope="module")
def message(chain: Chain) -> tx_pb2.MsgRegisterNode:
    return chain.register_message(Node("newcomer"), chain.people["alice"])[1]


def evidence(chain: Chain, message: tx_pb2.MsgRegisterNode) -> EvidenceOf:
    register = outline_register(message.SerializeToString(deterministic=True)).read()
    assert isinstance(register, MsgRegisterNode)
    return evidence_of(chain.state, register)


@pytest.fixture
def memory(chain: Chain) -> Verdicts:
    return Verdicts(root_der=chain.network.inputs.floor.attestation_root)


def test_a_verdict_is_made_once_a_gate_time(
    chain: Chain, message: tx_pb2.MsgRegisterNode, memory: Verdicts
) -> None:
    found = evidence(chain, message)
    first = memory.verify(found, now=GENESIS_TIME)
    assert memory.verify(found, now=GENESIS_TIME) == first
    assert memory.made == 1
    memory.verify(found, now=GENESIS_TIME + 1)
    assert memory.made == 2


def test_another_time_is_another_verdict(
    chain: Chain, message: tx_pb2.MsgRegisterNode, memory: Verdicts
) -> None:
    found = evidence(chain, message)
    memory.verify(found, now=GENESIS_TIME)
    with refused(Code.CERTIFICATE_EXPIRED):
        memory.verify(found, now=GENESIS_TIME + 10 * YEAR)
    memory.verify(found, now=GENESIS_TIME)


def test_refusals_are_remembered_too(
    chain: Chain, message: tx_pb2.MsgRegisterNode, memory: Verdicts
) -> None:
    forged = tx_pb2.MsgRegisterNode()
    forged.CopyFrom(message)
    forged.quote = flip(message.quote, 100)
    found = evidence(chain, forged)
    raised = []
    for _ in range(2):
        with pytest.raises(Refusal) as caught:
            memory.verify(found, now=GENESIS_TIME)
        raised.append(caught.value)
    assert [one.code for one in raised] == [Code.QUOTE_SIGNATURE_INVALID] * 2
    assert raised[0] is not raised[1]
    assert memory.made == 1


def test_what_is_remembered_is_bounded(
    chain: Chain, message: tx_pb2.MsgRegisterNode, memory: Verdicts
) -> None:
    found = evidence(chain, message)
    limit = verdicts.REMEMBERED
    for second in range(limit + 1):
        memory.verify(found, now=GENESIS_TIME + second)
    memory.verify(found, now=GENESIS_TIME + limit)
    assert memory.made == limit + 1
    memory.verify(found, now=GENESIS_TIME)
    assert memory.made == limit + 2
