"""The commands of `localnet` where no network runs, and on a home that `prepare` made."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from node.cli.exit_codes import ExitCode
from node.cli.localnet.options import DEFAULT_FOLDER, typed
from node.config import NodeConfig, Ports
from node.config.cometbft import read_cometbft
from node.config.parts import Part, pid_file
from node.join.genesis import read_genesis
from node.localnet.plan import Stage, new_localnet
from node.localnet.store import Folder
from node.supervisor import ProcessId
from tests.support.cli import COMMAND, python_path, run_for_real
from tests.support.ports import free_offset

OFFSET: Final = 5_007
"""Where nobody listens."""
COMMANDS: Final = ("status", "logs", "add-node", "kill x", "stop", "reset", "join x")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    folder = Folder(tmp_path_factory.mktemp("net"))
    options = ("--validators", "2", "--port-offset", str(OFFSET))
    run_for_real("localnet", "prepare", "--home", str(folder.path), *options).done()
    return folder


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield child
    child.kill()
    child.wait()


@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_localnet(command: str, tmp_path: Path) -> None:
    home = ("--home", str(tmp_path))
    run_for_real("localnet", *command.split(), *home).failed("no_localnet")
    assert tmp_path.exists()


def test_prepare_makes_whole_homes_of_one_network(prepared: Folder) -> None:
    localnet = prepared.load()
    assert localnet.stage is Stage.GENESIS
    assert [node.name for node in localnet.nodes] == ["validator0", "validator1", "newcomer1"]
    homes = [prepared.home(node) for node in localnet.nodes]
    documents = {home.genesis.read_bytes() for home in homes}
    assert len(documents) == 1
    assert len(read_genesis(documents.pop(), where="here").id) == 32
    answer = run_for_real(
        "localnet", "prepare", "--home", str(prepared.path), "--output", "json"
    ).done()
    assert answer.json["made"] is False
    peers = str(read_cometbft(homes[2], "p2p.persistent_peers")).split(",")
    assert [peer.partition("@")[2] for peer in peers] == ["127.0.0.1:31663", "127.0.0.1:31763"]


def test_prepared_for_containers(tmp_path: Path) -> None:
    home = ("--home", str(tmp_path / "net"))
    run_for_real("localnet", "prepare", "--containers", "--validators", "2", *home).done()
    folder = Folder(tmp_path / "net")
    localnet = folder.load()
    for node in localnet.nodes:
        own = folder.home(node)
        assert read_cometbft(own, "p2p.laddr") == "tcp://0.0.0.0:26656"
        assert read_cometbft(own, "p2p.external_address") == f"{node.name}:26656"
        assert read_cometbft(own, "rpc.laddr") == "tcp://127.0.0.1:26657"
        assert read_cometbft(own, "proxy_app") == "unix:///run/seedpact/abci.sock"
        config = NodeConfig.load(own)
        assert str(config.abci_socket) == "/run/seedpact/abci.sock"
        assert config.enclave_address == "127.0.0.1:26670"
    newcomer = folder.home(localnet.nodes[-1])
    peers = str(read_cometbft(newcomer, "p2p.persistent_peers"))
    assert [peer.partition("@")[2] for peer in peers.split(",")] == [
        "validator0:26656",
        "validator1:26656",
    ]


def test_the_status_of_a_network_that_is_being_made(prepared: Folder, tmp_path: Path) -> None:
    """Its homes are not there yet, and nobody should make one in their place."""
    folder = Folder(tmp_path / "net")
    folder.path.mkdir()
    folder.save(replace(prepared.load(), stage=Stage.HOMES))
    found = run_for_real("localnet", "status", "--home", str(folder.path), "--output", "json")
    found.failed("no_localnet")
    assert "seedpactd localnet up" in found.json["remedy"]


def test_the_status_of_a_network_that_does_not_run(prepared: Folder) -> None:
    home = ("--home", str(prepared.path))
    found = run_for_real("localnet", "status", *home, "--output", "json").done().json
    assert set(found) == {"nodes", "last_registration"}
    assert found["last_registration"] is None
    first = found["nodes"][0]
    assert first == {
        "name": "validator0",
        "role": "bootstrap",
        "home": str(prepared.path / "validator0"),
        "rpc": "http://127.0.0.1:31664",
        "grpc": "127.0.0.1:14097",
        "rest": None,
        "enclave": "127.0.0.1:31677",
        "pids": {"cometbft": None, "node": None, "enclave": None},
        "height": None,
        "enclave_state": None,
        "node_id": None,
    }
    assert [node["role"] for node in found["nodes"]] == ["bootstrap", "validator", "newcomer"]
    text = run_for_real("localnet", "status", *home).done().stdout
    assert "does not run" in text


def test_what_wants_a_running_network_says_so(prepared: Folder) -> None:
    home = ("--home", str(prepared.path))
    run_for_real("localnet", "add-node", *home).failed("localnet_not_running")
    run_for_real("localnet", "kill", "validator0", *home).failed("localnet_not_running")
    answer = run_for_real("localnet", "stop", *home, "--output", "json").done()
    assert answer.json["stopped"] is False


@pytest.mark.parametrize("name", ["validator9", "validator0/coffee", "/", "VALIDATOR0"])
def test_a_name_that_is_none(name: str, prepared: Folder) -> None:
    home = ("--home", str(prepared.path))
    for command in ("kill", "logs"):
        answer = run_for_real("localnet", command, name, *home)
        answer.failed("wrong_usage", ExitCode.USAGE)


def test_kill_kills_our_processes_alone(prepared: Folder, sleeper: subprocess.Popen[bytes]) -> None:
    home = ("--home", str(prepared.path))
    path = pid_file(prepared.home(prepared.load().bootstrap), Part.NODE)
    identity = ProcessId.of(sleeper.pid)
    assert identity is not None
    replace(identity, start_ticks=identity.start_ticks - 1).write(path)  # the id was used again
    run_for_real("localnet", "kill", "validator0", *home).failed("localnet_not_running")
    assert sleeper.poll() is None
    identity.write(path)
    answer = run_for_real("localnet", "kill", "validator0/node", *home, "--output", "json")
    assert answer.done().json["killed"] == {"node": sleeper.pid}
    assert sleeper.wait(timeout=60) == -9
    path.unlink()


def test_logs_shows_the_last_lines_with_their_process(prepared: Folder) -> None:
    logs = prepared.home(prepared.load().bootstrap).logs
    (logs / "node.log").write_bytes("".join(f"line {n}\n" for n in range(50)).encode())
    (logs / "enclave.log").write_bytes(b"from the enclave \xff\n")
    home = ("--home", str(prepared.path))
    answer = run_for_real("localnet", "logs", "validator0", "--output", "json", *home).done()
    assert list(answer.json["logs"]) == [f"validator0/{part}" for part in Part]
    both = run_for_real("localnet", "logs", "-f", "--output", "json", *home)
    both.failed("wrong_usage", ExitCode.USAGE)
    text = run_for_real("localnet", "logs", "validator0", "-n", "2", *home).done().stdout
    assert text.splitlines() == [
        "validator0/enclave  from the enclave \ufffd",
        "validator0/node  line 48",
        "validator0/node  line 49",
    ]


def test_logs_follows_until_ctrl_c(prepared: Folder) -> None:
    path = prepared.home(prepared.load().bootstrap).logs / "cometbft.log"
    path.write_text("old\n")
    command = [*COMMAND, "localnet", "logs", "validator0/cometbft", "-f", "-n", "1"]
    process = subprocess.Popen(
        [*command, "--home", str(prepared.path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": python_path()},
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "validator0/cometbft  old\n"
    with path.open("a") as log:
        log.write("new\nhalf")
        log.flush()
        assert process.stdout.readline() == "validator0/cometbft  new\n"
        log.write(" a line\n")
    assert process.stdout.readline() == "validator0/cometbft  half a line\n"
    path.write_text("anew\n")  # it was put aside
    assert process.stdout.readline() == "validator0/cometbft  anew\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == ExitCode.DONE


def test_up_refuses_another_shape(prepared: Folder) -> None:
    home = ("--home", str(prepared.path))
    for options in (("--validators", "3"), ("--block-time", "2s"), ("--port-offset", "7")):
        run_for_real("localnet", "up", *options, *home).failed("localnet_differs")


def test_what_was_left_without_a_genesis_is_made_anew(tmp_path: Path) -> None:
    home = ("--home", str(tmp_path / "net"))
    prepare = ("localnet", "prepare", *home, "--output", "json")
    first = run_for_real(*prepare, "--validators", "1").done().json["network_id"]
    folder = Folder(tmp_path / "net")
    folder.save(replace(folder.load(), stage=Stage.HOMES))  # killed before it was recorded
    again = run_for_real(*prepare, "--validators", "2").done().json
    assert again["network_id"] != first
    assert len(folder.load().validators) == 2


@pytest.mark.parametrize("value", ["0s", "1", "fast", "-1s", "1m"])
def test_a_block_time_that_is_none(value: str, tmp_path: Path) -> None:
    home = ("--home", str(tmp_path / "net"))
    answer = run_for_real("localnet", "up", "--block-time", value, *home)
    answer.failed("wrong_usage", ExitCode.USAGE)
    assert not (tmp_path / "net").exists()


def test_up_names_a_port_that_is_taken(engine: Path, tmp_path: Path) -> None:
    del engine  # built
    offset = free_offset()
    port = Ports().shifted(offset).enclave
    home = ("--home", str(tmp_path / "net"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        answer = run_for_real("localnet", "up", "--port-offset", str(offset), *home)
    line = answer.stderr.splitlines()[-1]
    assert answer.exit_code == ExitCode.REFUSED
    assert line.startswith(f"port_taken: expected to listen at 127.0.0.1:{port} for the enclave")


def test_one_up_and_no_reset_while_it_runs(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.save(new_localnet())
    home = ("--home", str(tmp_path))
    with folder.claimed():
        for command in ("up", "reset"):
            answer = run_for_real("localnet", command, *home).failed("localnet_running")
            assert str(os.getpid()) in answer.stderr
    run_for_real("localnet", "reset", *home).done()
    assert not tmp_path.exists()


def test_reset_leaves_a_folder_of_others_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    run_for_real("localnet", "reset", "--home", str(tmp_path)).failed("no_localnet")
    assert (tmp_path / "mine.txt").exists()


def test_a_hint_names_the_network_it_is_about(tmp_path: Path) -> None:
    default = Folder(Path(DEFAULT_FOLDER).expanduser())
    assert typed("status", default) == "seedpactd localnet status"
    spaced = Folder(tmp_path / "my net")
    assert typed("up", spaced) == f"seedpactd localnet up --home '{tmp_path}/my net'"
