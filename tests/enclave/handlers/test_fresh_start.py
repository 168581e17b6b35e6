"""The nonce of a start: nothing is confirmed before the chain proves it, nor long after."""

from __future__ import annotations

import pytest

from enclave.errors import Code
from enclave.framework.start_nonce import StartNonce
from enclave.registration.freshness import FRESH_HEADERS, Freshness
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.enclaves import Entropy, Node
from tests.support.refusals import refused, refused_unchanged
from tests.support.world import Ledger, network


@pytest.fixture
def scene() -> tuple[Ledger, Node]:
    ledger, (founder,) = network("founder")
    return ledger, founder


def ask(ledger: Ledger, founder: Node) -> pb.ConfirmNodesRequest:
    """Nobody to confirm, and nobody's nonce published."""
    return pb.ConfirmNodesRequest(chain=ledger.proof(founder))


def test_without_a_proof_of_this_starts_nonce_nothing_is_confirmed(
    scene: tuple[Ledger, Node],
) -> None:
    ledger, founder = scene
    assert len(founder.info().freshness_nonce) == 32
    assert founder.info().fresh_until == 0
    with refused_unchanged(founder, Code.NOT_FRESH):
        founder.confirm(ask(ledger, founder))
    unsaid = ask(ledger, founder)
    unsaid.chain.ClearField("freshness")
    with refused_unchanged(founder, Code.NOT_FRESH):
        founder.confirm(unsaid)


def test_a_proven_nonce_opens_a_thousand_headers_and_the_next_is_another(
    scene: tuple[Ledger, Node],
) -> None:
    ledger, founder = scene
    nonce = founder.info().freshness_nonce
    ledger.make_fresh(founder)
    founder.confirm(ask(ledger, founder))
    info = founder.info()
    assert info.fresh_until == ledger.freshness[info.node_id].height + FRESH_HEADERS
    assert info.freshness_nonce != nonce
    # The chain still has the nonce that was proven; it opens nothing more, and stops nothing.
    ledger.height += 5
    founder.confirm(ask(ledger, founder))
    assert founder.info() == _trusting(info, ledger.height - 1)


def _trusting(info: pb.GetInfoResponse, height: int) -> pb.GetInfoResponse:
    expected = pb.GetInfoResponse()
    expected.CopyFrom(info)
    expected.trusted_height = height
    return expected


def test_the_last_block_is_confirmed_and_the_one_after_it_not(
    scene: tuple[Ledger, Node],
) -> None:
    ledger, founder = scene
    ledger.make_fresh(founder)
    founder.confirm(ask(ledger, founder))
    ledger.height = founder.info().fresh_until
    founder.confirm(ask(ledger, founder))
    ledger.height += 1
    with refused_unchanged(founder, Code.NOT_FRESH):
        founder.confirm(ask(ledger, founder))
    ledger.make_fresh(founder)
    founder.confirm(ask(ledger, founder))


def test_a_restart_asks_for_another_nonce(scene: tuple[Ledger, Node]) -> None:
    ledger, founder = scene
    ledger.make_fresh(founder)
    request = ask(ledger, founder)
    founder.confirm(request)
    founder.start()
    with refused_unchanged(founder, Code.NOT_FRESH):
        founder.confirm(request)
    ledger.make_fresh(founder)
    founder.confirm(ask(ledger, founder))


def test_a_refused_confirm_does_not_spend_the_nonce(scene: tuple[Ledger, Node]) -> None:
    ledger, founder = scene
    ledger.make_fresh(founder)
    request = ask(ledger, founder)
    before = founder.info()
    bad = pb.ConfirmNodesRequest(chain=request.chain)
    bad.chain.own_record.CopyFrom(chain_pb2.ProvenEntry())
    with refused_unchanged(founder, Code.BAD_PROOF):
        founder.confirm(bad)
    records = dict(ledger.records)
    ledger.records.clear()
    with refused_unchanged(founder, Code.RECORD_MISMATCH):
        founder.confirm(ask(ledger, founder))
    assert founder.info() == before
    ledger.records = records
    founder.confirm(ask(ledger, founder))


def test_import_and_renewal_need_no_nonce(scene: tuple[Ledger, Node]) -> None:
    ledger, founder = scene
    member = Node("member")
    ledger.join(member, founder)
    founder.start()
    for node in (founder, member):
        purpose = ledger.purpose()
        purpose.chain.CopyFrom(ledger.proof(node, anchors=[purpose.anchor_height]))
        assert node.make_quote(purpose).evidence.quote
        assert node.info().fresh_until == 0


def test_who_holds_no_seed_says_no_nonce(scene: tuple[Ledger, Node]) -> None:
    ledger, _ = scene
    node = Node("newcomer")
    assert node.info().freshness_nonce == b""
    ledger.prepare(node)
    assert node.info().freshness_nonce == b""


class TestStartNonce:
    def test_any_other_nonce_is_refused(self) -> None:
        entropy = Entropy("start")
        nonce = StartNonce.fresh(entropy)
        other = Freshness(bytes(32), 9, (9,))
        with refused(Code.NOT_FRESH):
            nonce.after(other, entropy)
        once = nonce.after(Freshness(nonce.nonce, 9, (9,)), entropy)
        assert once.until == 9 + FRESH_HEADERS
        for old in (other, Freshness(b"", 9, (9,))):
            with refused(Code.NOT_FRESH):
                once.after(old, entropy)
        assert once.after(Freshness(nonce.nonce, 500, (500,)), entropy) == once
        twice = once.after(Freshness(once.nonce, 700, (700,)), entropy)
        assert twice.until == 700 + FRESH_HEADERS
        with refused(Code.NOT_FRESH):
            twice.after(Freshness(nonce.nonce, 701, (701,)), entropy)
