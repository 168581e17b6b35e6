"""Attack 32: the host replays an old freshness proof, or proves another nonce.

[reject]: the nonce is of this start, in memory alone, and the proof of the newest header.
"""

from __future__ import annotations

import pytest

from enclave.errors import Code
from enclave.registration.freshness import Freshness
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.refusals import refused_unchanged
from tests.support.world import Ledger, Node, network


@pytest.fixture
def scene() -> tuple[Ledger, Node, Node]:
    """Two holders; the nonce of the first was proven, and it started again."""
    ledger, (founder, member) = network("founder", "member")
    founder.confirm(ledger.confirm_request(founder))
    founder.start()
    return ledger, founder, member


def ask(ledger: Ledger, node: Node) -> pb.ConfirmNodesRequest:
    return pb.ConfirmNodesRequest(chain=ledger.proof(node))


def publish(ledger: Ledger, node: Node, nonce: bytes) -> None:
    ledger.settle()
    ledger.freshness[node.info().node_id] = Freshness(nonce, ledger.height, (ledger.height,))


def test_32_the_nonce_of_an_earlier_start_proves_nothing(
    scene: tuple[Ledger, Node, Node],
) -> None:
    """Also published again, in a newer block."""
    ledger, founder, _ = scene
    old = ledger.freshness[founder.info().node_id]
    with refused_unchanged(founder, Code.NOT_FRESH):
        founder.confirm(ask(ledger, founder))
    publish(ledger, founder, old.nonce)
    with refused_unchanged(founder, Code.NOT_FRESH):
        founder.confirm(ask(ledger, founder))


@pytest.mark.parametrize("nonce", [bytes(32), b"\xff" * 32])
def test_32_another_nonce_proves_nothing(scene: tuple[Ledger, Node, Node], nonce: bytes) -> None:
    ledger, founder, _ = scene
    publish(ledger, founder, nonce)
    with refused_unchanged(founder, Code.NOT_FRESH):
        founder.confirm(ask(ledger, founder))


def test_32_a_nonce_under_another_nodes_name_proves_nothing(
    scene: tuple[Ledger, Node, Node],
) -> None:
    ledger, founder, member = scene
    publish(ledger, member, founder.info().freshness_nonce)
    with refused_unchanged(founder, Code.NOT_FRESH):
        founder.confirm(ask(ledger, founder))
    theirs = ask(ledger, founder)
    theirs.chain.freshness.CopyFrom(ledger.proof(member).freshness)
    with refused_unchanged(founder, Code.BAD_PROOF):
        founder.confirm(theirs)


def test_32_an_old_proof_under_a_newer_header_proves_nothing(
    scene: tuple[Ledger, Node, Node],
) -> None:
    ledger, founder, _ = scene
    ledger.make_fresh(founder)
    proven = ask(ledger, founder)
    ledger.height += 20
    later = ask(ledger, founder)
    later.chain.freshness.CopyFrom(proven.chain.freshness)
    with refused_unchanged(founder, Code.BAD_PROOF):
        founder.confirm(later)


def test_32_a_proof_that_is_not_of_this_state_proves_nothing() -> None:
    """The chain has no nonce yet, and the host writes its own value over the absence."""
    ledger, (founder,) = network("alone")
    request = ask(ledger, founder)
    nonce = founder.info().freshness_nonce
    request.chain.freshness.value = b"\x0a\x20" + nonce + b"\x10\x05\x1a\x01\x05"
    with refused_unchanged(founder, Code.BAD_PROOF):
        founder.confirm(request)


def test_32_a_proven_nonce_is_spent(scene: tuple[Ledger, Node, Node]) -> None:
    """The old window does not grow by showing its nonce in newer blocks."""
    ledger, founder, _ = scene
    ledger.make_fresh(founder)
    nonce = founder.info().freshness_nonce
    founder.confirm(ask(ledger, founder))
    until = founder.info().fresh_until
    ledger.height = until - 1
    publish(ledger, founder, nonce)
    ledger.settle()
    assert ledger.height == until + 1
    with refused_unchanged(founder, Code.NOT_FRESH):
        founder.confirm(ask(ledger, founder))
