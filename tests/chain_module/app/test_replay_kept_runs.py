"""Law: Finalize answers alike whatever the node did with the block before (protocol.md section 6).

A node that proposed a block, one that judged it, in this round or an earlier one, and one that sees
it first when it is decided must give equal bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from chain_module.abci.responses import FinalizeBlockResponse
from chain_module.app.proposals import split
from node.abci import encoding
from node.application.application import ChainApplication
from tests.support.laws import slow_law
from tests.support.next_block import NextBlock, Txs
from tests.support.traffic import WISHES, Kind, Traffic, Wish, authority

EARLIER: Final = bytes([8]) * 32
"""The same transactions, proposed in an earlier round."""
COINS: Final = frozenset({Kind.SEND, Kind.MULTI_SEND, Kind.OVERSPEND, Kind.HALF})


class Place(NextBlock):
    """A block at the genesis, or behind a few others."""

    def __init__(self, folder: Path, *, history: bool) -> None:
        super().__init__(folder, authority=authority())
        self.traffic = Traffic(self.chain)
        if history:
            self.chain.blocks(3)
            for wish in (Wish(Kind.REGISTER, 0), Wish(Kind.REGISTER, 1), Wish(Kind.WIDEN)):
                raw = self.traffic.sign(wish, waiting=self.chain.mempool)
                assert self.chain.send(raw).code == 0
            self.chain.block()
            self.traffic.import_seeds()
            self.chain.blocks(2)


def proposer(place: Place, application: ChainApplication, mempool: Txs, txs: Txs) -> None:
    """Its own block: the run of Prepare is found again by its content."""
    assert place.prepared(application, mempool) == txs
    assert place.processed(application, txs)


def validator(place: Place, application: ChainApplication, mempool: Txs, txs: Txs) -> None:
    """Somebody else's block."""
    del mempool
    assert place.processed(application, txs)


def two_rounds(place: Place, application: ChainApplication, mempool: Txs, txs: Txs) -> None:
    """One block in two rounds, others between them, one of them its own."""
    assert place.processed(application, txs, block_hash=EARLIER)
    place.prepared(application, mempool[:1])
    place.processed(application, txs[:1], block_hash=bytes(32))
    assert place.processed(application, txs)


def earlier_round(place: Place, application: ChainApplication, mempool: Txs, txs: Txs) -> None:
    """It judged the earlier round only; the decided block has another hash."""
    del mempool
    assert place.processed(application, txs, block_hash=EARLIER)


WAYS: Final[Mapping[str, Callable[[Place, ChainApplication, Txs, Txs], None]]] = {
    "proposer": proposer,
    "validator": validator,
    "two rounds": two_rounds,
    "earlier round": earlier_round,
}


@pytest.fixture(scope="module", params=[False, True], ids=["first-block", "later-block"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """At the genesis, and behind a few blocks."""
    place = Place(tmp_path_factory.mktemp("place"), history=request.param)
    yield place
    place.chain.close()


@slow_law()
@given(wishes=st.lists(WISHES, max_size=10))
def test_what_was_kept_changes_no_answer(place: Place, wishes: list[Wish]) -> None:
    """Finalize after Prepare, after Process, after both in other rounds, or alone: one answer."""
    if not place.chain.height:
        # There is no header to quote yet, nor a policy to change.
        wishes = [wish for wish in wishes if wish.kind in COINS]
    mempool: list[bytes] = []
    for wish in wishes:
        mempool.append(place.traffic.sign(wish, waiting=mempool))
    txs = place.prepared(place.application(), mempool)
    event(f"{len(split(txs)[1])} confirms")
    alone = as_sent(place.finalized(place.application(), txs))
    for name, way in WAYS.items():
        application = place.application()
        way(place, application, tuple(mempool), txs)
        assert as_sent(place.finalized(application, txs)) == alone, name


def as_sent(response: FinalizeBlockResponse) -> bytes:
    """As it goes to the engine."""
    data = encoding.finalize_block(response).SerializeToString()
    assert isinstance(data, bytes)
    return data
