"""Which requests write the backup: all that change more than a header (docs/adr/0022)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from enclave.crypto.sealing import Role
from enclave.errors import Code, Refusal
from enclave.framework.states import State
from enclave.framework.stored_backup import BACKUP_HEADERS
from enclave.service.home import Home
from seedpact.enclave.v1 import chain_pb2
from tests.support.crash_disk import CrashDisk
from tests.support.enclaves import Entropy, MemoryStorage, Node, restore
from tests.support.refusals import backed_up, entries, refused
from tests.support.world import Ledger, confirmed_newcomer, network

SAVED_ONCE = ["write", "sync", "rename", "sync"]


def blobs(node: Node) -> tuple[bytes | None, bytes | None]:
    """The stored state and the stored backup."""
    return node.storage.load(Role.STATE), node.storage.load(Role.BACKUP)


def fork_at(ledger: Ledger, start: int) -> chain_pb2.ReportForkRequest:
    """Two signed headers above `start`, of the chain and of its twin."""
    other = ledger.headers.fork(start)
    other.add(app_hash=b"\x02" * 32, time=ledger.time(start + 1))
    return chain_pb2.ReportForkRequest(
        first=ledger.headers.steps(start, [start + 1]), second=other.steps(start, [start + 1])
    )


@pytest.fixture
def holder() -> tuple[Ledger, Node]:
    """A holder that was led to a header, and has as many above it."""
    ledger, (founder,) = network("founder")
    ledger.height = 30
    ledger.catch_up()
    founder.follow(chain_pb2.FollowChainRequest(steps=ledger.headers.steps(None, [9])))
    return ledger, founder


@pytest.fixture
def newcomer() -> tuple[Ledger, Node, Node]:
    """A holder, and a newcomer whose registration the chain confirmed."""
    return confirmed_newcomer()


class TestWhatLeavesIt:
    def test_a_holder_that_follows_seals_its_state_alone(self, holder: tuple[Ledger, Node]) -> None:
        ledger, founder = holder
        state, backup = blobs(founder)
        founder.follow(chain_pb2.FollowChainRequest(steps=ledger.headers.steps(9, [12])))
        assert blobs(founder)[0] != state
        assert blobs(founder)[1] == backup
        assert founder.info().backup_current

    def test_a_confirm_seals_its_header_before_the_answer_and_leaves_the_backup(
        self, holder: tuple[Ledger, Node]
    ) -> None:
        ledger, founder = holder
        _, backup = blobs(founder)
        founder.confirm(ledger.confirm_request(founder))
        assert blobs(founder)[1] == backup
        trusted = founder.info().trusted_height
        assert trusted == ledger.height - 1
        founder.start()
        assert founder.info().trusted_height == trusted

    def test_a_newcomer_that_is_led_seals_its_state_alone(
        self, newcomer: tuple[Ledger, Node, Node]
    ) -> None:
        ledger, _, node = newcomer
        state, backup = blobs(node)
        proof = ledger.proof(node)
        anchor = proof.root.height
        node.follow(
            chain_pb2.FollowChainRequest(
                anchor_height=anchor,
                anchor_hash=ledger.headers.hash(anchor),
                root=proof.root,
                steps=proof.steps,
            )
        )
        assert blobs(node)[0] != state
        assert blobs(node)[1] == backup

    def test_what_changes_nothing_writes_nothing(self, holder: tuple[Ledger, Node]) -> None:
        ledger, founder = holder
        steps = ledger.headers.steps(None, [9])
        before = blobs(founder)
        founder.follow(chain_pb2.FollowChainRequest(steps=steps))
        founder.info()
        assert blobs(founder) == before

    def test_one_header_costs_four_calls_of_the_disk_two_of_them_syncs(self) -> None:
        disk, ledger = CrashDisk(), Ledger()
        storage = Home(Path("/enclave"), disk=disk, entropy=Entropy("home"))
        founder = Node("founder", storage=storage)
        ledger.bootstrap(founder)
        ledger.catch_up()
        assert [call.split()[0] for call in disk.calls] == 2 * SAVED_ONCE
        disk.calls.clear()
        founder.follow(chain_pb2.FollowChainRequest(steps=ledger.headers.steps(None, [9])))
        assert [call.split()[0] for call in disk.calls] == SAVED_ONCE
        assert not any("backup" in call for call in disk.calls)


class TestWhatRewritesIt:
    """After each, the backup opens to the state, byte for byte."""

    def check(self, node: Node, request: Callable[[], object]) -> None:
        _, backup = blobs(node)
        request()
        assert blobs(node)[1] != backup
        assert backed_up(node) == entries(node)

    def test_keys_quotes_and_the_seed_of_a_newcomer(self) -> None:
        ledger, (founder,) = network("founder")
        node = Node("newcomer")
        self.check(node, lambda: ledger.prepare(node))
        self.check(node, lambda: ledger.register(node, founder))
        self.check(node, lambda: node.make_quote(ledger.purpose()))
        assert ledger.register(node, founder).envelope
        shown = ledger.proof(node)
        self.check(node, lambda: node.import_seed(shown))

    def test_new_keys_for_those_that_were_discarded(
        self, newcomer: tuple[Ledger, Node, Node]
    ) -> None:
        ledger, _, node = newcomer
        kem_io = ledger.keys[-1].kem_io
        self.check(node, lambda: node.create_node_key(ledger.network, kem_io=kem_io, discard=True))

    def test_a_renewal(self, holder: tuple[Ledger, Node]) -> None:
        ledger, founder = holder
        purpose = ledger.purpose()
        purpose.chain.CopyFrom(ledger.proof(founder, anchors=[purpose.anchor_height]))
        self.check(founder, lambda: founder.make_quote(purpose))

    def test_a_fork_that_is_proven_to_a_holder(self, holder: tuple[Ledger, Node]) -> None:
        ledger, founder = holder
        self.check(founder, lambda: founder.report_fork(fork_at(ledger, 9)))

    def test_a_fork_that_is_proven_to_a_newcomer(self, newcomer: tuple[Ledger, Node, Node]) -> None:
        ledger, _, node = newcomer
        anchor = ledger.bound[node.info().node_id]
        request = fork_at(ledger, anchor)
        request.anchor_height, request.anchor_hash = anchor, ledger.headers.hash(anchor)
        request.root.CopyFrom(ledger.headers.root(anchor))
        self.check(node, lambda: node.report_fork(request))

    def test_a_restore(self, holder: tuple[Ledger, Node]) -> None:
        ledger, founder = holder
        _, backup = blobs(founder)
        assert backup is not None
        founder.storage = MemoryStorage()
        founder.start()
        self.check(founder, lambda: restore(founder, backup, ledger.network_id))

    def test_a_start_where_the_state_has_a_newer_header(self, holder: tuple[Ledger, Node]) -> None:
        _, founder = holder
        self.check(founder, founder.start)
        before = blobs(founder)
        founder.start()
        assert blobs(founder) == before

    def test_a_header_of_another_thousand(self) -> None:
        """So it never lacks as many as a proven nonce is good for."""
        ledger, (founder,) = network("founder")
        last = BACKUP_HEADERS - 1
        ledger.height = BACKUP_HEADERS + 2
        ledger.catch_up()

        def follow(start: int | None, to: int) -> None:
            steps = ledger.headers.steps(start, [to])
            founder.follow(chain_pb2.FollowChainRequest(steps=steps))

        _, backup = blobs(founder)
        follow(None, last)
        assert blobs(founder)[1] == backup
        self.check(founder, lambda: follow(last, BACKUP_HEADERS))
        _, backup = blobs(founder)
        follow(BACKUP_HEADERS, BACKUP_HEADERS + 1)
        assert blobs(founder)[1] == backup


class TestAfterARestore:
    def test_an_older_header_serves_nobody_before_a_proof_of_this_start(
        self, holder: tuple[Ledger, Node]
    ) -> None:
        """The host asks what was answered before, and is led on to where the state had been."""
        ledger, founder = holder
        request = ledger.confirm_request(founder)
        founder.confirm(request)
        _, backup = blobs(founder)
        assert backup is not None
        trusted = founder.info().trusted_height
        founder.storage = MemoryStorage()
        founder.start()
        restore(founder, backup, ledger.network_id)
        assert founder.enclave.state is State.HOLDER
        assert founder.info().trusted_height < trusted
        again = ledger.proof(founder)
        with refused(Code.NOT_FRESH):
            founder.confirm(type(request)(chain=again))
        founder.confirm(ledger.confirm_request(founder))
        assert founder.info().trusted_height > trusted

    def test_a_fork_stays_proven(self, holder: tuple[Ledger, Node]) -> None:
        ledger, founder = holder
        founder.report_fork(fork_at(ledger, 9))
        _, backup = blobs(founder)
        assert backup is not None
        founder.storage = MemoryStorage()
        founder.start()
        restore(founder, backup, ledger.network_id)
        assert founder.info().forked
        with refused(Code.FORKED):
            founder.confirm(ledger.confirm_request(founder))


class TestADiskThatRefusesIt:
    def test_the_answer_is_withheld_and_the_next_header_tries_again(
        self, newcomer: tuple[Ledger, Node, Node]
    ) -> None:
        ledger, _, node = newcomer
        storage = node.storage
        assert isinstance(storage, MemoryStorage)

        def no_backup(role: Role) -> None:
            if role is Role.BACKUP:
                raise Refusal(Code.STORAGE_FAILED, expected="room", found="none")

        storage.on_save = no_backup
        with refused(Code.STORAGE_FAILED):
            node.make_quote(ledger.purpose())
        assert not node.info().backup_current
        proof = ledger.proof(node)
        anchor = proof.root.height
        request = chain_pb2.FollowChainRequest(
            anchor_height=anchor,
            anchor_hash=ledger.headers.hash(anchor),
            root=proof.root,
            steps=proof.steps,
        )
        with refused(Code.STORAGE_FAILED):
            node.follow(request)
        storage.on_save = lambda _role: None
        node.info()
        assert not node.info().backup_current
        node.make_quote(ledger.purpose())
        assert node.info().backup_current

    def test_a_header_needs_no_room_for_it(self, holder: tuple[Ledger, Node]) -> None:
        ledger, founder = holder
        assert isinstance(founder.storage, MemoryStorage)

        def no_backup(role: Role) -> None:
            assert role is Role.STATE

        founder.storage.on_save = no_backup
        founder.follow(chain_pb2.FollowChainRequest(steps=ledger.headers.steps(9, [12])))
        assert founder.info().backup_current
