"""Text of strangers at the limits of Python: each has a code, and none is an internal error.

Python refuses integers of more than 4,300 digits, nesting of about a thousand levels, half
characters, and paths that are no text, each with an exception of another kind.
"""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from node.cli.exit_codes import ExitCode
from node.cli.failures import CliCode, Failure
from node.cli.genesis.shared import MAX_SECONDS
from node.cli.main import cli as root
from node.config import Home
from tests.support.cli import Cli
from tests.support.genesis_home import make_home

DIGITS: Final = "9" * 6_000
DEEP: Final = "[" * 100_000
TEXTS: Final = (
    *("nan", "inf", "-inf", "1e999", DIGITS, f"-{DIGITS}", "0" * 20 + DIGITS, "0x" + DIGITS),
    *("9" * 19, "9" * 20, "9" * 30, "-1", "0", "\u0663", "", " ", "\x00", "1_0", "1." + DIGITS),
    *(f"{DIGITS}useed", f"1.{DIGITS}useed", f"127.0.0.1:{DIGITS}", "1" * 5_000 + "s"),
    *(f"http://[::1:{DIGITS}", "https://[x", "https://x]y", f"tcp://x:{DIGITS}"),
    *("ab" * 3_000, "0" * 6_001, f"{'00' * 32}:{'00' * 32}:{DIGITS}:{DIGITS}"),
)
UINT64: Final = 2**64


def parameters(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Parameter]]:
    """Every argument and option of every command."""
    for name, command in group.commands.items():
        where = f"{path} {name}".strip()
        if isinstance(command, click.Group):
            yield from parameters(command, where)
        else:
            yield from ((where, parameter) for parameter in command.params)


root.all_commands()
ALL: Final = list(parameters(root))


def test_no_option_takes_a_number_that_no_field_holds() -> None:
    """Each type of each option gets each text: it takes it, or says what it takes."""
    taken = 0
    for where, parameter in ALL:
        for text in TEXTS:
            try:
                value = parameter.type.convert(text, parameter, None)
            except (click.BadParameter, Failure):
                continue
            taken += 1
            if isinstance(value, float):
                assert math.isfinite(value), (where, parameter.name, text[:30])
            if isinstance(value, int) and "useed" not in text:
                limit = UINT64 if parameter.name != "genesis_time" else MAX_SECONDS * 10**9 + 1
                assert abs(value) < limit, (where, parameter.name, text[:30])
    assert taken > 100


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    make_home(home, complete=True)
    return home


KNOWN: Final = {"node_config": "grpc.listen", "client_config": "node", "cometbft_config": "moniker"}
"""A key of each file: what an unknown one has is not even looked at."""


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize(
    "content",
    [
        f"a = {DIGITS}",
        f"a = 0x{DIGITS}",
        f"a = {DEEP}",
        f"a = {'{a = ' * 100}1{'}' * 100}",
        "a = 99999999999999999999",
        "".join(f"[{'a.' * 90}b{n}]\n" for n in range(3)),
        "\ufeffa = 1",
        "a = 1\x00",
        "a = 9999-99-99",
        "a = 1\na = 2",
    ],
)
def test_a_configuration_that_python_cannot_hold_is_named(
    home: Home, cli: Cli, name: str, content: str
) -> None:
    path: Path = getattr(home, name)
    path.write_text(content.replace("a = ", f"{KNOWN[name]} = ", 1))
    where = ["--home", str(home.path)]
    asks = ["keys", "list"] if name == "client_config" else ["start"]
    answer = cli(*asks, *where).failed("config_invalid", ExitCode.USAGE)
    assert str(path) in answer.stderr


@pytest.mark.parametrize(
    "content",
    [DEEP, '{"a":' * 100_000, f'{{"version": {DIGITS}}}', '{"version": 1e999}', "\ufeff{}", "\x00"],
)
def test_a_key_file_that_python_cannot_hold_is_damaged(home: Home, cli: Cli, content: str) -> None:
    path = home.keyring("test") / "op.key"
    path.write_text(content[:4_096])
    cli("keys", "list", "--home", str(home.path)).failed("key_damaged", ExitCode.USAGE)


