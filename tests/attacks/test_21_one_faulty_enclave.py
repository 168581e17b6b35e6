"""21: one validator's enclave produces different bytes for a confirm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from seedpact.enclave.v1 import service_pb2
from tests.support.chain import Chain
from tests.support.enclaves import Node


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    """Four holders, one of which answers wrong envelopes."""
    chain = Chain(tmp_path)
    chain.blocks(3)
    for number in range(1, 4):
        chain.join(number)
    chain.peers[2].source.corrupt = lambda envelope: bytes(reversed(envelope))
    yield chain
    chain.close()


def test_21_its_block_is_refused(chain: Chain) -> None:
    newcomer = Node("newcomer")
    assert chain.send(chain.register_tx(newcomer, chain.people["alice"])).code == 0
    wrong = chain.propose(2)
    assert len(wrong) == 2
    assert chain.votes(wrong) == [False, False, True, False]
    # The next round's proposer succeeds, and the faulty one leaves registers out for a while.
    right = chain.propose(3)
    assert chain.votes(right, round_=1) == [True, True, False, True]
    chain.decide(right, round_=1)
    chain.import_seed(newcomer)
    assert newcomer.info().state == service_pb2.ENCLAVE_STATE_HOLDER
    assert chain.send(chain.register_tx(Node("second"), chain.people["bob"])).code == 0
    assert chain.propose(2) == ()


def test_21_it_alone_votes_nil_and_all_states_are_equal(chain: Chain) -> None:
    for name, operator in (("a", "alice"), ("b", "bob"), ("c", "carol")):
        newcomer = Node(name)
        assert chain.send(chain.register_tx(newcomer, chain.people[operator])).code == 0
        txs = chain.propose(0)
        assert chain.votes(txs) == [True, True, False, True]
        chain.decide(txs)
        chain.import_seed(newcomer)
    hashes = {peer.storage.state.newest.app_hash for peer in chain.peers}
    assert len(hashes) == 1
