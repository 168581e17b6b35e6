"""31: a host shows its enclave a chain that is true, and stands still: after it came a revocation.

Everything that is shown was signed by the validators and is proven; it is only old. What stops the
enclave is its nonce (after a start), the 1,000 headers (while it runs), and that the headers which
newcomers bind are not in the view that it is kept in.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Final

import pytest

from enclave.errors import Code
from enclave.registration.freshness import FRESH_HEADERS
from enclave.registration.records import NodeStatus
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.enclaves import Node
from tests.support.refusals import refused, refused_unchanged
from tests.support.world import Ledger, network

ENVELOPE_BYTES: Final = 48
STARTS: Final = 3


@pytest.fixture
def scene() -> tuple[Ledger, Node]:
    """The view in which the host keeps its enclave, a holder; the true chain goes on without it."""
    ledger, (_, member) = network("founder", "member")
    return ledger, member


def newcomer_of(ledger: Ledger, name: str) -> tuple[pb.Newcomer, bytes]:
    """A register that this view of the chain would take, and its collateral."""
    node = Node(name)
    ledger.prepare(node)
    purpose = ledger.purpose()
    quote = node.make_quote(purpose)
    return ledger.newcomer(quote, purpose), quote.evidence.collateral


def revoked(ledger: Ledger, member: Node) -> Ledger:
    """The true chain, which goes on from this view and revokes the member."""
    true = copy.deepcopy(ledger)
    node_id = member.info().node_id
    true.records[node_id] = replace(true.records[node_id], status=NodeStatus.REVOKED)
    del true.freshness[node_id]
    return true


def test_31_after_a_start_a_frozen_view_serves_nobody(scene: tuple[Ledger, Node]) -> None:
    """The old requests, and any other that can be made of that view."""
    ledger, member = scene
    request = ledger.confirm_request(member, newcomer_of(ledger, "before"))
    (answer,) = member.confirm(request)
    assert len(answer.envelope) == ENVELOPE_BYTES
    for number in range(STARTS):
        member.start()
        view = copy.deepcopy(ledger)
        late, collateral = newcomer_of(view, f"late {number}")
        again = pb.ConfirmNodesRequest(
            chain=view.proof(member, anchors=[late.anchor_height]),
            newcomers=[late],
            collaterals=[collateral],
        )
        for shown in (request, again):
            with refused_unchanged(member, Code.NOT_FRESH):
                member.confirm(shown)
    # Nor can the nonce get there: the true chain refuses it for a revoked node, and shows why.
    true = revoked(ledger, member)
    with refused_unchanged(member, Code.NOT_FRESH):
        member.confirm(pb.ConfirmNodesRequest(chain=true.proof(member)))
    # An attacker that had more than 2/3 of the votes, to put it there all the same.
    true.make_fresh(member)
    with refused(Code.NODE_REVOKED):
        member.confirm(pb.ConfirmNodesRequest(chain=true.proof(member)))


def test_31_a_running_enclave_is_served_at_most_a_thousand_headers(
    scene: tuple[Ledger, Node],
) -> None:
    """The host shows headers, and keeps from the chain what its enclave asks for."""
    ledger, member = scene
    member.confirm(ledger.confirm_request(member))
    until = member.info().fresh_until
    published = ledger.freshness[member.info().node_id].height
    assert until == published + FRESH_HEADERS
    for height in (published + FRESH_HEADERS // 2, until):
        ledger.height = height
        newcomer, collateral = newcomer_of(ledger, f"at {height}")
        request = pb.ConfirmNodesRequest(
            chain=ledger.proof(member, anchors=[newcomer.anchor_height]),
            newcomers=[newcomer],
            collaterals=[collateral],
        )
        (answer,) = member.confirm(request)
        assert len(answer.envelope) == ENVELOPE_BYTES
    ledger.height = until + 1
    for _ in range(2):
        with refused_unchanged(member, Code.NOT_FRESH):
            member.confirm(pb.ConfirmNodesRequest(chain=ledger.proof(member)))
        ledger.height += FRESH_HEADERS // 10


def test_31_a_running_enclave_at_an_old_header_knows_no_newer_anchor(
    scene: tuple[Ledger, Node],
) -> None:
    """Whom the true chain would take now binds a header that is not in the view."""
    ledger, member = scene
    request = ledger.confirm_request(member)
    member.confirm(request)
    true = revoked(ledger, member)
    true.height += 10
    newcomer, collateral = newcomer_of(true, "newcomer")
    assert newcomer.anchor_height > ledger.height
    shown = pb.ConfirmNodesRequest(
        chain=ledger.proof(member, anchors=[newcomer.anchor_height]),
        newcomers=[newcomer],
        collaterals=[collateral],
    )
    (answer,) = member.confirm(shown)
    assert answer.refusal.code == Code.UNKNOWN_ANCHOR
    assert answer.envelope == b""
    # And once it is shown the true chain, it serves nobody any more.
    with refused_unchanged(member, Code.NODE_REVOKED):
        member.confirm(pb.ConfirmNodesRequest(chain=without_nonce(true, member)))


def without_nonce(ledger: Ledger, member: Node) -> chain_pb2.ChainProof:
    """A proof that leaves the nonce out: while it is fresh, it need not be shown."""
    chain = ledger.proof(member)
    chain.ClearField("freshness")
    return chain
