"""A peer that trickles, floods or never resolves: each answer is bounded as a whole."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from typing import Final

import pytest

from node.chain_client import ChainClient, ChainCode, ChainFailure
from node.engine_rpc import EngineFailed, EngineRpc, EngineUnreachable
from node.engine_rpc.timed import FRAME_BYTES
from tests.support.http_server import answering
from tests.support.trickler import dripping, trickling

SECS: Final = 0.2
HEAD: Final = b"HTTP/1.1 200 OK\r\n"

TRICKLES: Final = {
    "the status line": (b"", b"H"),
    "a header": (HEAD + b"X-Name: ", b"x"),
    "headers without end": (HEAD, b"X: y\r\n"),
    "a body": (HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
    "pieces of a body": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "a piece's own line": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "answers that are none yet": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("name", TRICKLES)
def test_a_peer_that_trickles_is_given_up(name: str) -> None:
    """Each piece comes long before the limit of silence."""
    first, piece = TRICKLES[name]
    with (
        trickling(first=first, piece=piece) as place,
        EngineRpc(f"http://{place}", timeout_secs=SECS) as rpc,
        pytest.raises(EngineUnreachable) as caught,
    ):
        rpc.status()
    assert caught.value.found == f"no whole answer within {SECS} s"


def test_a_handshake_that_trickles_is_given_up() -> None:
    record = b"\x16\x03\x03\x40\x00"  # a handshake record of 16 KiB follows
    with (
        trickling(first=record, piece=b"\x02") as place,
        EngineRpc(f"https://{place}", timeout_secs=SECS) as rpc,
        pytest.raises(EngineUnreachable) as caught,
    ):
        rpc.status()
    assert caught.value.found == f"no answer within {SECS} s"


CALLS: Final[dict[str, Callable[[EngineRpc], object]]] = {
    "a genesis": EngineRpc.genesis,
    "a block": EngineRpc.block,
    "validators": EngineRpc.validators,
    "a commit": EngineRpc.commit,
}


@pytest.mark.parametrize("name", CALLS)
def test_what_may_be_large_is_bounded_too(name: str) -> None:
    with (
        trickling(first=HEAD + b"Content-Length: 100000\r\n\r\n") as place,
        EngineRpc(f"http://{place}", timeout_secs=0.05) as rpc,
        pytest.raises(EngineUnreachable, match="no whole answer"),
    ):
        CALLS[name](rpc)


TIMES: Final = 200
FLOODS: Final = {
    "a body": HEAD + b"\r\n",
    "a line of a piece": HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
    "answers that are none yet": b"",
}
FLOOD: Final = {
    "a body": b" " * 2**16,
    "a line of a piece": (b"1;" + b"x" * 60_000 + b"\r\n \r\n"),
    "answers that are none yet": b"HTTP/1.1 100 Continue\r\n\r\n" * 2000,
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_peer_that_floods_is_given_up_by_size(name: str) -> None:
    """Whatever it is that comes, headers and frames count."""
    assert TIMES * len(FLOOD[name]) > 2**20 + 2 * FRAME_BYTES
    with (
        dripping(lambda: [FLOODS[name], *[FLOOD[name]] * TIMES], every_secs=0) as place,
        EngineRpc(f"http://{place}", timeout_secs=20) as rpc,
        pytest.raises(EngineFailed) as caught,
    ):
        rpc.status()
    assert caught.value.expected.startswith("at most 1048576 bytes")


def test_an_answer_in_ever_more_parts_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page comes at once, and there are as many as the limit of validators allows."""
    asked = 0
    monkeypatch.setattr("node.engine_rpc.client.SEVERAL", 1)
    row = {"address": "00" * 20, "pub_key": {"type": "x", "value": ""}, "voting_power": "1"}
    page = [{**row, "proposer_priority": "0"}] * 100

    def answer(_: bytes) -> bytes:
        nonlocal asked
        asked += 1
        threading.Event().wait(SECS / 4)
        result = {"block_height": "1", "validators": page, "total": "10000"}
        return json.dumps({"result": result}).encode()

    with (
        answering(answer) as address,
        EngineRpc(address, timeout_secs=SECS) as rpc,
        pytest.raises(EngineUnreachable),
    ):
        rpc.validators()
    assert asked < 10


def test_a_name_that_does_not_resolve_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over, own = threading.Event(), socket.getaddrinfo

    def slow(host: str, *rest: object, **named: object) -> object:
        if named.get("flags"):
            return own(host, *rest, **named)  # type: ignore[arg-type]
        over.wait(20)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    rpc = EngineRpc("http://nowhere.invalid:1", timeout_secs=SECS)
    with pytest.raises(EngineUnreachable) as caught:
        rpc.status()
    over.set()
    assert caught.value.found == f"no answer within {SECS} s"


PING: Final = b"\x00\x00\x08\x06\x00\x00\x00\x00\x00" + b"12345678"
SETTINGS: Final = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def test_a_grpc_peer_that_trickles_is_given_up() -> None:
    with (
        trickling(first=SETTINGS, piece=PING) as place,
        ChainClient(grpc=place, rpc="http://127.0.0.1:1", timeout=SECS) as chain,
        pytest.raises(ChainFailure) as caught,
    ):
        chain.params()
    assert caught.value.code == ChainCode.CHAIN_UNREACHABLE
