"""Where files of a home lie, and that a long path still gives a socket."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from node.config import ConfigCode, ConfigFailure, Home, Ports
from node.config.home import MAX_SOCKET_PATH
from node.config.ports import OFFSET_STEP


def test_a_home_is_absolute_and_knows_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    assert Home.of("~/.seedpact").path == Path("/somewhere/.seedpact")
    assert Home.of("x/../y").path == Path.cwd() / "y"


def test_every_file_is_inside() -> None:
    home = Home(Path("/h"))
    inside = [
        home.cometbft_config,
        home.node_config,
        home.client_config,
        home.genesis,
        home.node_key,
        home.validator_key,
        home.validator_state,
        home.application_data,
        home.enclave,
        home.keyring("test"),
        home.logs,
        home.run,
        home.default_socket,
    ]
    assert len(set(inside)) == len(inside)
    assert all(path.is_relative_to(home.path) for path in inside)


@pytest.mark.parametrize("length", [60, MAX_SOCKET_PATH - 10, MAX_SOCKET_PATH - 9, 300])
def test_a_socket_always_fits(length: int) -> None:
    path = Path("/" + "h" * (length - 1))
    socket = Home(path).default_socket
    assert len(os.fsencode(socket)) <= MAX_SOCKET_PATH
    assert socket.is_relative_to(path) == (length + len("/abci.sock") <= MAX_SOCKET_PATH)


def test_two_long_homes_have_two_sockets() -> None:
    first, second = (Home(Path("/" + name * 200)).default_socket for name in "ab")
    assert first != second


def test_a_missing_home_is_told(tmp_path: Path) -> None:
    for home in (Home(tmp_path), Home(tmp_path / "none")):
        with pytest.raises(ConfigFailure) as caught:
            home.require()
        assert caught.value.code is ConfigCode.NO_HOME
        assert str(home.node_config) in caught.value.expected


def test_folders_are_private(tmp_path: Path) -> None:
    home = Home(tmp_path / "new" / "home")
    home.make_folders()
    home.make_folders()
    for folder in (home.path, home.config, home.data, home.enclave, home.logs, home.run):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_shifted_nodes_share_no_port() -> None:
    nodes = [Ports().shifted(OFFSET_STEP * number) for number in range(6)]
    ports = [
        port
        for node in nodes
        for port in (node.rpc, node.p2p, node.grpc, node.metrics, node.enclave)
    ]
    assert len(set(ports)) == len(ports)


@pytest.mark.parametrize("offset", [-9090, 40_000])
def test_an_offset_out_of_range_is_refused(offset: int) -> None:
    with pytest.raises(ConfigFailure) as caught:
        Ports().shifted(offset)
    assert caught.value.code is ConfigCode.CONFIG_INVALID
