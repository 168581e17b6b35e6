"""Law: Finalize answers alike whatever the node did with the block before (protocol.md section 6).

A node that proposed a block, one that judged it, in this round or an earlier one, and one that sees
it first when it is decided must give equal bytes. Nothing is committed: each way gets an
application of its own over one state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from chain_module.abci import common
from chain_module.abci import requests as req
from chain_module.abci import responses as res
from chain_module.app.proposals import split
from node.abci import encoding
from node.application.application import ChainApplication
from node.application.parts import Parts
from tests.support.chain import BLOCK_SECONDS, MAX_TX_BYTES, Chain
from tests.support.traffic import WISHES, Kind, Traffic, Wish, authority

Txs = tuple[bytes, ...]

HASH: Final = bytes([7]) * 32
EARLIER: Final = bytes([8]) * 32
"""The same transactions, proposed in an earlier round."""
COINS: Final = frozenset({Kind.SEND, Kind.MULTI_SEND, Kind.OVERSPEND, Kind.HALF})


class Place:
    """A chain of one node, and the applications that its next block is given to."""

    def __init__(self, folder: Path, *, history: bool) -> None:
        self._parts: list[Parts] = []
        self.chain = Chain(folder, nodes=1, make=self._make, authority=authority())
        self.traffic = Traffic(self.chain)
        if history:
            self.chain.blocks(3)
            for wish in (Wish(Kind.REGISTER, 0), Wish(Kind.REGISTER, 1), Wish(Kind.WIDEN)):
                assert (
                    self.chain.send(self.traffic.sign(wish, waiting=self.chain.mempool)).code == 0
                )
            self.chain.block()
            self.traffic.import_seeds()
            self.chain.blocks(2)

    def application(self) -> ChainApplication:
        """One that has just started."""
        application = ChainApplication(self._parts[0])
        if not self.chain.height:
            application.init_chain(self.chain.genesis)
        return application

    def prepared(self, application: ChainApplication, mempool: Sequence[bytes]) -> Txs:
        """What it proposes."""
        request = req.PrepareProposalRequest(
            max_tx_bytes=MAX_TX_BYTES,
            txs=tuple(mempool),
            local_last_commit=common.ExtendedCommitInfo(0, ()),
            misbehavior=(),
            height=self.chain.height + 1,
            time_ns=self._time_ns,
            next_validators_hash=bytes(32),
            proposer_address=bytes(20),
        )
        return application.prepare_proposal(request).txs

    def processed(
        self, application: ChainApplication, txs: Txs, block_hash: bytes
    ) -> res.ProposalStatus:
        """Its vote."""
        request = req.ProcessProposalRequest(
            txs=txs,
            proposed_last_commit=common.CommitInfo(0, ()),
            misbehavior=(),
            hash=block_hash,
            height=self.chain.height + 1,
            time_ns=self._time_ns,
            next_validators_hash=bytes(32),
            proposer_address=bytes(20),
        )
        return application.process_proposal(request).status

    def finalized(self, application: ChainApplication, txs: Txs) -> bytes:
        """Its answer, as it goes to the engine."""
        request = req.FinalizeBlockRequest(
            txs=txs,
            decided_last_commit=common.CommitInfo(0, ()),
            misbehavior=(),
            hash=HASH,
            height=self.chain.height + 1,
            time_ns=self._time_ns,
            next_validators_hash=bytes(32),
            proposer_address=bytes(20),
        )
        data = encoding.finalize_block(application.finalize_block(request)).SerializeToString()
        assert isinstance(data, bytes)
        return data

    @property
    def _time_ns(self) -> int:
        return self.chain.time_ns + BLOCK_SECONDS * 10**9

    def _make(self, _: int, parts: Parts) -> ChainApplication:
        self._parts.append(parts)
        return ChainApplication(parts)


def proposer(place: Place, application: ChainApplication, mempool: Txs, txs: Txs) -> None:
    """Its own block: the run of Prepare is found again by its content."""
    assert place.prepared(application, mempool) == txs
    assert place.processed(application, txs, HASH) is res.ProposalStatus.ACCEPT


def validator(place: Place, application: ChainApplication, mempool: Txs, txs: Txs) -> None:
    """Somebody else's block."""
    del mempool
    assert place.processed(application, txs, HASH) is res.ProposalStatus.ACCEPT


def two_rounds(place: Place, application: ChainApplication, mempool: Txs, txs: Txs) -> None:
    """One block in two rounds, another between them, and its own in vain."""
    assert place.processed(application, txs, EARLIER) is res.ProposalStatus.ACCEPT
    place.prepared(application, mempool[:1])
    place.processed(application, txs[:1], bytes(32))
    assert place.processed(application, txs, HASH) is res.ProposalStatus.ACCEPT


def earlier_round(place: Place, application: ChainApplication, mempool: Txs, txs: Txs) -> None:
    """It judged the earlier round only; the decided block has another hash."""
    del mempool
    assert place.processed(application, txs, EARLIER) is res.ProposalStatus.ACCEPT


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
    alone = place.finalized(place.application(), txs)
    for name, way in WAYS.items():
        application = place.application()
        way(place, application, tuple(mempool), txs)
        assert place.finalized(application, txs) == alone, name
