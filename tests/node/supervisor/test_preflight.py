"""What must hold before a node starts, on a real home."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import tomlkit

from enclave.crypto.labels import Mode
from node.config import ConfigCode, ConfigFailure, Home, NodeConfig, Ports
from node.config.cometbft import edit_cometbft, engine_addresses
from node.config.parts import Part, pid_file
from node.config.toml_writer import parse
from node.localnet.homes import make_home
from node.localnet.plan import new_localnet
from node.localnet.store import Folder
from node.supervisor import ProcessId, SupervisorCode, SupervisorFailure, preflight
from node.supervisor.node_group import ENGINE_HALTS, command, node_group
from tests.support.ports import free_offset


@pytest.fixture
def home(tmp_path: Path) -> Home:
    localnet = new_localnet(port_offset=free_offset())
    make_home(Folder(tmp_path), localnet, localnet.bootstrap)
    return Folder(tmp_path).home(localnet.bootstrap)


def test_a_whole_home_passes(home: Home) -> None:
    config = preflight.check_home(home)
    assert config.enclave_mode is Mode.SOFTWARE
    with preflight.claimed(home):
        preflight.check_not_running(home, list(Part))
    with preflight.claimed(home):  # and is given free
        pass


@pytest.mark.parametrize(
    "name", ["node_config", "cometbft_config", "validator_key", "validator_state", "node_key"]
)
def test_a_missing_file_is_named(name: str, home: Home) -> None:
    path: Path = getattr(home, name)
    path.unlink()
    with pytest.raises(ConfigFailure) as refused:
        preflight.check_home(home)
    assert str(path) in refused.value.expected


@pytest.mark.parametrize("value", ["", "127.0.0.1:1", 5])
def test_an_engine_that_listens_nowhere(value: str | int, home: Home) -> None:
    document = parse(home.cometbft_config)
    document["rpc"]["laddr"] = value
    home.cometbft_config.write_text(tomlkit.dumps(document))
    with pytest.raises(ConfigFailure) as refused:
        preflight.check_home(home)
    assert refused.value.code is ConfigCode.CONFIG_INVALID


def test_two_supervisors_of_one_home(home: Home) -> None:
    with (
        preflight.claimed(home),
        pytest.raises(SupervisorFailure) as refused,
        preflight.claimed(home),
    ):
        pass
    assert refused.value.code is SupervisorCode.NODE_ALREADY_RUNNING


def test_a_process_that_is_left_is_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "LEFT_SECS", 0.1)
    own = ProcessId.of(os.getpid())
    assert own is not None
    own.write(pid_file(home, Part.NODE))
    preflight.check_not_running(home, [Part.ENCLAVE])
    with pytest.raises(SupervisorFailure) as refused:
        preflight.check_not_running(home, list(Part))
    assert refused.value.code is SupervisorCode.NODE_ALREADY_RUNNING
    assert str(os.getpid()) in refused.value.found


def test_a_process_that_ends_is_waited_for(home: Home) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.5)"])
    identity = ProcessId.of(child.pid)
    assert identity is not None
    identity.write(pid_file(home, Part.NODE))
    preflight.check_not_running(home, list(Part))
    assert child.wait() == 0


@pytest.mark.parametrize("what", ["the enclave", "gRPC", "metrics", "RPC", "peers"])
def test_each_port_that_is_taken_is_named(what: str, home: Home) -> None:
    config = NodeConfig.load(home)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        match what:
            case "the enclave":
                config = replace(config, enclave_address=address)
            case "gRPC":
                config = replace(config, grpc_listen=address)
            case "metrics":
                config = replace(config, metrics_listen=address)
            case "RPC":
                edit_cometbft(home, {"rpc.laddr": f"tcp://{address}"})
            case _:
                edit_cometbft(home, {"p2p.laddr": f"tcp://{address}"})
        with pytest.raises(SupervisorFailure) as refused:
            preflight.check_ports(home, config, list(Part))
    assert refused.value.code is SupervisorCode.PORT_TAKEN
    assert address in refused.value.expected
    assert what in refused.value.expected


NOT_HERE: list[tuple[str, SupervisorCode]] = [
    ("192.0.2.1:9090", SupervisorCode.ADDRESS_NOT_HERE),
    ("[2001:db8::1]:9090", SupervisorCode.ADDRESS_NOT_HERE),
    ("nobody.invalid:9090", SupervisorCode.ADDRESS_UNKNOWN),
    (f"{'x' * 64}.org:9090", SupervisorCode.ADDRESS_UNKNOWN),
]


@pytest.mark.parametrize(("address", "code"), NOT_HERE)
def test_an_address_that_is_not_here_says_why(
    home: Home, address: str, code: SupervisorCode
) -> None:
    """None of them is a program that could be stopped."""
    config = replace(NodeConfig.load(home), grpc_listen=address)
    with pytest.raises(SupervisorFailure) as refused:
        preflight.check_ports(home, config, [Part.NODE])
    assert refused.value.code is code
    assert address in refused.value.expected


def test_a_name_that_peers_are_told_has_to_resolve(home: Home) -> None:
    config = NodeConfig.load(home)
    edit_cometbft(home, {"p2p.external_address": "nobody.invalid:26656"})
    preflight.check_ports(home, config, [Part.NODE])
    with pytest.raises(SupervisorFailure) as refused:
        preflight.check_ports(home, config, [Part.COMETBFT])
    assert refused.value.code is SupervisorCode.ADDRESS_UNKNOWN
    assert "p2p.external_address nobody.invalid:26656" in refused.value.expected
    edit_cometbft(home, {"p2p.external_address": "127.0.0.1:26656"})
    preflight.check_ports(home, config, [Part.COMETBFT])


def test_the_group_is_the_home(home: Home) -> None:
    config = preflight.check_home(home)
    group = node_group(home, config, engine=Path("/engine"), name="x")
    assert [spec.name for spec in group.processes] == ["enclave", "node", "cometbft"]
    enclave, node, engine = group.processes
    assert enclave.command[1:] == (
        "-P",
        "-m",
        "enclave",
        "--home",
        str(home.enclave),
        "--mode",
        "software",
        "--listen",
        config.enclave_address,
    )
    assert not enclave.vital
    assert node.vital
    assert engine.command == ("/engine", "start", "--home", str(home.path))
    assert engine.ends_with == "node"
    assert [spec.halts for spec in group.processes] == [None, None, ENGINE_HALTS]
    for part, spec in zip(Part, group.processes, strict=True):
        assert spec.command == command(part, home, config, engine=Path("/engine"))
        assert spec.log.parent == home.logs
        assert spec.pid_file.parent == home.run
    offset = int(config.enclave_address.removeprefix("127.0.0.1:")) - Ports().enclave
    ports = Ports().shifted(offset)
    assert engine_addresses(home) == (f"127.0.0.1:{ports.rpc}", f"127.0.0.1:{ports.p2p}")


def test_blocks_wait_for_no_queries(home: Home) -> None:
    """The engine starts once ABCI is served, whether or not the gRPC services are."""
    config = NodeConfig.load(home)
    config.abci_socket.parent.mkdir(parents=True, exist_ok=True)
    group = node_group(home, config, engine=Path("engine"), name="one")
    (node,) = [process for process in group.processes if process.name == Part.NODE]
    assert not node.ready()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(config.abci_socket))
        listener.listen()
        assert node.ready()
