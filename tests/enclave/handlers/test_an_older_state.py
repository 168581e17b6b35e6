"""An older state beside a newer backup: the backup never gets poorer (docs/adr/0023)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from enclave.crypto.sealing import Role
from enclave.errors import Code, Refusal
from enclave.framework.states import State
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.enclaves import MemoryStorage, Node, backup, inputs, restore
from tests.support.refusals import backed_up, entries, refused, refused_unchanged
from tests.support.world import Ledger, confirmed_newcomer, network


def put_back(node: Node, state: bytes | None, blob: bytes | None) -> None:
    """The machine is started with these two files."""
    node.storage = MemoryStorage()
    for role, data in ((Role.STATE, state), (Role.BACKUP, blob)):
        if data is not None:
            node.storage.save(role, data)
    node.start()


def stored(node: Node, role: Role) -> bytes:
    """One of the two files."""
    blob = node.storage.load(role)
    assert blob is not None
    return blob


@pytest.fixture
def put_back_before_the_import() -> tuple[Ledger, Node, Node]:
    """A node that holds the seed, and of which somebody put the state of before back."""
    ledger, founder, node = confirmed_newcomer()
    before = stored(node, Role.STATE)
    node.import_seed(ledger.proof(node))
    put_back(node, before, stored(node, Role.BACKUP))
    return ledger, founder, node


def fork_of(ledger: Ledger, node: Node) -> chain_pb2.ReportForkRequest:
    """A fork above the anchor of a newcomer's quote."""
    anchor = ledger.bound[node.info().node_id]
    other = ledger.headers.fork(anchor)
    other.add(app_hash=b"\x02" * 32, time=ledger.time(anchor + 1))
    return chain_pb2.ReportForkRequest(
        anchor_height=anchor,
        anchor_hash=ledger.headers.hash(anchor),
        root=ledger.headers.root(anchor),
        first=ledger.headers.steps(anchor, [anchor + 1]),
        second=other.steps(anchor, [anchor + 1]),
    )


class TestBeforeTheImport:
    def test_the_backup_with_the_seed_is_kept_and_named(
        self, put_back_before_the_import: tuple[Ledger, Node, Node]
    ) -> None:
        ledger, founder, node = put_back_before_the_import
        blob = stored(node, Role.BACKUP)
        assert node.enclave.state is State.PENDING
        assert node.info().backup_newer
        assert not node.info().backup_current
        newer = node.enclave.backup_newer
        assert newer is not None
        assert newer.code is Code.BACKUP_NEWER
        for _ in range(2):
            node.start()
            assert stored(node, Role.BACKUP) == blob
        put_back(node, None, blob)
        restore(node, blob, ledger.network_id)
        assert node.enclave.keys.seed(0) == founder.enclave.keys.seed(0)
        assert node.info().backup_current
        assert not node.info().backup_newer
        node.start()
        assert not node.info().backup_newer

    REQUESTS: tuple[Callable[[Ledger, Node], object], ...] = (
        lambda ledger, node: node.make_quote(ledger.purpose()),
        lambda ledger, node: node.create_node_key(
            ledger.network, kem_io=ledger.keys[-1].kem_io, discard=True
        ),
    )

    @pytest.mark.parametrize("request_number", range(len(REQUESTS)))
    def test_what_would_overwrite_it_is_refused(
        self, put_back_before_the_import: tuple[Ledger, Node, Node], request_number: int
    ) -> None:
        ledger, _, node = put_back_before_the_import
        for _ in range(3):
            with refused_unchanged(node, Code.BACKUP_NEWER):
                self.REQUESTS[request_number](ledger, node)

    def test_the_same_import_once_more_makes_it_the_state_of_the_backup(
        self, put_back_before_the_import: tuple[Ledger, Node, Node]
    ) -> None:
        """The same generation with the same entries is no other history."""
        ledger, founder, node = put_back_before_the_import
        node.import_seed(ledger.proof(node))
        assert node.enclave.keys.seed(0) == founder.enclave.keys.seed(0)
        assert node.info().backup_current
        assert not node.info().backup_newer

    def test_it_can_be_led_on_and_leaves_the_backup(
        self, put_back_before_the_import: tuple[Ledger, Node, Node]
    ) -> None:
        ledger, _, node = put_back_before_the_import
        blob, proof = stored(node, Role.BACKUP), ledger.proof(node)
        anchor = proof.root.height
        node.follow(
            chain_pb2.FollowChainRequest(
                anchor_height=anchor,
                anchor_hash=ledger.headers.hash(anchor),
                root=proof.root,
                steps=proof.steps,
            )
        )
        node.start()
        assert node.info().trusted_height > anchor
        assert stored(node, Role.BACKUP) == blob
        assert node.info().backup_newer

    def test_a_fork_stops_it_all_the_same_and_leaves_the_backup(
        self, put_back_before_the_import: tuple[Ledger, Node, Node]
    ) -> None:
        ledger, _, node = put_back_before_the_import
        blob = stored(node, Role.BACKUP)
        node.report_fork(fork_of(ledger, node))
        node.start()
        assert node.info().forked
        assert stored(node, Role.BACKUP) == blob
        assert node.info().backup_newer

    def test_without_the_backup_it_goes_on_and_that_one_is_kept_when_it_comes_back(
        self, put_back_before_the_import: tuple[Ledger, Node, Node]
    ) -> None:
        """Moved away on purpose: then the old state makes generations of its own."""
        ledger, _, node = put_back_before_the_import
        blob = stored(node, Role.BACKUP)
        put_back(node, stored(node, Role.STATE), None)
        assert node.info().backup_current
        for _ in range(3):
            node.make_quote(ledger.purpose())
        put_back(node, stored(node, Role.STATE), blob)
        assert stored(node, Role.BACKUP) == blob
        assert node.info().backup_newer


