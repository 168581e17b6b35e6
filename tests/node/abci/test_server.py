"""The server over a real socket: order, independence, hostile peers, the end."""

from __future__ import annotations

import os
import select
import socket
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from cosmpy.protos.tendermint.abci import types_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from chain_module.abci import requests as req
from chain_module.abci import responses as res
from node.abci import PANIC, CallLog, CannotListen, Limits
from node.abci.framing import encode_frame
from tests.node.abci.test_framing import split
from tests.support.abci_client import (
    Client,
    Served,
    check_tx,
    commit,
    echo,
    finalize,
    flush,
    frames_of,
    info,
    init_chain,
    list_snapshots,
    load_chunk,
    prepare,
    process,
    query,
    served,
)
from tests.support.abci_grammar import IllegalExecution, check_log
from tests.support.cometbft import wait_for
from tests.support.kv_application import BAD_TX, KvApplication

SECRET = "a secret"


def kinds(client: Client, count: int) -> list[str]:
    """The kinds of the next responses."""
    return [str(client.receive().WhichOneof("value")) for _ in range(count)]


def test_answers_keep_the_order_of_requests() -> None:
    with served(KvApplication()) as server, server.connect() as client:
        wanted = []
        for number in range(1000):
            wanted.append(echo(str(number)))
            wanted.append(check_tx(b"a=1" if number % 2 else b"bad"))
            wanted.append(query(b"a"))
        client.send(*wanted, flush())
        for number in range(1000):
            assert client.receive().echo.message == str(number)
            assert client.receive().check_tx.code == (0 if number % 2 else BAD_TX)
            assert client.receive().query.code == 1
        assert client.receive().WhichOneof("value") == "flush"


def test_an_answer_does_not_wait_for_a_flush() -> None:
    with served(KvApplication()) as server, server.connect() as client:
        assert client.ask(info()).info.data == "kv"
        assert client.ask(echo("x")).echo.message == "x"


REQUESTS = st.sampled_from(
    [echo("x"), flush(), info(), check_tx(b"a=1"), check_tx(b"bad"), query(b"a"), prepare()]
)
ENDS = st.one_of(st.just(b""), st.binary(min_size=1, max_size=8))


@given(st.lists(REQUESTS, max_size=12), ENDS, st.lists(st.integers(0), max_size=6))
def test_any_split_of_any_stream_gives_the_same_answers(
    requests: list[object], end: bytes, cuts: list[int]
) -> None:
    data = frames_of(requests) + end
    answers = []
    with served(KvApplication()) as server:
        for pieces in ([data], split(data, cuts)):
            with server.connect() as client:
                for piece in pieces:
                    client.send_bytes(piece)
                client.end_sending()
                answers.append(client.everything())
    assert answers[0] == answers[1]


def test_a_flush_sends_what_is_before_it_while_what_is_after_it_runs() -> None:
    application = KvApplication()
    held = application.held["prepare_proposal"] = threading.Event()
    with served(application) as server, server.connect() as client:
        client.send(check_tx(b"a=1"), flush(), prepare(), flush())
        assert kinds(client, 2) == ["check_tx", "flush"]
        held.set()
        assert kinds(client, 2) == ["prepare_proposal", "flush"]


def test_a_held_consensus_call_delays_no_other_connection() -> None:
    application = KvApplication()
    held = application.held["prepare_proposal"] = threading.Event()
    with served(application) as server:
        consensus, mempool, reads, peers = (server.connect() for _ in range(4))
        reads.ask(info())
        consensus.send(prepare(), flush(), echo("after"))
        wait_for(lambda: "prepare_proposal" in application.calls, "the call")
        assert mempool.ask(check_tx(b"a=1")).check_tx.code == 0
        assert reads.ask(query(b"a")).query.code == 1
        assert reads.ask(info()).info.data == "kv"  # a user's, by RPC
        snapshots = peers.ask(list_snapshots()).list_snapshots.snapshots
        assert len(snapshots) == 1
        consensus.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            consensus.receive()
        held.set()
        consensus.socket.settimeout(30)
        assert kinds(consensus, 3) == ["prepare_proposal", "flush", "echo"]


def test_a_held_read_delays_neither_consensus_nor_the_mempool() -> None:
    application = KvApplication()
    held = application.held["query"] = threading.Event()
    with served(application) as server, server.connect() as reads:
        reads.send(query(b"a"))
        wait_for(lambda: "query" in application.calls, "the call")
        with server.connect() as consensus, server.connect() as mempool:
            assert consensus.ask(prepare()).WhichOneof("value") == "prepare_proposal"
            assert mempool.ask(check_tx(b"a=1")).check_tx.code == 0
        held.set()
        assert reads.receive().query.code == 1


