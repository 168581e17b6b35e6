"""localnet/docker-compose.yml, judged by compose itself and by our own command line.

There is no container engine here: nothing is run.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import pytest

from node.cli.failures import Failure
from node.cli.main import cli as root
from node.config.parts import Part
from node.localnet.homes import CONTAINER_SOCKET
from node.localnet.plan import LocalNode, new_localnet

FILE: Final = Path(__file__).parents[2] / "localnet" / "docker-compose.yml"
DOCKERFILE: Final = FILE.with_name("Dockerfile")
# The wheel's console script ends with 0 on an invalid file; the binary inside does not.
_WHEEL: Final = importlib.util.find_spec("compose")
COMPOSE: Final = Path(str(_WHEEL and _WHEEL.origin)).with_name("docker-compose")

NODES: Final = new_localnet().with_newcomer()[0].nodes
names = pytest.mark.parametrize("node", NODES, ids=[node.name for node in NODES])


def run(file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMPOSE, "-f", file, "config", *options], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    done = run(FILE, "--format", "json")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    assert isinstance(value, dict)
    return value


def test_compose_takes_it() -> None:
    done = run(FILE, "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("restart: unless-stopped", "restart_policy_of_mine: always"),
        ("network_mode: service:validator0-enclave", "network_mode: service:nobody"),
        ("  validator0-socket:\n", ""),
        ("networks:\n  peers:\n\nvolumes", "volumes"),
        ("services:", "services:\n  - broken"),
    ],
    ids=["unknown-key", "unknown-service", "unknown-volume", "unknown-network", "no-yaml"],
)
def test_compose_refuses_a_broken_copy(text: str, broken: str, tmp_path: Path) -> None:
    content = FILE.read_text()
    assert text in content
    copy = tmp_path / "docker-compose.yml"
    copy.write_text(content.replace(text, broken))
    assert run(copy, "-q").returncode != 0


def test_each_command_is_one_of_ours(config: dict[str, Any]) -> None:
    for service in config["services"].values():
        parse(list(service["command"]))


def test_a_command_that_is_none_of_ours_is_seen() -> None:
    for line in ("start --only coffee", "start --onyl node", "localnet brew", "brew"):
        with pytest.raises((Failure, click.UsageError, KeyError)):
            parse(line.split())


def parse(line: list[str]) -> None:
    """Parses a command line as our program does, and runs nothing."""
    command: click.Command = root
    root.all_commands()
    while isinstance(command, click.Group):
        name, *line = line
        command = command.commands[name]
    command.make_context("seedpactd", line)


@names
def test_a_node_is_three_containers_in_one_network(node: LocalNode, config: dict[str, Any]) -> None:
    services = config["services"]
    owner = services[f"{node.name}-enclave"]
    assert owner["hostname"] == node.name
    assert owner["networks"] == {"peers": {"aliases": [node.name]}}
    for part in (Part.NODE, Part.COMETBFT):
        service = services[f"{node.name}-{part}"]
        assert service["network_mode"] == f"service:{node.name}-enclave"
        assert service["command"][:3] == ["start", "--only", part]
    assert owner["command"][:4] == ["enclave", "run", "--mode", "software"]


@names
def test_volumes_are_as_the_trust_boundary_wants(node: LocalNode, config: dict[str, Any]) -> None:
    home = f"/localnet/{node.name}"
    both = {node.name: home, f"{node.name}-socket": str(CONTAINER_SOCKET.parent)}
    assert volumes(config, f"{node.name}-cometbft") == both
    assert volumes(config, f"{node.name}-node") == both
    assert volumes(config, f"{node.name}-enclave") == {f"{node.name}-enclave": f"{home}/enclave"}
    prepared = volumes(config, "prepare")
    assert prepared[node.name] == home
    assert prepared[f"{node.name}-enclave"] == f"{home}/enclave"


def volumes(config: dict[str, Any], service: str) -> dict[str, str]:
    return {v["source"]: v["target"] for v in config["services"][service]["volumes"]}


def test_only_peers_leave_a_node(config: dict[str, Any]) -> None:
    assert set(config["networks"]) == {"peers"}
    for service in config["services"].values():
        assert "ports" not in service
        assert service.get("network_mode", "none") != "host"
        assert not service.get("privileged", False)
    assert config["services"]["prepare"]["network_mode"] == "none"


def test_it_is_the_network_of_make_localnet(config: dict[str, Any]) -> None:
    expected = {"prepare"}
    for index, node in enumerate(NODES):
        expected |= {f"{node.name}-{part}" for part in Part}
        expected |= {f"{node.name}-join"} if index else set()
    assert set(config["services"]) == expected
    for node in NODES[1:]:
        join = config["services"][f"{node.name}-join"]
        assert join["command"][:3] == ["localnet", "join", node.name]
        assert join["network_mode"] == f"service:{node.name}-enclave"


def instructions() -> Iterator[list[str]]:
    text = DOCKERFILE.read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            yield line.split()


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    ignored = FILE.with_name("Dockerfile.dockerignore").read_text().splitlines()
    for words in instructions():
        if words[0] == "COPY" and not words[1].startswith("--from"):
            assert (FILE.parents[1] / words[1]).exists(), words
            assert f"!{words[1]}" in ignored
    assert ["ENTRYPOINT", '["seedpactd"]'] in list(instructions())
    assert ["USER", "seedpact"] in list(instructions())


def test_the_image_has_a_folder_for_each_volume() -> None:
    made = DOCKERFILE.read_text()
    for node in NODES:
        assert f" {node.name}" in made