class TestOtherStates:
    def test_a_holder_serves_and_does_not_renew(self) -> None:
        ledger, (founder,) = network("founder")
        ledger.height = 2_100
        ledger.catch_up()
        before = stored(founder, Role.STATE)
        purpose = ledger.purpose()
        purpose.chain.CopyFrom(ledger.proof(founder, anchors=[purpose.anchor_height]))
        founder.make_quote(purpose)
        blob = stored(founder, Role.BACKUP)
        put_back(founder, before, blob)
        founder.confirm(ledger.confirm_request(founder))
        purpose = ledger.purpose()
        purpose.chain.CopyFrom(ledger.proof(founder, anchors=[purpose.anchor_height]))
        with refused_unchanged(founder, Code.BACKUP_NEWER):
            founder.make_quote(purpose)
        assert founder.info().trusted_height > 2_000
        assert stored(founder, Role.BACKUP) == blob

    def test_the_bootstrap_quote_is_not_made_once_more(self) -> None:
        ledger, (founder,) = network("founder")
        before = stored(founder, Role.STATE)
        purpose = ledger.purpose()
        purpose.chain.CopyFrom(ledger.proof(founder, anchors=[purpose.anchor_height]))
        founder.make_quote(purpose)
        put_back(founder, before, stored(founder, Role.BACKUP))
        request = pb.MakeQuoteRequest(bootstrap=pb.BootstrapPurpose())
        with refused_unchanged(founder, Code.BACKUP_NEWER):
            founder.call("MakeQuote", request, pb.MakeQuoteResponse)

    def test_an_older_header_alone_is_no_older_state_and_the_backup_keeps_the_newer(self) -> None:
        ledger, (founder,) = network("founder")
        ledger.height = 30
        ledger.catch_up()
        before = stored(founder, Role.STATE)
        founder.follow(chain_pb2.FollowChainRequest(steps=ledger.headers.steps(None, [9])))
        founder.start()
        blob = stored(founder, Role.BACKUP)
        put_back(founder, before, blob)
        assert stored(founder, Role.BACKUP) == blob
        assert founder.info().backup_current
        assert not founder.info().backup_newer
        founder.follow(chain_pb2.FollowChainRequest(steps=ledger.headers.steps(None, [12])))
        founder.start()
        assert stored(founder, Role.BACKUP) != blob
        assert backed_up(founder) == entries(founder)

    def test_an_empty_enclave_says_that_a_backup_is_there(self) -> None:
        ledger, (founder,) = network("founder")
        blob = stored(founder, Role.BACKUP)
        put_back(founder, None, blob)
        assert founder.info().backup_newer
        with refused_unchanged(founder, Code.KEYS_EXIST):
            founder.create_node_key(ledger.network, kem_io=ledger.keys[-1].kem_io)
        assert not Node("empty").info().backup_newer

    def test_the_backup_of_another_networks_seed_is_kept(self) -> None:
        """Keys of one network, discarded for another whose seed was then held, and put back."""
        ledger, founder, _ = confirmed_newcomer()
        node = Node("node")
        node.create_node_key(inputs("another-1"), kem_io=ledger.keys[-1].kem_io)
        before = stored(node, Role.STATE)
        node.create_node_key(ledger.network, kem_io=ledger.keys[-1].kem_io, discard=True)
        ledger.register(node, founder)
        node.import_seed(ledger.proof(node))
        blob = stored(node, Role.BACKUP)
        put_back(node, before, blob)
        assert stored(node, Role.BACKUP) == blob
        assert node.info().backup_newer

    def test_a_backup_of_other_keys_is_kept_whatever_its_generation(self) -> None:
        """A paid registration's, put beside a state that is many generations on."""
        ledger, _, node = confirmed_newcomer()
        paid = stored(node, Role.BACKUP)
        put_back(node, None, None)
        ledger.prepare(node)
        for _ in range(5):
            node.make_quote(ledger.purpose())
        put_back(node, stored(node, Role.STATE), paid)
        assert stored(node, Role.BACKUP) == paid
        assert node.info().backup_newer

    def test_one_that_is_put_there_while_it_runs_is_kept(self) -> None:
        ledger, founder, node = confirmed_newcomer()
        del founder
        paid = stored(node, Role.BACKUP)
        put_back(node, None, None)
        ledger.prepare(node)
        node.storage.save(Role.BACKUP, paid)
        with refused_unchanged(node, Code.BACKUP_NEWER):
            node.make_quote(ledger.purpose())
        assert node.info().backup_newer


