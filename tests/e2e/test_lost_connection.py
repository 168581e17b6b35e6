"""A real CometBFT that loses its application's connection while a block is executed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from node.config import Home, NodeConfig
from node.config.cometbft import engine_addresses
from node.config.parts import Part
from node.engine_rpc import EngineRpc
from node.supervisor import Group, What
from node.supervisor.node_group import node_group
from tests.support.cli import python_path
from tests.support.prepared_home import copy_of, prepare
from tests.support.supervised import Watched, wait_for

LOST = (
    "mempool connection terminated. Did the application crash? Please restart CometBFT "
    'module=proxy err="read message: EOF"'
)


@pytest.fixture
def home(engine: Path, tmp_path: Path) -> Iterator[Home]:
    """One validator, bootstrapped."""
    del engine  # built
    with copy_of(prepare(tmp_path / "net")) as made:
        yield made


def group_of(home: Home, engine: Path) -> Group:
    """The product's processes, but for the application's bug."""
    group = node_group(home, NodeConfig.load(home), engine=engine, name="n")
    buggy = (sys.executable, "-m", "tests.support.raising_node", str(home.path))
    environment = {"PYTHONPATH": python_path()}
    return replace(
        group,
        processes=tuple(
            replace(spec, command=buggy, environment=environment)
            if spec.name == Part.NODE
            else spec
            for spec in group.processes
        ),
    )


def test_it_is_started_again_though_it_cannot_end(home: Home, engine: Path) -> None:
    """Its stop waits for the block, and the block for the connection; RPC answers all the while."""
    watched = Watched()

    def steps() -> None:
        assert watched.supervisor.wait_until_ready("n", timeout=60)
        with EngineRpc(f"http://{engine_addresses(home)[0]}") as rpc:
            rpc.broadcast_tx_async(b"any")
            died = watched.wait_for(Part.COMETBFT, What.DIED)
            assert LOST in died.text
            assert watched.supervisor.wait_until_ready("n", timeout=60)
            wait_for(lambda: rpc.status().latest_height >= 2, "blocks")

    assert watched.play(group_of(home, engine), steps) == []
    assert [e.process for e in watched.events if e.what is What.DIED] == [Part.COMETBFT]
