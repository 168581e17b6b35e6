"""When a node says that it serves."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from node.engine_rpc import EngineRpc, Status
from node.log import no_log
from node.services.health import STALL_SECS, Judge
from node.services.modules import BANK
from tests.support.cometbft import KvNode, wait_for
from tests.support.services import serve

GOOD = Status(
    chain_id="seedpact-test-1",
    node_id="00" * 20,
    listen_address="tcp://127.0.0.1:26656",
    moniker="one",
    version="0.38.26",
    latest_height=5,
    latest_app_hash=bytes(32),
    latest_time_ns=0,
    earliest_height=1,
    catching_up=False,
    validator_address=bytes(20),
    validator_power=0,
)


def test_a_node_in_sync_serves() -> None:
    assert Judge().serves(GOOD, now=1000.0)


@pytest.mark.parametrize(
    "status",
    [None, replace(GOOD, catching_up=True), replace(GOOD, latest_height=0)],
    ids=["engine away", "catching up", "no block yet"],
)
def test_a_node_that_is_not_in_sync_does_not(status: Status | None) -> None:
    assert not Judge().serves(status, now=1000.0)


def test_a_chain_that_stands_still_does_not_serve_until_the_next_block() -> None:
    judge = Judge()
    assert judge.serves(GOOD, now=1000.0)
    assert judge.serves(GOOD, now=1000.0 + STALL_SECS - 0.1)
    assert not judge.serves(GOOD, now=1000.0 + STALL_SECS)
    assert judge.serves(replace(GOOD, latest_height=6), now=1001.0 + STALL_SECS)


@pytest.fixture
def node(engine: Path) -> Iterator[KvNode]:
    with tempfile.TemporaryDirectory(prefix="health-") as folder:
        made = KvNode(Path(folder), engine)
        made.start()
        try:
            yield made
        finally:
            made.stop()


def test_health_follows_the_real_engine(node: KvNode, tmp_path: Path) -> None:
    """SERVING while it commits, NOT_SERVING once it is killed, SERVING again when it is back."""
    kinds = health_pb2.HealthCheckResponse
    with serve(tmp_path, BANK, balances={}) as running, EngineRpc(node.rpc) as rpc:
        stub = health_pb2_grpc.HealthStub(running.channel)

        def answers(wanted: int) -> bool:
            found: int = stub.Check(health_pb2.HealthCheckRequest()).status
            return found == wanted

        assert answers(kinds.NOT_SERVING)
        running.server.health.watch(rpc, log=no_log, poll_secs=0.05)
        wait_for(lambda: answers(kinds.SERVING), "SERVING")
        node.kill_cometbft()
        wait_for(lambda: answers(kinds.NOT_SERVING), "NOT_SERVING")
        node.start_cometbft()
        wait_for(lambda: answers(kinds.SERVING), "SERVING again")


def test_a_server_that_stops_says_so_to_those_who_watch(tmp_path: Path) -> None:
    with serve(tmp_path, BANK, balances={}) as running:
        running.server.health.tell(serving=True)
        stub = health_pb2_grpc.HealthStub(running.channel)
        watched = stub.Watch(health_pb2.HealthCheckRequest())
        assert next(watched).status == health_pb2.HealthCheckResponse.SERVING
        running.server.health.stop()
        assert next(watched).status == health_pb2.HealthCheckResponse.NOT_SERVING
        watched.cancel()
        with pytest.raises(grpc.RpcError):
            list(watched)
