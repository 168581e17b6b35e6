"""19: a node is revoked in the block of its renewal, before the confirm: no ciphertext."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chain_module.address import to_text
from chain_module.app.proposals import split
from chain_module.registration.messages import REVOKE_NODE
from enclave.registration.records import NodeStatus
from seedpact.registration.v1 import tx_pb2
from tests.support.chain import Chain
from tests.support.wallets import Account

AUTHORITY = Account("authority")


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    chain = Chain(tmp_path, people=("alice", "authority"), authority=AUTHORITY.address)
    chain.blocks(3)
    for number in range(1, 4):
        chain.join(number)
    yield chain
    chain.close()


@pytest.mark.parametrize("renewal_first", [True, False])
def test_19_a_node_revoked_in_the_block_of_its_renewal_gets_no_envelope(
    chain: Chain, *, renewal_first: bool
) -> None:
    peer = chain.peers[3]
    before = chain.record(peer.enclave)
    assert before is not None
    renewal = chain.register_tx(peer.enclave, peer.operator)
    confirms = split(chain.confirmed(renewal))[1]
    revoke = chain.sign(
        chain.people["authority"],
        (
            REVOKE_NODE,
            tx_pb2.MsgRevokeNode(signer=to_text(AUTHORITY.address), node_id=before.node_id),
        ),
    )
    users = (renewal, revoke) if renewal_first else (revoke, renewal)
    for raw in users:
        chain.send(raw)
    assert chain.propose(0) == (revoke,)
    assert chain.votes((*users, *confirms)) == [False] * 4
    results = chain.decide((*users, *confirms)).tx_results
    assert results[-1].log.startswith("node_revoked")
    after = chain.record(peer.enclave)
    assert after is not None
    assert (after.status, after.envelope) == (NodeStatus.REVOKED, before.envelope)
    # A REVOKED node_id never returns.
    chain.block()
    peer.operator.sequence = chain.sequence_of(peer.operator)
    again = chain.register_tx(peer.enclave, peer.operator)
    assert "node_revoked" in chain.check_only(again).log
