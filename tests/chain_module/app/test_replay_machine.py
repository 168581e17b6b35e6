"""Random chains of three real applications: what holds after every block, whatever was in it.

Proposers change, nodes die between Prepare, Process and Finalize, and some blocks are such as no
honest node proposes. After each: all nodes answer alike, no coin is made or lost, each record has
exactly one register and one confirm in the block that it names, and no store is empty.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chain_module.abci import responses as res
from chain_module.app.modules import STORES
from chain_module.app.proposals import split
from chain_module.bank.balances import check_supply
from chain_module.errors import TxRefusal
from chain_module.registration import keeper
from chain_module.registration.confirm_tx import decode_confirm, is_confirm
from enclave.registration.records import NodeRecord, NodeStatus
from tests.support.chain import Chain
from tests.support.laws import slow_law
from tests.support.traffic import NEWCOMERS, WISHES, Kind, Traffic, Wish, authority

NODES: Final = 3
PERIOD_SECS: Final = 120
"""Of a registration: 24 blocks, fewer where time passes, so that some expire."""

wishes = st.lists(WISHES, max_size=5)
nodes = st.integers(0, NODES - 1)


class Blocks(RuleBasedStateMachine):
    """A chain of which two nodes hold the seed, and the third does not."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="seedpact-blocks-"))
        self.chain = Chain(
            self.folder,
            nodes=NODES,
            authority=authority(),
            registration_period_secs=PERIOD_SECS,
        )
        self.traffic = Traffic(self.chain)
        self.decided: dict[int, tuple[Sequence[bytes], res.FinalizeBlockResponse]] = {}
        for _ in range(3):
            self._keep(self.chain.propose())
        self._send([Wish(Kind.REGISTER, NEWCOMERS + 1)])
        self._keep(self.chain.propose())
        self.traffic.import_seeds()

    @rule(wishes=wishes, proposer=nodes, early=st.none() | nodes, late=st.none() | nodes)
    def honest_block(
        self, wishes: list[Wish], proposer: int, early: int | None, late: int | None
    ) -> None:
        """A block is proposed, accepted by all, and decided; nodes start again on the way."""
        self._send(wishes)
        txs = self.chain.propose(proposer)
        if early is not None:
            self.chain.restart(early)
        assert all(self.chain.votes(txs))
        if late is not None:
            self.chain.restart(late)
        self._keep(txs)

    @rule(wishes=wishes, proposer=nodes)
    def block_of_the_second_round(self, wishes: list[Wish], proposer: int) -> None:
        """One proposal fails by bad luck, and another node's is decided."""
        self._send(wishes)
        assert all(self.chain.votes(self.chain.propose(proposer)))
        txs = self.chain.propose((proposer + 1) % NODES)
        assert all(self.chain.votes(txs, round_=1))
        self._keep(txs, round_=1)

    @rule(wishes=wishes, data=st.data())
    def dishonest_block(self, wishes: list[Wish], data: st.DataObject) -> None:
        """More than 2/3 decide what breaks the rules: left out, twice, reordered, and rubbish."""
        self._send(wishes)
        users, confirms = split(self.chain.propose())
        parts = [*users, *confirms, *self.chain.mempool, b"", b"rubbish"]
        self._keep(data.draw(st.lists(st.sampled_from(parts), max_size=8)))

    @rule(seconds=st.integers(1, PERIOD_SECS // 2))
    def time_passes(self, seconds: int) -> None:
        """The next block is late."""
        self.chain.time_ns += seconds * 10**9

    @rule()
    def seeds_are_imported(self) -> None:
        """Newcomers open their envelopes; the next register of one is a holder's."""
        self.traffic.import_seeds()

    @invariant()
    def no_coin_is_made_or_lost(self) -> None:
        try:
            check_supply(self.chain.state)
        except TxRefusal as refusal:
            raise AssertionError(str(refusal)) from None

    @invariant()
    def each_record_has_one_register_and_one_confirm_in_its_block(self) -> None:
        for record in keeper.nodes(self.chain.state):
            if any(record.register_tx_hash):
                self._check_block_of(record)

    @invariant()
    def live_records_are_those_that_expire(self) -> None:
        """The order of expiry names each CONFIRMED record and no other."""
        confirmed = {
            record.node_id
            for record in keeper.nodes(self.chain.state)
            if record.status is NodeStatus.CONFIRMED
        }
        expiries = [record.expires_at for record in keeper.nodes(self.chain.state)]
        latest = max(expiries, key=lambda time: (time.seconds, time.nanos))
        assert set(keeper.due(self.chain.state, latest)) == confirmed

    @invariant()
    def no_store_is_empty(self) -> None:
        for name in STORES:
            assert next(iter(self.chain.state.store(name).iterate()), None) is not None, name

    def teardown(self) -> None:
        records = list(keeper.nodes(self.chain.state))
        event(f"{len(records) - 2} newcomers")
        for record in records:
            event(f"a record that is {record.status.name}")
        self.chain.close()
        shutil.rmtree(self.folder)

    def _send(self, wishes: list[Wish]) -> None:
        """To the mempool, where they may be refused."""
        for wish in wishes:
            self.chain.send(self.traffic.sign(wish, waiting=self.chain.mempool))

    def _keep(self, txs: Sequence[bytes], *, round_: int = 0) -> None:
        """Decides a block; `Chain.decide` compares the answers of all nodes."""
        response = self.chain.decide(txs, round_=round_)
        assert len({peer.storage.state.newest.app_hash for peer in self.chain.peers}) == 1
        self.decided[self.chain.height] = tuple(txs), response

    def _check_block_of(self, record: NodeRecord) -> None:
        txs, response = self.decided[record.height]
        codes = [result.code for result in response.tx_results]
        done = [
            index
            for index, raw in enumerate(txs)
            if hashlib.sha256(raw).digest() == record.register_tx_hash and not codes[index]
        ]
        assert len(done) == 1
        confirms = [
            decode_confirm(raw)
            for raw, code in zip(txs, codes, strict=True)
            if is_confirm(raw) and not code
        ]
        mine = [one for one in confirms if one.register_tx_hash == record.register_tx_hash]
        assert [one.envelope for one in mine] == [record.envelope]


TestBlocks = Blocks.TestCase
# Each step is a block on three disks.
TestBlocks.settings = settings(slow_law(), stateful_step_count=12)
