"""32: a host replays an old proof of freshness, or proves another nonce.

That nobody but the operator can put a nonce on the chain is the chain's half
(tests/chain_module/app/test_nonces.py); here the operator is the attacker.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import pytest

from enclave.errors import Code
from enclave.registration.freshness import Freshness, decode_freshness, encode_freshness
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.enclaves import Node
from tests.support.refusals import refused_unchanged
from tests.support.world import Ledger, network

Scene = tuple[Ledger, Node, Node]


@pytest.fixture
def scene() -> Scene:
    ledger, (founder, member) = network("founder", "member")
    return ledger, founder, member


def ask(chain: chain_pb2.ChainProof) -> pb.ConfirmNodesRequest:
    return pb.ConfirmNodesRequest(chain=chain)


def fresh_proof(ledger: Ledger, node: Node) -> chain_pb2.ChainProof:
    """One that the enclave would take: its nonce is on the chain."""
    ledger.make_fresh(node)
    return ledger.proof(node)


def test_32_a_proof_of_the_start_before_opens_nothing(scene: Scene) -> None:
    """As it was sent, and of the same nonce under ever newer headers."""
    ledger, _, member = scene
    old = fresh_proof(ledger, member)
    member.confirm(ask(old))
    member.start()
    with refused_unchanged(member, Code.NOT_FRESH):
        member.confirm(ask(old))
    for _ in range(3):
        ledger.height += 7
        with refused_unchanged(member, Code.NOT_FRESH):
            member.confirm(ask(ledger.proof(member)))
    member.confirm(ask(fresh_proof(ledger, member)))


def test_32_a_nonce_that_was_not_used_before_the_restart_is_old_too(scene: Scene) -> None:
    ledger, _, member = scene
    unused = fresh_proof(ledger, member)
    member.start()
    with refused_unchanged(member, Code.NOT_FRESH):
        member.confirm(ask(unused))


def test_32_the_operator_publishes_an_old_nonce_again(scene: Scene) -> None:
    """The chain takes it, and gives it a new height: to this start it is any other nonce."""
    ledger, _, member = scene
    member.confirm(ask(fresh_proof(ledger, member)))
    node_id = member.info().node_id
    old = ledger.freshness[node_id]
    member.start()
    ledger.freshness[node_id] = Freshness(old.nonce, ledger.height, (ledger.height,))
    with refused_unchanged(member, Code.NOT_FRESH):
        member.confirm(ask(ledger.proof(member)))


def test_32_while_it_runs_the_proven_nonce_opens_no_more_headers(scene: Scene) -> None:
    """Published again at a newer height it would, if the enclave did not make another each time."""
    ledger, _, member = scene
    member.confirm(ask(fresh_proof(ledger, member)))
    until, node_id = member.info().fresh_until, member.info().node_id
    nonce = ledger.freshness[node_id].nonce
    ledger.height += 500
    ledger.freshness[node_id] = Freshness(nonce, ledger.height, (ledger.height,))
    member.confirm(ask(ledger.proof(member)))
    assert member.info().fresh_until == until
    ledger.height = until + 1
    with refused_unchanged(member, Code.NOT_FRESH):
        member.confirm(ask(ledger.proof(member)))


def test_32_another_node_s_nonce_opens_nothing(scene: Scene) -> None:
    """Published under this node's name, and shown under the other's."""
    ledger, founder, member = scene
    ledger.make_fresh(founder)
    others = ledger.freshness[founder.info().node_id]
    ledger.freshness[member.info().node_id] = others
    with refused_unchanged(member, Code.NOT_FRESH):
        member.confirm(ask(ledger.proof(member)))
    chain = ledger.proof(member)
    chain.freshness.CopyFrom(ledger.proof(founder).freshness)
    with refused_unchanged(member, Code.BAD_PROOF):
        member.confirm(ask(chain))


def _nonce(record: Freshness) -> Freshness:
    return replace(record, nonce=bytes(32))


def _height(record: Freshness) -> Freshness:
    return replace(record, height=record.height + 1, recent_heights=(record.height + 1,))


@pytest.mark.parametrize("change", [_nonce, _height])
def test_32_a_record_that_the_chain_does_not_have_is_no_proof(
    scene: Scene, change: Callable[[Freshness], Freshness]
) -> None:
    """Not even a younger height of the right nonce."""
    ledger, _, member = scene
    chain = fresh_proof(ledger, member)
    chain.freshness.value = encode_freshness(change(decode_freshness(chain.freshness.value)))
    with refused_unchanged(member, Code.BAD_PROOF):
        member.confirm(ask(chain))


def test_32_no_nonce_and_none_shown(scene: Scene) -> None:
    ledger, _, member = scene
    ledger.freshness.pop(member.info().node_id, None)
    chain = ledger.proof(member)
    absent = copy.deepcopy(chain)
    absent.ClearField("freshness")
    for shown in (chain, absent):
        with refused_unchanged(member, Code.NOT_FRESH):
            member.confirm(ask(shown))
