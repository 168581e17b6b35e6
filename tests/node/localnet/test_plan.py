"""A localnet as values, and the file that keeps it."""

from __future__ import annotations

import dataclasses
import os
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.config import ConfigFailure
from node.localnet.failures import LocalnetCode, LocalnetFailure
from node.localnet.plan import (
    MAX_VALIDATORS,
    Localnet,
    Registration,
    Role,
    Stage,
    new_localnet,
)
from node.localnet.store import Folder

registrations = st.builds(
    Registration,
    name=st.just("newcomer1"),
    node_id=st.binary(min_size=32, max_size=32).map(bytes.hex),
    tx_hash=st.binary(min_size=32, max_size=32).map(bytes.hex),
    height=st.integers(1, 2**40),
    confirm_tx_hash=st.binary(min_size=32, max_size=32).map(bytes.hex),
    confirm_index=st.integers(0, 100),
    timings_ms=st.dictionaries(st.sampled_from(["quote", "confirm"]), st.integers(0, 10**6)),
)


@st.composite
def localnets(draw: st.DrawFn) -> Localnet:
    made = new_localnet(
        validators=draw(st.integers(1, MAX_VALIDATORS)),
        port_offset=draw(st.integers(0, 30_000)),
        block_ms=draw(st.integers(1, 60_000)),
    )
    for _ in range(draw(st.integers(0, 5))):
        made, _ = made.with_newcomer()
    return dataclasses.replace(
        made,
        stage=draw(st.sampled_from(Stage)),
        last_registration=draw(st.none() | registrations),
    )


@given(localnets())
def test_nodes_are_told_apart_in_every_way(localnet: Localnet) -> None:
    """No two nodes share a name or a port."""
    assert len({node.name for node in localnet.nodes}) == len(localnet.nodes)
    ports = [port for node in localnet.nodes for port in dataclasses.astuple(localnet.ports(node))]
    assert len(set(ports)) == len(ports)
    roles = [node.role for node in localnet.nodes]
    assert roles.count(Role.BOOTSTRAP) == 1
    assert localnet.bootstrap.role is Role.BOOTSTRAP
    assert all(localnet.node(node.name) == node for node in localnet.nodes)


@given(localnets())
def test_the_file_keeps_everything(localnet: Localnet) -> None:
    """What was saved is what is loaded."""
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name))
        folder.save(localnet)
        assert folder.load() == localnet


def test_ports_end() -> None:
    localnet = new_localnet(port_offset=60_000)
    with pytest.raises(ConfigFailure):
        localnet.ports(localnet.bootstrap)


def test_a_folder_without_a_localnet(tmp_path: Path) -> None:
    with pytest.raises(LocalnetFailure) as refused:
        Folder(tmp_path).load()
    assert refused.value.code is LocalnetCode.NO_LOCALNET


@pytest.mark.parametrize(
    "content",
    [
        *("", "{}", "[]", '{"version": 2}', '{"version": 1, "nodes": 3}', "\x00", "[" * 100_000),
        '{"version": 1, "chain_id": "a", "last_registration": null, "port_offset": 1e999}',
        '{"version": ' + "9" * 6_000 + "}",
    ],
)
def test_a_file_of_another_kind(content: str, tmp_path: Path) -> None:
    (tmp_path / "localnet.json").write_text(content)
    with pytest.raises(LocalnetFailure) as refused:
        Folder(tmp_path).load()
    assert refused.value.code is LocalnetCode.LOCALNET_UNUSABLE


def test_no_change_is_lost(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.save(new_localnet())

    def add() -> None:
        for _ in range(20):
            folder.change(lambda localnet: localnet.with_newcomer()[0])

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(folder.load().nodes) == 4 + 80


def test_one_up_at_a_time(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert folder.running() is None
    with folder.claimed():
        found = folder.running()
        assert found is not None
        assert found.pid == os.getpid()
        with pytest.raises(LocalnetFailure) as refused, folder.claimed():
            pass
        assert refused.value.code is LocalnetCode.LOCALNET_RUNNING
        assert str(os.getpid()) in refused.value.found
    assert folder.running() is None