def test_the_handshake_of_a_new_engine_sees_the_last_call_of_the_old_one_whole() -> None:
    """An engine is killed while the application commits, and started again."""
    application = KvApplication()
    with served(application) as server:
        old = server.connect()
        old.ask(finalize(1, b"a=1"))
        held = application.held["commit"] = threading.Event()
        old.send(commit())
        wait_for(lambda: "commit" in application.calls, "the call")
        old.close()
        with server.connect() as new:
            new.send(echo("first"), flush(), info())
            assert kinds(new, 2) == ["echo", "flush"]
            new.socket.settimeout(0.2)
            with pytest.raises(TimeoutError):
                new.receive()
            held.set()
            new.socket.settimeout(30)
            assert new.receive().info.last_block_height == 1


@pytest.mark.parametrize(
    "junk",
    [
        pytest.param(bytes.fromhex("ffffffff7f"), id="oversized"),
        pytest.param(encode_frame(b"")[:1] + b"\x80\x00", id="needless length"),
        pytest.param(encode_frame(b""), id="empty"),
        pytest.param(encode_frame(b"\xff\xff\xff"), id="no protobuf"),
        pytest.param(encode_frame(b"\xa2\x06\x00"), id="unknown request"),
        pytest.param(encode_frame(b"\x22\x00"), id="a request of ABCI 0.17"),
        pytest.param(b"GET / HTTP/1.1\r\n" * 40, id="another protocol"),
        pytest.param(frames_of([check_tx(b"a=1")])[:-2], id="truncated"),
        pytest.param(b"\x8a", id="truncated length"),
        pytest.param(encode_frame(b"\x42\x02\x10\x63"), id="check_tx of unknown type"),
    ],
)
def test_a_hostile_peer_ends_alone(junk: bytes) -> None:
    with served(KvApplication()) as server, server.connect() as other:
        other.ask(info())
        with server.connect() as hostile:
            hostile.send_bytes(frames_of([echo("before")]) + junk)
            hostile.end_sending()
            assert hostile.receive().echo.message == "before"
            refusal = hostile.receive()
            assert refusal.exception.error.startswith("bad request: ")
            assert hostile.receive() is None
        assert other.ask(check_tx(b"a=1")).check_tx.code == 0
        reasons = server.log.of("abci_bad_request")
        assert len(reasons) == 1


def test_requests_after_a_bad_one_are_not_run() -> None:
    application = KvApplication()
    with served(application) as server, server.connect() as hostile:
        hostile.send_bytes(encode_frame(b"\xff") + frames_of([finalize(1, b"a=1")]))
        assert hostile.receive().WhichOneof("value") == "exception"
        assert hostile.receive() is None
    assert application.calls == []


@pytest.mark.parametrize("call", ["info", "init_chain", "finalize_block", "commit"])
def test_an_exception_ends_its_connection_and_tells_nothing(call: str) -> None:
    application = KvApplication()
    application.raising.add(call)
    request = {
        "info": info(),
        "init_chain": init_chain(),
        "finalize_block": finalize(1),
        "commit": commit(),
    }[call]
    with served(application) as server, server.connect() as other, server.connect() as client:
        client.send(echo("before"), request, request)
        assert client.receive().echo.message == "before"
        error = client.receive().exception.error
        assert error == f"internal error in {call}: ValueError"
        assert client.receive() is None
        assert application.calls == [call]
        assert other.ask(query(b"a")).query.code == 1
        (line,) = server.log.of("abci_exception")
        assert (line["call"], line["type"]) == (call, "ValueError")
        assert "kv_application.py:" in str(line["at"])
        assert not any(SECRET in str(logged) for logged in server.log.lines)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        pytest.param(
            check_tx(b"a=1"),
            pb.ResponseCheckTx(code=PANIC, codespace="sdk", log="internal error"),
            id="check_tx",
        ),
        pytest.param(prepare(1, b"a=1"), pb.ResponsePrepareProposal(), id="prepare_proposal"),
        pytest.param(
            process(),
            pb.ResponseProcessProposal(status=pb.ResponseProcessProposal.REJECT),
            id="process_proposal",
        ),
        pytest.param(
            query(b"a"),
            pb.ResponseQuery(code=PANIC, codespace="sdk", log="internal error"),
            id="query",
        ),
        pytest.param(list_snapshots(), pb.ResponseListSnapshots(), id="list_snapshots"),
        pytest.param(load_chunk(), pb.ResponseLoadSnapshotChunk(), id="load_snapshot_chunk"),
    ],
)
def test_what_strangers_send_or_ask_for_ends_no_connection(request_: Any, answer: Any) -> None:
    """Whatever bug it meets: the engines of a whole network would end at once."""
    call = request_.WhichOneof("value")
    application = KvApplication()
    application.raising.add(call)
    with served(application) as server, server.connect() as client:
        client.send(request_, request_, echo("after"))
        for _ in range(2):
            found = client.receive()
            assert found.WhichOneof("value") == call
            assert getattr(found, call) == answer
        assert client.receive().echo.message == "after"
        lines = server.log.of("abci_exception")
        assert [(line["level"], line["call"], line["type"]) for line in lines] == [
            ("error", call, "ValueError")
        ] * 2
        assert "kv_application.py:" in str(lines[0]["at"])
        assert not any(SECRET in str(logged) for logged in server.log.lines)
        application.raising.clear()
        assert getattr(client.ask(request_), call) != answer


