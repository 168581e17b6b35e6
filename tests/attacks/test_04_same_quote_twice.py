"""Attack 4: the same quote registered twice, by the same and by another account.

[`already_registered`; no second envelope]. The chain's part: one attestation id, one node, one use.
The enclave's: one quote has one attestation id, however its bytes are dressed up; it is bound to
one account; and whoever shows it again gets the very same envelope, never a second one.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from chain_module.registration.gates import check_verdict, evidence_of
from chain_module.registration.messages import MsgRegisterNode
from enclave.attestation.quote import parse_quote
from enclave.errors import Code
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.enclaves import Node
from tests.support.registration_chain import RegistrationChain, reason_of
from tests.support.world import Ledger, network

ALICE = bytes([1]) * 20
MALLORY = bytes([13]) * 20
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SIGNATURE_AT = 48 + 384 + 4
"""Of an SGX v3 quote: after header, body and length; r, then s, 32 bytes each."""


@pytest.fixture
def scene() -> tuple[Ledger, Node, pb.ConfirmNodesRequest]:
    """A holder, and a request that shows one good quote."""
    ledger, (founder,) = network("founder")
    node = Node("newcomer")
    ledger.prepare(node)
    purpose = ledger.purpose()
    quote = node.make_quote(purpose)
    newcomer = ledger.newcomer(quote, purpose)
    request = ledger.confirm_request(founder, (newcomer, quote.evidence.collateral))
    return ledger, founder, request


def with_twin_signature(quote: bytes) -> bytes:
    """The other valid ECDSA signature over the same message: s becomes n - s."""
    at = SIGNATURE_AT + 32
    s = int.from_bytes(quote[at : at + 32], "big")
    return quote[:at] + (P256_ORDER - s).to_bytes(32, "big") + quote[at + 32 :]


def test_04_the_same_quote_again_gets_the_same_envelope(
    scene: tuple[Ledger, Node, pb.ConfirmNodesRequest],
) -> None:
    _, founder, request = scene
    request.newcomers.add().CopyFrom(request.newcomers[0])
    first, second = founder.confirm(request)
    assert first.envelope
    assert first == second


def test_04_another_account_gets_nothing(
    scene: tuple[Ledger, Node, pb.ConfirmNodesRequest],
) -> None:
    _, founder, request = scene
    request.newcomers[0].operator = bytes(20)
    (confirmation,) = founder.confirm(request)
    assert confirmation.refusal.code == Code.REPORT_DATA_MISMATCH
    assert confirmation.envelope == b""


def test_04_a_quote_in_other_bytes_is_the_same_attestation_and_gets_the_same_envelope(
    scene: tuple[Ledger, Node, pb.ConfirmNodesRequest],
) -> None:
    _, founder, request = scene
    (first,) = founder.confirm(request)
    quote = request.newcomers[0].quote
    twin = with_twin_signature(quote)
    assert twin != quote
    assert parse_quote(twin).attestation_id == parse_quote(quote).attestation_id
    request.newcomers[0].quote = twin
    assert founder.confirm(request) == [first]


@pytest.fixture
def registered() -> tuple[RegistrationChain, MsgRegisterNode]:
    """A chain, and a register that its block has confirmed."""
    chain = RegistrationChain()
    chain.commit_until(8)
    register = chain.newcomer("newcomer", ALICE)
    chain.register(register)
    return chain, register


@pytest.mark.parametrize("later", [0, 1, 50])
def test_04_on_the_chain_a_quote_counts_once(
    registered: tuple[RegistrationChain, MsgRegisterNode], later: int
) -> None:
    """For its account and for another, in its block and later, in the same bytes or not."""
    chain, register = registered
    record = chain.record(register)
    chain.commit_until(chain.height + later)
    dressed = replace(register, quote=with_twin_signature(register.quote))
    assert dressed.quote != register.quote
    for again in (register, dressed, replace(register, operator=MALLORY)):
        evidence = evidence_of(chain.block, again)
        found = reason_of(
            partial(check_verdict, chain.block, again, record.verdict, evidence, chain.context)
        )
        assert found == "already_registered"
    assert chain.record(register) == record