def test_a_link_to_nothing_in_the_keyring_is_named(home: Home, cli: Cli) -> None:
    path = home.keyring("test") / "gone.key"
    path.symlink_to("/nowhere/gone.key")
    for words in (["keys", "list"], ["keys", "show", "gone"], ["keys", "delete", "gone"]):
        answer = cli(*words, "--home", str(home.path)).failed("key_damaged", ExitCode.USAGE)
        assert "a link to nothing" in answer.stderr
    cli("keys", "add", "gone", "--home", str(home.path)).failed("key_exists")
    text = cli("doctor", "--home", str(home.path)).failed("checks_failed").stdout
    assert f"a key at {path}" in text


def test_links_in_a_circle_are_named(home: Home, cli: Cli) -> None:
    path = home.keyring("test") / "round.key"
    path.symlink_to(path)
    cli("keys", "list", "--home", str(home.path)).failed("unreadable_input", ExitCode.USAGE)


PATHS: Final = [b"\xff", b"a/\xc3", b"x" * 256, b"/".join([b"x" * 200] * 20), b"\xed\xa0\x80"]


@pytest.mark.parametrize("name", PATHS)
def test_a_home_that_no_configuration_can_name_is_refused(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, name: bytes
) -> None:
    path = os.path.join(str(tmp_path), os.fsdecode(name))  # noqa: PTH118 (bytes that are no text)
    commands = (
        ["init", "berlin", "--chain-id", "a-1"],
        ["keys", "list"],
        ["status"],
        ["doctor"],
        ["start"],
    )
    for words in commands:
        cli(*words, "--home", path).failed("bad_home_path", ExitCode.USAGE)
    monkeypatch.setenv("SEEDPACT_HOME", path)
    cli("keys", "list").failed("bad_home_path", ExitCode.USAGE)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_other_bytes_is_no_place_for_a_home(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / os.fsdecode(b"\xff")
    folder.mkdir()
    monkeypatch.chdir(folder)
    cli("init", "berlin", "--chain-id", "a-1", "--home", "home").failed(
        "bad_home_path", ExitCode.USAGE
    )
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["init", "\udcff", "--chain-id", "a-1"],
        ["init", "a", "--chain-id", "\udcff"],
        ["keys", "add", "\udcff"],
        ["genesis", "add-validator", "--name", "\udcff"],
        ["tx", "bank", "send", "op", "x", "1useed", "--memo", "\udcff"],
        ["explain", "\udcff"],
    ],
)
def test_half_a_character_is_wrong_usage(home: Home, cli: Cli, words: list[str]) -> None:
    cli(*words, "--home", str(home.path)).failed(CliCode.WRONG_USAGE, ExitCode.USAGE)


@pytest.mark.parametrize(
    "words",
    [
        ["genesis", "set-time", "--in", "9" * 30],
        ["genesis", "set-time", "9" * 19],
        ["genesis", "set-time", "253402300800"],
        ["genesis", "set-time", DIGITS],
        ["genesis", "set-params", "--register-gas", DIGITS],
        ["genesis", "set-params", "--max-registers-per-block", str(2**32)],
        ["genesis", "set-policy", "--minimum-evaluation-number", str(2**32)],
        ["genesis", "set-floor", "--threshold", str(2**32)],
        ["genesis", "add-account", "op", f"{DIGITS}useed"],
    ],
)
def test_a_number_that_no_field_holds_is_wrong_usage(
    home: Home, cli: Cli, words: list[str]
) -> None:
    before = home.genesis.read_bytes()
    cli(*words, "--home", str(home.path)).failed(CliCode.WRONG_USAGE, ExitCode.USAGE)
    assert home.genesis.read_bytes() == before
    assert stat.S_ISREG(home.genesis.stat().st_mode)