class AskedApplication(KvApplication):
    """Keeps what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.queries: list[req.QueryRequest] = []

    def query(self, request: req.QueryRequest) -> res.QueryResponse:
        self.queries.append(request)
        return super().query(request)


PATHS = (b"\xff", b"/store/bank\xc3/key", b"\xed\xa0\x80", b"/a\xf5" * 1000)


@pytest.mark.parametrize("path", PATHS)
def test_a_query_whose_path_is_no_text_is_answered(path: bytes) -> None:
    """The engine's RPC takes a path in hex from anybody: one GET ended it."""
    text = path.decode("utf-8", "replace")
    asked = pb.Request(query=pb.RequestQuery(data=b"a", path="?" * len(path), prove=True))
    frame = asked.SerializeToString().replace(b"?" * len(path), path)
    application = AskedApplication()
    with served(application) as server, server.connect() as client:
        client.send_bytes(frames_of([echo("before")]) + encode_frame(frame) * 2)
        client.send(echo("after"))
        assert kinds(client, 4) == ["echo", "query", "query", "echo"]
        assert server.log.of("abci_bad_request") == []
    assert [one.path for one in application.queries] == [text, text]


class Halt(BaseException):
    """What no call answers for."""


class HaltingApplication(KvApplication):
    """CheckTx raises it."""

    def check_tx(self, request: req.CheckTxRequest) -> res.TxResult:
        raise Halt(SECRET, request)


def test_an_engine_that_connects_is_logged_and_a_user_who_asks_the_same_is_not() -> None:
    """The engine's RPC has an abci_info for anybody, as often as they like."""
    with served(KvApplication()) as server, server.connect() as client:
        for _ in range(3):
            assert client.ask(info()).info.data == "kv"
        (line,) = server.log.of("engine_connects")
        assert (line["version"], line["height"]) == ("0.38.26", 0)


def ends(server: Served) -> list[str | int]:
    """Why connections were closed, in that order."""
    return [line["reason"] for line in server.log.of("abci_disconnected")]


def test_why_a_connection_was_closed() -> None:
    application = KvApplication()
    application.raising.add("commit")
    with served(application) as server:
        server.connect().close()
        wait_for(lambda: ends(server) == ["peer_left"], "its end")
        server.connect().send_bytes(encode_frame(b""))
        wait_for(lambda: ends(server)[1:] == ["bad_request"], "its end")
        server.connect().send(commit())
        wait_for(lambda: ends(server)[2:] == ["call_failed"], "its end")
        server.connect().ask(echo("x"))
        half = server.connect()
        half.ask(echo("x"))
        half.send_bytes(b"\x7f")
        server.stop()
    assert ends(server)[3:] == ["server_stops", "server_stops"]
    assert len(server.log.of("abci_bad_request")) == 1


def test_a_fault_of_the_server_says_where() -> None:
    with served(HaltingApplication()) as server, server.connect() as client:
        client.send(check_tx(b"a=1"))
        assert client.receive() is None
        wait_for(lambda: ends(server) == ["fault"], "its end")
        (line,) = server.log.of("abci_fault")
        assert (line["level"], line["type"]) == ("error", "Halt")
        assert "test_server.py:" in str(line["at"])
        assert not any(SECRET in str(logged) for logged in server.log.lines)


def test_more_connections_than_allowed_are_refused_and_a_free_place_is_taken() -> None:
    with served(KvApplication(), limits=Limits(max_connections=2)) as server:
        first, second = server.connect(), server.connect()
        assert first.ask(echo("1")).echo.message == "1"
        assert second.ask(echo("2")).echo.message == "2"
        with server.connect() as third:
            assert third.everything() == b""
        second.close()
        wait_for(lambda: len(server.log.of("abci_disconnected")) == 1, "a free place")
        with server.connect() as fourth:
            assert fourth.ask(echo("4")).echo.message == "4"
        first.close()


