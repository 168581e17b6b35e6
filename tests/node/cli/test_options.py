"""Which value counts: option, environment, client.toml, default; the format of errors."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from node.cli.exit_codes import ExitCode
from node.cli.inherited import let_groups_inherit
from node.cli.options import (
    INHERITED,
    chain_id_option,
    grpc_option,
    home_option,
    keyring_backend_option,
    node_option,
    output_option,
    wanted_format,
)
from node.cli.output import Format, Output
from node.config import ClientConfig, Home
from tests.support.cli import Cli


@click.command
@node_option
@grpc_option
@chain_id_option
@keyring_backend_option
@home_option
@output_option
def show(
    *, home: Home, node: str, grpc: str, chain_id: str, keyring_backend: str, output: Output
) -> None:
    values = [str(home.path), node, grpc, chain_id, keyring_backend, str(output.format)]
    click.echo(json.dumps(values))


DEFAULT = ["http://127.0.0.1:26657", "127.0.0.1:9090", "", "file", "text"]
IN_FILE = ["http://f:1", "f:2", "f-3", "test", "json"]
IN_ENVIRONMENT = ["http://e:1", "e:2", "e-3", "file", "text"]
IN_OPTIONS = ["http://o:1", "o:2", "o-3", "test", "json"]

NAMES = ["NODE", "GRPC", "CHAIN_ID", "KEYRING_BACKEND", "OUTPUT"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.make_folders()
    node, grpc, chain_id, backend, output = IN_FILE
    ClientConfig(chain_id, node, grpc, backend, output).save(home)
    return home


def _environment(values: list[str]) -> dict[str, str]:
    return {f"SEEDPACT_{name}": value for name, value in zip(NAMES, values, strict=True)}


def _options(values: list[str]) -> list[str]:
    names = [f"--{name.lower().replace('_', '-')}" for name in NAMES]
    return [part for pair in zip(names, values, strict=True) for part in pair]


def _shown(arguments: list[str], environment: dict[str, str] | None = None) -> list[str]:
    result = CliRunner().invoke(show, arguments, env=environment, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    values: list[str] = json.loads(result.output)
    return values


def test_the_order_of_sources(home: Home, tmp_path: Path) -> None:
    at_home, elsewhere = ["--home", str(home.path)], ["--home", str(tmp_path / "none")]
    assert _shown(elsewhere)[1:] == DEFAULT
    assert _shown(at_home)[1:] == IN_FILE
    assert _shown(at_home, _environment(IN_ENVIRONMENT))[1:] == IN_ENVIRONMENT
    both = [*_options(IN_OPTIONS), *at_home]  # the home's file is read first wherever it stands
    assert _shown(both, _environment(IN_ENVIRONMENT))[1:] == IN_OPTIONS


def test_the_home_may_come_from_the_environment(home: Home) -> None:
    assert _shown([], {"SEEDPACT_HOME": str(home.path)}) == [str(home.path), *IN_FILE]


def _inherited(arguments: list[str], environment: dict[str, str] | None = None) -> list[str]:
    """`root [..] inner [..] show [..]`, each place with options of its own."""

    @click.group
    def root() -> None: ...

    @root.group
    def inner() -> None: ...

    inner.add_command(show)
    let_groups_inherit(root, INHERITED)
    result = CliRunner().invoke(root, arguments, env=environment, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    values: list[str] = json.loads(result.output)
    return values


def test_options_may_stand_before_the_command(home: Home) -> None:
    """The nearest to the command counts; each place beats the environment and the file."""
    before, at_home = _options(IN_OPTIONS), ["--home", str(home.path)]
    environment = _environment(IN_ENVIRONMENT)
    assert _inherited([*at_home, "inner", "show"])[1:] == IN_FILE
    assert _inherited(["inner", *at_home, "show"], environment)[1:] == IN_ENVIRONMENT
    assert _inherited([*before, "inner", *at_home, "show"], environment)[1:] == IN_OPTIONS
    nearest = _inherited(
        ["--node", "tcp://a:1", "inner", "--node", "tcp://b:1", "show", "--node", "tcp://c:1"]
    )
    assert nearest[1] == "http://c:1"
    nearer = _inherited(["--node", "tcp://a:1", "inner", "--node", "tcp://b:1", "show"])
    assert nearer[1] == "http://b:1"


def test_a_wrong_value_before_the_command_is_refused(cli: Cli, tmp_path: Path) -> None:
    usage = ExitCode.USAGE
    cli("--output", "yaml", "keys", "mnemonic").failed("wrong_usage", usage)
    cli("--keyring-backend", "os", "keys", "list", "--home", str(tmp_path)).failed(
        "wrong_usage", usage
    )
    cli("--nonsense", "keys", "mnemonic").failed("wrong_usage", usage)
    cli("--output", "json", "--home", str(tmp_path), "genesis", "validate").failed(
        "no_genesis", usage
    )
    done = cli("--output=json", "keys", "mnemonic").done()
    assert done.json["mnemonic"]


def test_a_tcp_url_means_http() -> None:
    assert _shown(["--node", "tcp://h:1"])[1] == "http://h:1"


def test_an_error_has_the_format_that_the_answer_would_have(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SEEDPACT_HOME", str(tmp_path / "none"))
    assert wanted_format(["x"]) is Format.TEXT
    assert wanted_format(["x", "--home", str(home.path)]) is Format.JSON
    assert wanted_format(["x", f"--home={home.path}", "--output=text"]) is Format.TEXT
    monkeypatch.setenv("SEEDPACT_OUTPUT", "json")
    assert wanted_format(["x"]) is Format.JSON
    assert wanted_format(["x", "--output", "text"]) is Format.TEXT
    home.client_config.write_text("broken")
    monkeypatch.delenv("SEEDPACT_OUTPUT")
    assert wanted_format(["x", "--home", str(home.path)]) is Format.TEXT