class TestRestore:
    def test_an_older_copy_is_refused_beside_a_newer_backup(self) -> None:
        ledger, founder, node = confirmed_newcomer()
        copied = backup(node)
        node.import_seed(ledger.proof(node))
        newest = stored(node, Role.BACKUP)
        put_back(node, None, newest)
        with refused_unchanged(node, Code.BACKUP_NEWER):
            restore(node, copied, ledger.network_id)
        assert node.info().backup_newer
        restore(node, newest, ledger.network_id)
        assert node.enclave.keys.seed(0) == founder.enclave.keys.seed(0)

    def test_a_newer_copy_replaces_an_older_backup(self) -> None:
        ledger, founder, node = confirmed_newcomer()
        older = stored(node, Role.BACKUP)
        node.import_seed(ledger.proof(node))
        copied = backup(node)
        put_back(node, None, older)
        restore(node, copied, ledger.network_id)
        assert backed_up(node) == entries(node)
        assert node.enclave.keys.seed(0) == founder.enclave.keys.seed(0)

    def test_a_restored_state_goes_on_where_its_backup_was(self) -> None:
        """What was copied before is older than what came after, for ever."""
        ledger, _, node = confirmed_newcomer()
        before = stored(node, Role.STATE)
        copied = backup(node)
        put_back(node, None, None)
        restore(node, copied, ledger.network_id)
        put_back(node, stored(node, Role.STATE), copied)
        assert not node.info().backup_newer
        node.make_quote(ledger.purpose())
        put_back(node, before, stored(node, Role.BACKUP))
        assert node.info().backup_newer


class TestADisk:
    def test_a_backup_that_does_not_open_is_no_backup_of_this_enclave(self) -> None:
        _, (founder,) = network("founder")
        put_back(founder, stored(founder, Role.STATE), b"junk")
        assert backed_up(founder) == entries(founder)
        assert founder.info().backup_current

    def test_a_backup_that_cannot_be_read_is_not_overwritten(self) -> None:
        ledger, _, node = confirmed_newcomer()
        state, blob = stored(node, Role.STATE), stored(node, Role.BACKUP)
        storage = Unreadable()
        storage.blobs = {Role.STATE: state, Role.BACKUP: blob}
        node.storage = storage
        node.start()
        assert not node.info().backup_current
        with refused(Code.STORAGE_FAILED):
            node.make_quote(ledger.purpose())
        assert storage.blobs == {Role.STATE: state, Role.BACKUP: blob}


def test_the_first_keys_of_two_enclaves_are_of_two_histories() -> None:
    """Else a backup of one could pass for the other's past."""
    ledger, (founder,) = network("founder")
    one, two = Node("one"), Node("two")
    ledger.prepare(one)
    ledger.prepare(two)
    nodes = (founder, one, two)
    assert len({node.enclave._kept.place.history for node in nodes}) == len(nodes)  # noqa: SLF001


class Unreadable(MemoryStorage):
    """A disk that does not give the backup back."""

    def load(self, role: Role) -> bytes | None:
        """As `Storage.load`."""
        if role is Role.BACKUP:
            raise Refusal(Code.STORAGE_FAILED, expected="a readable file", found="an I/O error")
        return super().load(role)