def test_what_is_sent_beyond_the_answers_owed_stays_in_the_socket() -> None:
    """A peer that never reads fills its own socket, and not the server's memory."""
    with served(KvApplication()) as server, server.connect() as greedy:
        greedy.socket.settimeout(0)
        requests, accepted = memoryview(frames_of([echo("x" * 10_000)] * 4000)), 0
        while accepted < len(requests) and select.select([], [greedy.socket], [], 1)[1]:
            accepted += greedy.socket.send(requests[accepted:])
        assert accepted < len(requests) // 4
        with server.connect() as other:
            assert other.ask(echo("alive")).echo.message == "alive"


def test_the_socket_is_for_this_user_alone() -> None:
    with served(KvApplication()) as server:
        assert stat.S_IMODE(server.path.stat().st_mode) == 0o600
        assert server.server.address == f"unix://{server.path}"


def test_stopping_answers_what_is_under_way_and_leaves_no_file() -> None:
    application = KvApplication()
    held = application.held["prepare_proposal"] = threading.Event()
    with served(application) as server:
        idle, busy = server.connect(), server.connect()
        idle.ask(echo("x"))
        busy.send(prepare())
        wait_for(lambda: "prepare_proposal" in application.calls, "the call")
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        assert idle.receive() is None
        held.set()
        assert busy.receive().WhichOneof("value") == "prepare_proposal"
        assert busy.receive() is None
        stopping.join()
        assert not server.path.exists()
        with pytest.raises(OSError, match="No such file"):
            server.connect()


def test_stopping_does_not_wait_for_ever() -> None:
    application = KvApplication()
    held = application.held["prepare_proposal"] = threading.Event()
    with served(application, limits=Limits(stop_grace_secs=0.1)) as server:
        client = server.connect()
        client.send(prepare())
        wait_for(lambda: "prepare_proposal" in application.calls, "the call")
        server.stop()
        assert client.receive() is None
    held.set()


def test_a_living_server_is_not_replaced() -> None:
    with served(KvApplication()) as server:
        with pytest.raises(CannotListen) as refused, served(KvApplication(), path=server.path):
            pass
        assert refused.value.found == "another server"
        with server.connect() as client:
            assert client.ask(echo("x")).echo.message == "x"


def test_a_dead_servers_socket_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    left = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(left))
    with served(KvApplication(), path=left):
        pass
    left.write_text("a file of somebody")
    with pytest.raises(CannotListen), served(KvApplication(), path=left):
        pass
    assert left.read_text() == "a file of somebody"


def test_a_path_that_no_socket_can_have_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(CannotListen, match="at most 107 bytes"),
        served(KvApplication(), path=tmp_path / ("x" * 108)),
    ):
        pass
    with (
        pytest.raises(CannotListen, match="No such file"),
        served(KvApplication(), path=Path("none/s")),
    ):
        pass


def test_the_log_of_calls_has_what_drives_an_execution(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    call_log = CallLog(path)
    application = KvApplication()
    with served(application, call_log=call_log) as server, server.connect() as client:
        client.send(info(), init_chain(), echo("x"), check_tx(b"a=1"), query(b"a"))
        client.send(prepare(), finalize(1, b"a=1"), commit(), flush())
        kinds(client, 9)
        summary = check_log(path)
        assert (summary.clean_starts, summary.blocks) == (1, 1)
        assert path.read_text().count("\n") == 1 + 5
        application.raising.add("commit")
        client.send(finalize(2), commit())
        kinds(client, 2)
        assert '"error": "ValueError"' in path.read_text().splitlines()[-1]
        assert SECRET not in path.read_text()
        with server.connect() as wrong:
            wrong.ask(prepare(9))
    call_log.close()
    with pytest.raises(IllegalExecution):
        check_log(path)


def test_the_lines_of_earlier_servers_stay(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    for count in (1, 2):
        call_log = CallLog(path)
        with served(KvApplication(), call_log=call_log):
            assert path.read_text() == '{"call": "started"}\n' * count
        call_log.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_log_that_cannot_be_written_stops_no_chain() -> None:
    call_log = CallLog(Path(os.devnull).with_name("full"))
    with served(KvApplication(), call_log=call_log) as server, server.connect() as client:
        assert client.ask(info()).info.data == "kv"
        assert client.ask(info()).info.data == "kv"
        assert len(server.log.of("abci_call_log_lost")) == 1
    call_log.close()
