"""A network that only starts: a register waits for a state; a node without one is not away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from node.application.backend import NodeBackend
from node.chain_client import ChainClient, ChainCode, ChainFailure
from node.engine_rpc import EngineRpc
from node.join.failures import JoinCode, JoinFailure
from node.join.quoting import wait_for_state
from node.log import no_log
from node.metrics import Metrics
from node.services import GrpcServer
from node.services.table import all_queries
from tests.support.chain import Chain
from tests.support.services import NOBODY


def test_it_waits_until_the_first_state_is_committed() -> None:
    heights: Iterator[int] = iter([0, 0, 1, 2])
    said: list[str] = []
    wait_for_state(lambda: next(heights), timeout=60, say=said.append)
    assert said == [f"waiting for block 2, the chain is at {height}" for height in (0, 0, 1)]
    assert next(heights, None) is None


def test_it_does_not_wait_for_ever() -> None:
    with pytest.raises(JoinFailure) as caught:
        wait_for_state(lambda: 1, timeout=0, say=lambda _: None)
    assert (caught.value.code, caught.value.found) == (JoinCode.CHAIN_STALLED, "block 1")


def test_a_node_without_a_block_is_not_called_away(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    chain = Chain(tmp_path_factory.mktemp("empty"), nodes=1)
    backend = NodeBackend(chain.peers[0].storage, EngineRpc(NOBODY))
    server = GrpcServer(
        backend, all_queries(), address="127.0.0.1:0", log=no_log, metrics=Metrics()
    )
    with (
        server,
        ChainClient(grpc=server.address, rpc=NOBODY) as client,
        pytest.raises(ChainFailure) as caught,
    ):
        client.network_keys()
    assert caught.value.code == ChainCode.NO_SUCH_STATE
    assert (caught.value.expected, caught.value.found) == ("a committed block", "none yet")
    chain.close()
