"""The copy of the state in the query process: what it starts with, how it follows, what it answers.

Both ends in this process (`tests.support.query_process`), over a real socket and a real storage.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import grpc
import pytest
from cosmpy.protos.cosmos.tx.v1beta1 import service_pb2

from chain_module.abci.requests import QueryRequest
from chain_module.abci.responses import QueryResponse, TxResult
from chain_module.store.chunks import Manifest
from chain_module.store.errors import StoreCode, StoreFault
from chain_module.store.log_record import Record, encode_record
from node.abci import decoding, encoding
from node.application.backend import NodeBackend
from node.engine_rpc import EngineRpc
from node.log import no_log
from node.query_process import child, replica
from node.query_process.link import Link
from node.query_process.replica import Replica
from node.query_process.shared_height import SharedHeight
from node.query_process.wire import Channel, Found, Kind, LinkEnded, numbered
from node.services import AbciQueries
from node.services.failures import QueryRefused
from node.services.table import all_queries
from node.storage import BlockEntry, Storage, TxEntry, open_storage
from node.storage.entries import encode_block
from tests.support.query_process import KEEP, PATIENCE_SECS, Pair, paired, settings
from tests.support.services import CHAIN_ID, NOBODY, STORES, address_of, commit

HOLDERS: Final = {address_of(number): 1000 + number for number in range(1, 6)}
PARAMS: Final = "/cosmos.bank.v1beta1.Query/Params"
GET_TX: Final = "/cosmos.tx.v1beta1.Service/GetTx"
RAW: Final = b"no transaction, but committed"
LARGE: Final = 1 << 20
"""Bytes of a value that no socket holds."""


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    with open_storage(
        tmp_path, names=STORES, chain_id=CHAIN_ID, log=no_log, keep=KEEP, snapshot_every=1000
    ) as opened:
        yield opened


def told(pair: Pair, storage: Storage) -> None:
    """As the node does after a commit."""
    pair.height.value = storage.height
    pair.link.committed()


def ask(pair: Pair, request: QueryRequest) -> QueryResponse:
    answer = pair.link.ask(
        encoding.query_request(request).SerializeToString(), timeout_secs=PATIENCE_SECS
    )
    assert answer is not None, pair.link.why
    return decoding.query_response(answer)


def query(path: str, data: bytes = b"", *, height: int = 0, prove: bool = False) -> QueryRequest:
    return QueryRequest(data=data, path=path, height=height, prove=prove)


def large_block(storage: Storage) -> None:
    """A block whose record is larger than what a socket takes from who does not wait."""
    branch = storage.state.branch()
    number = storage.state.newest.number
    branch.store("bank").set(b"\xffwide", number.to_bytes(4, "big") * (LARGE // 4))
    entry = BlockEntry(time_ns=number, hash=bytes(32))
    storage.commit(storage.state.prepare(branch.changes()), entry)


@contextmanager
def unread(storage: Storage, *, fill: bool = False) -> Iterator[tuple[Link, socket.socket]]:
    """A link whose child reads nothing by itself; with `fill` the state does not fit."""
    if fill:
        large_block(storage)
    ours, theirs = socket.socketpair()
    link = Link(Channel(ours), storage, settings=settings(), alive=lambda _height, _text: None)
    try:
        # Its first bytes: the writer has begun.
        theirs.recv(1, socket.MSG_PEEK)
        yield link, theirs
    finally:
        link.end("the test ends")
        link.join()
        theirs.close()


def ask_for_ever(channel: Channel) -> None:
    """For rows, and reads none."""
    for number in range(20_000):
        channel.send(Kind.FETCH, numbered(number, b"h" + bytes(32)))
    raise AssertionError("nobody minded")


def drain(connection: socket.socket) -> None:
    """Reads to the end, and answers nothing."""
    while connection.recv(LARGE):
        pass


def test_the_copy_is_the_state_and_keeps_the_same_heights(storage: Storage) -> None:
    commit(storage, balances=HOLDERS)
    for _ in range(KEEP + 2):
        commit(storage)
    with paired(storage) as pair:
        assert pair.child.replica.height == storage.height
        for _ in range(3):
            commit(storage)
            told(pair, storage)
            assert pair.child.replica.height == storage.height
        ours, theirs = storage.state.versions(), pair.child.replica.state.versions()
        assert {number: one.app_hash for number, one in theirs.items()} == {
            number: one.app_hash for number, one in ours.items()
        }
    assert pair.failed == []


def test_a_copy_begins_before_the_first_block(storage: Storage) -> None:
    """It answers as the node does, and follows from the genesis on."""
    with paired(storage) as pair:
        answer = ask(pair, query(PARAMS))
        assert answer.code == 18
        assert "failed to load state: expected a committed block, found none yet" in answer.log
        commit(storage, balances=HOLDERS)
        told(pair, storage)
        assert ask(pair, query(PARAMS)).height == 1


def test_answers_are_those_of_the_node(storage: Storage) -> None:
    """Values, codes, logs, heights and proofs, byte by byte."""
    result = TxResult(log="refused", code=5, codespace="sdk")
    commit(storage, TxEntry(RAW, result), balances=HOLDERS)
    for _ in range(KEEP + 1):
        commit(storage)
    before = AbciQueries(NodeBackend(storage, EngineRpc(NOBODY)), all_queries(), log=no_log)
    find = service_pb2.GetTxRequest(hash=TxEntry(RAW, result).hash.hex()).SerializeToString()
    absent = service_pb2.GetTxRequest(hash=bytes(32).hex()).SerializeToString()
    newest = storage.height
    asked = [
        query(PARAMS),
        query(PARAMS, height=newest - 2),
        query(PARAMS, height=newest + 1),
        query(PARAMS, height=1),
        query(PARAMS, b"\xff"),
        query(PARAMS, prove=True),
        query("/cosmos.auth.v1beta1.Query/Accounts"),
        query("/cosmos.gov.v1.Query/Proposals"),
        query("/store/bank/key", b"\0useed", prove=True),
        query("/store/bank/key", b"nothing", prove=True, height=newest - 1),
        query("/store/none/key", b"k"),
        query(GET_TX, find),
        query(GET_TX, absent),
    ]
    with paired(storage) as pair:
        for request in asked:
            assert ask(pair, request) == before(request), request


def test_a_query_after_a_commit_waits_for_its_state(storage: Storage) -> None:
    """The node has said the height; the record comes later."""
    commit(storage, balances=HOLDERS)
    with paired(storage) as pair, ThreadPoolExecutor(1) as pool:
        assert ask(pair, query(PARAMS)).height == 1
        pair.height.value = 2
        reading = pool.submit(lambda: pair.child.replica.height)
        commit(storage)
        pair.link.committed()
        assert reading.result(PATIENCE_SECS) == 2


def test_a_copy_that_stays_behind_is_not_read(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "WAIT_SECS", 0.01)
    commit(storage, balances=HOLDERS)
    with paired(storage) as pair:
        monkeypatch.setattr(replica, "WAIT_SECS", PATIENCE_SECS)
        assert pair.child.replica.height == 1
        monkeypatch.setattr(replica, "WAIT_SECS", 0.01)
        pair.height.value = 7
        with pytest.raises(QueryRefused) as caught:
            _ = pair.child.replica.height
        assert caught.value.status is grpc.StatusCode.UNAVAILABLE
        assert caught.value.text.startswith("queries_behind: expected the state of block 7 in ")
        answer = ask(pair, query(PARAMS))
        assert "rpc error: code = Unavailable desc = queries_behind" in answer.log


def test_a_row_that_does_not_come_is_told_and_one_that_is_late_is_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs = socket.socketpair()
    height, node = SharedHeight.create(), Channel(ours)
    with ours, theirs, ThreadPoolExecutor(1) as pool, closing(node):
        node.send(Kind.START, settings().encode())
        copy = child.Child(Channel(theirs), height, log=no_log)
        monkeypatch.setattr(child, "FETCH_SECS", 0.01)
        with pytest.raises(QueryRefused) as caught:
            copy.replica.find_tx(bytes(32))
        assert caught.value.text.startswith("queries_away: expected a row of the node's disk")
        assert node.receive() == (Kind.FETCH, numbered(0, b"h" + bytes(32)))
        monkeypatch.setattr(child, "FETCH_SECS", PATIENCE_SECS)
        serving = pool.submit(copy.serve)
        with ThreadPoolExecutor(1) as asking:
            found = asking.submit(copy.replica.block, 7)
            row = encode_block(BlockEntry(5, bytes(32)), app_hash=bytes(32), tx_hashes=[])
            while (message := node.receive())[0] is not Kind.FETCH:
                pass
            assert message[1] == numbered(1, b"b" + (7).to_bytes(8, "big"))
            node.send(Kind.STORED, numbered(0, bytes([Found.NOTHING])))
            node.send(Kind.STORED, numbered(1, bytes([Found.BYTES]) + row))
            block = found.result(PATIENCE_SECS)
            assert block is not None
            assert (block.height, block.time_ns) == (7, 5)
        node.close()
        serving.result(PATIENCE_SECS)
    height.close()


def test_the_child_says_how_far_it_is(storage: Storage) -> None:
    commit(storage, balances=HOLDERS)
    with paired(storage) as pair:
        for _ in range(int(PATIENCE_SECS * 10)):
            if pair.said and pair.said[-1][0] == 1:
                break
            threading.Event().wait(0.1)
        assert pair.said[-1][0] == 1
        assert b"seedpact_grpc_requests_total" in pair.said[-1][1]


def test_a_copy_begins_again_where_the_state_is_replaced(storage: Storage, tmp_path: Path) -> None:
    """By a snapshot of the network; the same child goes on, and follows the blocks after it."""
    other_folder = tmp_path / "other"
    with (
        open_storage(other_folder, names=STORES, chain_id=CHAIN_ID, log=no_log) as other,
        paired(storage) as pair,
    ):

        def replaced() -> None:
            pair.height.value = storage.height
            pair.link.replaced()

        storage.replaced = replaced
        commit(other, balances=HOLDERS)
        for _ in range(3):
            commit(other)
        storage.restored(other.state.newest)
        assert pair.child.replica.height == 4
        commit(storage)
        told(pair, storage)
        assert pair.child.replica.height == 5
        assert pair.child.replica.state.newest.app_hash == storage.state.newest.app_hash
    assert pair.failed == []


class TestTheNodesSide:
    """Whatever the child does or does not do, the node goes on."""

    def test_one_that_reads_nothing_delays_no_commit(self, storage: Storage) -> None:
        commit(storage, balances=HOLDERS)
        with unread(storage) as (link, _):

            def blocks() -> int:
                for _ in range(5):
                    large_block(storage)
                    link.committed()
                return storage.height

            worked: list[int] = []
            lane = threading.Thread(target=lambda: worked.append(blocks()), daemon=True)
            lane.start()
            lane.join(PATIENCE_SECS)
            assert worked == [6]
            # Neither does a query wait longer than it may; many find no room.
            for _ in range(100):
                assert link.ask(b"", timeout_secs=0.0) is None
            assert not link.ended.is_set()

    def test_one_that_is_behind_the_log_is_given_up(self, tmp_path: Path) -> None:
        with open_storage(
            tmp_path, names=STORES, chain_id=CHAIN_ID, log=no_log, keep=1, snapshot_every=1
        ) as storage:
            commit(storage, balances=HOLDERS)
            with unread(storage, fill=True) as (link, theirs):
                for _ in range(6):
                    commit(storage)
                    storage.wait_for_snapshot()
                link.committed()
                threading.Thread(target=drain, args=(theirs,), daemon=True).start()
                assert link.ended.wait(PATIENCE_SECS)
                assert link.why.startswith("behind: the log no longer has the record of version ")

    @pytest.mark.parametrize("key", [b"m", b"l" + (1).to_bytes(8, "big"), b"h" * 1000, b""])
    def test_one_that_asks_for_more_than_the_index_is_given_up(
        self, storage: Storage, key: bytes
    ) -> None:
        commit(storage, balances=HOLDERS)
        with unread(storage) as (link, theirs):
            Channel(theirs).send(Kind.FETCH, numbered(0, key))
            assert link.ended.wait(PATIENCE_SECS)
            assert link.why == "a key of the index"

    def test_one_that_reads_no_answers_is_given_up(self, storage: Storage) -> None:
        commit(storage, balances=HOLDERS)
        with unread(storage, fill=True) as (link, theirs):
            channel = Channel(theirs)
            with pytest.raises(LinkEnded):
                ask_for_ever(channel)
            assert link.why == "questions whose answers are not read"

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"\x63\0\0\0\0", "a message of kind 99"),
            (b"\x03\0\0\0\0", "a message RECORD from the query process"),
            (b"\x07\xff\xff\xff\xff", "a message of 4294967295 bytes"),
        ],
    )
    def test_what_is_no_message_ends_it(self, storage: Storage, data: bytes, why: str) -> None:
        with unread(storage) as (link, theirs):
            theirs.sendall(data)
            assert link.ended.wait(PATIENCE_SECS)
            assert link.why == why

    def test_a_state_that_is_replaced_is_told(self, storage: Storage, tmp_path: Path) -> None:
        heights: list[int] = []
        storage.replaced = lambda: heights.append(storage.height)
        storage.restore(Manifest(9, bytes(32), 1, (bytes(32),))).discard()
        assert heights == [0]
        other_folder = tmp_path / "other"
        with open_storage(other_folder, names=STORES, chain_id=CHAIN_ID, log=no_log) as other:
            commit(other, balances=HOLDERS)
            storage.restored(other.state.newest)
        assert heights == [0, 1]


class TestTheCopy:
    """It is what the node has, or it is nothing."""

    def test_bytes_that_are_no_record_end_the_child(self) -> None:
        ours, theirs = socket.socketpair()
        height = SharedHeight.create()
        with ours, theirs:
            channel = Channel(ours)
            channel.send(Kind.START, settings().encode())
            channel.send(Kind.EMPTY)
            channel.send(Kind.RECORD, b"no record")
            with pytest.raises(StoreFault) as caught:
                child.Child(Channel(theirs), height, log=no_log).serve()
        height.close()
        assert caught.value.code is StoreCode.DAMAGED_RECORD

    def test_a_record_of_another_state_is_refused(self, storage: Storage) -> None:
        commit(storage, balances=HOLDERS)
        branch = storage.state.branch()
        branch.store("bank").set(b"\x02k", b"1")
        prepared = storage.state.prepare(branch.changes())
        height = SharedHeight.create()
        copy = Replica(height, fetch=lambda _: None, initial_version=1, keep=KEEP)
        copy.begin(storage.state.newest)
        lie = Record(prepared.version.number, bytes(32), prepared.changes)
        with pytest.raises(StoreFault) as caught:
            copy.take(encode_record(lie))
        assert caught.value.code is StoreCode.ROOT_MISMATCH
        assert copy.here == 1
        height.close()
