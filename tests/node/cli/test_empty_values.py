"""An empty option or variable is a script's that was never set: refused before anything is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from enclave.service.main import main as enclave
from node.cli.empty import MAY_BE_EMPTY
from node.cli.exit_codes import ExitCode
from node.cli.main import cli as root
from tests.node.cli.test_streams import LEAVES
from tests.support.cli import Cli


def options(path: tuple[str, ...]) -> Iterator[click.Option]:
    command: click.Command = root
    for name in path:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), name)
        assert found is not None
        command = found
    yield from (param for param in command.params if isinstance(param, click.Option))


VALUES: Final = [
    pytest.param(path, option.opts[0], id=f"{' '.join(path)} {option.opts[0]}")
    for path in LEAVES
    for option in options(path)
    if not option.is_flag and option.name not in MAY_BE_EMPTY
]
VARIABLES: Final = [
    pytest.param(path, option.envvar, id=f"{' '.join(path)} {option.envvar}")
    for path in LEAVES
    for option in options(path)
    if isinstance(option.envvar, str)
]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is made in the current folder, nor in one's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    yield
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("path", "option"), VALUES)
def test_an_empty_option(cli: Cli, path: tuple[str, ...], option: str) -> None:
    cli(*path, option, "").failed("wrong_usage", ExitCode.USAGE)


@pytest.mark.parametrize(("path", "variable"), VARIABLES)
def test_an_empty_variable(
    cli: Cli, path: tuple[str, ...], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "")
    cli(*path).failed("wrong_usage", ExitCode.USAGE)


def test_an_option_beats_an_empty_variable(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("SEEDPACT_HOME", "SEEDPACT_OUTPUT"):
        monkeypatch.setenv(variable, "")
    cli("keys", "list", "--home", "none", "--output", "text", "--keyring-backend", "test").done()


def test_before_the_command(cli: Cli) -> None:
    for words in (("--home", "", "keys", "list"), ("keys", "--home", "", "list")):
        found = cli(*words).failed("wrong_usage", ExitCode.USAGE)
        assert "--home with a value, or left out, found an empty one" in found.stderr


def test_an_empty_memo_is_a_memo(cli: Cli) -> None:
    send = ("tx", "bank", "send", "--from", "nobody", "nowhere", "1useed", "--memo", "")
    assert "--memo" not in cli(*send).stderr


def test_the_enclave_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        enclave(["--mode", "software", "--home", ""])
    assert ended.value.code == ExitCode.USAGE
    assert "expected a directory" in capsys.readouterr().err
