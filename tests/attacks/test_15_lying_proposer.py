"""15: a proposer omits, invents, doubles or changes confirms; the next proposer succeeds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chain_module.registration import keeper
from enclave.attestation.types import TcbStatus
from node.application.application import ChainApplication
from node.application.parts import Parts
from tests.adversary.application import LyingApplication
from tests.adversary.lies import LIES, Lie
from tests.support.chain import Chain
from tests.support.enclaves import CHAIN_ID, Node, policy

HONEST, LIAR = 0, 1


@pytest.fixture(params=sorted(LIES))
def lie(request: pytest.FixtureRequest) -> Lie:
    return LIES[request.param]


@pytest.fixture
def chain(tmp_path: Path, lie: Lie) -> Iterator[Chain]:
    """Four validators that hold the seed; the second lies when it proposes."""

    def make(number: int, parts: Parts) -> ChainApplication:
        return LyingApplication(parts, lie) if number == LIAR else ChainApplication(parts)

    # A lie about a status that the policy allows is one that no gate finds.
    statuses = (TcbStatus.UP_TO_DATE, TcbStatus.SW_HARDENING_NEEDED)
    chain = Chain(tmp_path, make=make, policy_=policy(tcb_statuses=statuses))
    chain.blocks(3)
    for number in range(1, 4):
        chain.join(number)
    yield chain
    chain.close()


def test_15_lies_get_the_liars_vote_alone(chain: Chain, lie: Lie) -> None:
    alice, bob = chain.people["alice"], chain.people["bob"]
    newcomer = Node("newcomer")
    assert chain.send(alice.send(bob.address, 1, chain_id=CHAIN_ID)).code == 0
    assert chain.send(chain.register_tx(newcomer, bob)).code == 0

    told = chain.propose(LIAR)
    honest = chain.propose(HONEST)
    assert told != honest
    assert chain.votes(told, round_=0) == [number == LIAR for number in range(4)], lie.__name__

    # The next proposer of the same height is honest: its block is decided, the newcomer is in.
    assert chain.votes(honest, round_=1) == [True] * 4
    results = chain.decide(honest, round_=1).tx_results
    assert [result.code for result in results] == [0, 0, 0]
    assert chain.record(newcomer) is not None


def test_15_a_decided_lie_writes_no_record_without_its_register(chain: Chain, lie: Lie) -> None:
    """Were +2/3 to lie: nothing raises, all states are equal, and no seed is out of its record."""
    alice, bob = chain.people["alice"], chain.people["bob"]
    newcomer = Node("newcomer")
    assert chain.send(alice.send(bob.address, 1, chain_id=CHAIN_ID)).code == 0
    assert chain.send(chain.register_tx(newcomer, bob)).code == 0
    before = {record.node_id for record in keeper.nodes(chain.state)}

    chain.decide(chain.propose(LIAR))

    after = {record.node_id: record for record in keeper.nodes(chain.state)}
    assert set(after) - before <= {newcomer.info().node_id}, lie.__name__
    for node_id in set(after) - before:
        assert after[node_id].operator == bob.address
