"""Bad input: one line with a code, the right exit code, no stack trace, and nothing written."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from node.cli.exit_codes import ExitCode
from node.cli.main import cli as root
from tests.support.cli import Answer, Cli, run_for_real
from tests.support.commands import commands_in, unknown_words

FOLDER: Final = Path(__file__).parents[2] / "vectors" / "dcap"
QUOTE: Final = str(FOLDER / "sgx3-phala-2025.quote")
COLLATERAL: Final = str(FOLDER / "sgx3-phala-2025.collateral.json")
VERIFY: Final = ("attest", "verify")
GOOD_VERIFY: Final = (*VERIFY, QUOTE, "--collateral", COLLATERAL, "--time", "1751624924")
ID: Final = "00" * 32

# {} is a folder with: junk (binary), empty, folder/, object.json ({}), deep.json, huge.
WRONG_USAGE: Final = [
    ("nonsense",),
    ("--nonsense",),
    ("attest", "nonsense"),
    (*VERIFY,),
    (*VERIFY, QUOTE),
    (*VERIFY, QUOTE, "--collateral", COLLATERAL),
    (*GOOD_VERIFY, "surplus"),
    (*GOOD_VERIFY, "--nonsense"),
    (*GOOD_VERIFY, "--time", "soon"),
    (*GOOD_VERIFY, "--time", "-1"),
    (*GOOD_VERIFY, "--time", "1.5"),
    (*GOOD_VERIFY, "--time", "9" * 30),
    (*GOOD_VERIFY, "--time", ""),
    (*GOOD_VERIFY, "--time"),
    (*GOOD_VERIFY, "--output", "yaml"),
    ("explain",),
    ("explain", "no_such_code"),
    ("explain", ""),
    ("completion", "tcsh"),
    ("enclave", "info", "--address", "nowhere"),
    ("enclave", "info", "--address", "127.0.0.1:70000"),
    ("enclave", "info", "--address", ":1"),
    ("enclave", "info", "--address", "a b:1"),
    ("enclave", "info", "--address", "::1:1"),
    ("enclave", "info", "--address", "unix:/run/enclave:1"),
    ("enclave", "info", "--address", "127.0.0.1:٣"),
    ("enclave", "info", "--timeout", "0"),
    ("enclave", "info", "--timeout", "x"),
    ("enclave", "run"),
    ("enclave", "run", "--mode", "hard"),
    ("enclave", "run", "--mode", "software", "--measurement", "00"),
    ("enclave", "run", "--mode", "software", "--listen", "26670"),
    ("enclave", "backup"),
    ("enclave", "restore", "{}/junk"),
    ("enclave", "restore", "{}/junk", "--network-id", "xyz"),
    ("enclave", "restore", "{}/junk", "--network-id", ID[2:]),
]

UNREADABLE: Final = [
    (*VERIFY, "{}/missing", "--collateral", COLLATERAL, "--time", "1"),
    (*VERIFY, "{}/folder", "--collateral", COLLATERAL, "--time", "1"),
    (*VERIFY, QUOTE, "--collateral", "{}/missing", "--time", "1"),
    (*VERIFY, QUOTE, "--collateral", "{}/folder", "--time", "1"),
    (*VERIFY, "{}/junk", "--collateral", "{}/missing", "--time", "1"),
    (*GOOD_VERIFY, "--trust-anchor", "{}/missing"),
    (*GOOD_VERIFY, "--policy", "{}/folder"),
    ("enclave", "restore", "{}/missing", "--network-id", ID),
]

MALFORMED: Final = ("junk", "empty", "deep.json", "list.json")

ENCLAVE_AWAY: Final = [
    ("enclave", "info"),
    ("enclave", "network-keys"),
    ("enclave", "backup", "--out", "{}/new"),
    ("enclave", "restore", "{}/junk", "--network-id", ID),
]

CANNOT_WRITE: Final = [
    (("enclave", "backup", "--out", "{}/junk"), "file_exists"),
    (("enclave", "backup", "--out", "{}/folder"), "cannot_write"),
    (("enclave", "backup", "--out", "{}/folder", "--force"), "cannot_write"),
    (("enclave", "backup", "--out", "{}/missing/x"), "cannot_write"),
    (("enclave", "network-keys", "--out", "{}/junk"), "file_exists"),
    (("attest", "issue", "--out-dir", "{}/junk"), "cannot_write"),
    (("attest", "issue", "--out-dir", "{}/junk/x"), "cannot_write"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "junk").write_bytes(bytes(range(256)))
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "object.json").write_text("{}")
    (tmp_path / "list.json").write_text('[{"a": 1}]')
    (tmp_path / "deep.json").write_text("[" * 100_000)
    return tmp_path


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address where nobody serves."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{unused.getsockname()[1]}"


class Table:
    """Runs a row in both formats, and looks at what it left behind."""

    def __init__(self, cli: Cli, folder: Path, address: str, patch: pytest.MonkeyPatch) -> None:
        self.cli, self.folder = cli, folder
        patch.setenv("SEEDPACT_ENCLAVE", address)

    def fails(self, row: tuple[str, ...], code: str, exit_code: ExitCode) -> Answer:
        arguments = [text.replace("{}", str(self.folder)) for text in row]
        before = sorted(self.folder.rglob("*"))
        answer = self.cli(*arguments).failed(code, exit_code)
        assert answer.stdout == ""
        as_json = self.cli(*arguments, "--output", "json").failed(code, exit_code)
        assert as_json.stderr == ""
        assert sorted(self.folder.rglob("*")) == before
        return answer


@pytest.fixture
def table(cli: Cli, folder: Path, nobody: str, monkeypatch: pytest.MonkeyPatch) -> Table:
    return Table(cli, folder, nobody, monkeypatch)


def label(value: object) -> str:
    words = value if isinstance(value, tuple) else (str(value),)
    return " ".join(Path(word).name[:24] for word in words)


@pytest.mark.parametrize("row", WRONG_USAGE, ids=label)
def test_wrong_usage(row: tuple[str, ...], table: Table) -> None:
    if "--output" in row or row[-1] == "--time":
        arguments = [text.replace("{}", str(table.folder)) for text in row]
        table.cli(*arguments).failed("wrong_usage", ExitCode.USAGE)
    else:
        table.fails(row, "wrong_usage", ExitCode.USAGE)


@pytest.mark.parametrize("row", UNREADABLE, ids=label)
def test_unreadable_input(row: tuple[str, ...], table: Table) -> None:
    answer = table.fails(row, "unreadable_input", ExitCode.USAGE)
    assert str(table.folder) in answer.stderr


@pytest.mark.parametrize("file", MALFORMED)
def test_malformed_input(file: str, table: Table) -> None:
    table.fails((*GOOD_VERIFY, "--policy", "{}/" + file), "malformed_policy", ExitCode.USAGE)


@pytest.mark.parametrize("file", ["junk", "empty", "object.json"])
def test_a_trust_anchor_that_is_none(file: str, table: Table) -> None:
    row = (*GOOD_VERIFY, "--trust-anchor", "{}/" + file)
    table.fails(row, "malformed_input", ExitCode.USAGE)


@pytest.mark.parametrize("row", ENCLAVE_AWAY, ids=label)
def test_the_enclave_is_away(row: tuple[str, ...], table: Table, nobody: str) -> None:
    answer = table.fails(row, "enclave_unreachable", ExitCode.REFUSED)
    assert nobody in answer.stderr


@pytest.mark.parametrize(("row", "code"), CANNOT_WRITE, ids=label)
def test_what_cannot_be_written_is_said_before_anything_is_asked(
    row: tuple[str, ...], code: str, table: Table
) -> None:
    table.fails(row, code, ExitCode.REFUSED)


def test_a_huge_file(table: Table) -> None:
    huge = table.folder / "huge"
    with huge.open("wb") as file:
        file.truncate(2**40)  # sparse
    row = (*VERIFY, "{}/huge", "--collateral", COLLATERAL, "--time", "1")
    table.fails(row, "too_large", ExitCode.REFUSED)
    table.fails(("enclave", "restore", "{}/huge", "--network-id", ID), "too_large", ExitCode.USAGE)
    table.fails((*GOOD_VERIFY, "--policy", "{}/huge"), "too_large", ExitCode.USAGE)


def test_an_error_is_one_line_whatever_the_input(cli: Cli) -> None:
    nasty = "a\nb\x1b[31mred[/bold]\u202eleft" + "x" * 5000
    answer = cli("attest", "verify", nasty, "--collateral", nasty, "--time", "1")
    answer.failed("unreadable_input", ExitCode.USAGE)
    assert len(answer.stderr) < 1000
    assert "[/bold]" in answer.stderr


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


root.all_commands()
ALL: Final = list(commands(root))


@pytest.mark.parametrize("path", ALL, ids=label)
def test_every_command_teaches_and_speaks_json(path: tuple[str, ...], cli: Cli) -> None:
    text = cli(*path, "--help").done().stdout
    assert re.search(r"Examples?[:,]", text), text
    assert f"seedpactd {' '.join(path)} " in text
    assert "--output [text|json]" in text
    assert max(len(line) for line in text.splitlines()) <= 100
    for words in commands_in(text):
        assert not unknown_words(words), words


@pytest.mark.parametrize("path", [(), ("attest",), ("enclave",)], ids=label)
def test_a_group_alone_shows_its_help_and_is_wrong_usage(path: tuple[str, ...], cli: Cli) -> None:
    answer = cli(*path)
    assert answer.exit_code == ExitCode.USAGE
    assert answer.stdout == ""
    assert "Commands:" in answer.stderr


def test_the_exit_codes_are_in_the_help(cli: Cli) -> None:
    assert "0 done, 1 refused or failed, 2 wrong usage" in cli("--help").done().stdout


def test_for_real(tmp_path: Path) -> None:
    run_for_real("nonsense").failed("wrong_usage", ExitCode.USAGE)
    run_for_real("nonsense", "--output", "json").failed("wrong_usage", ExitCode.USAGE)
    missing = str(tmp_path / "missing")
    run_for_real(*VERIFY, missing, "--collateral", missing, "--time", "1").failed(
        "unreadable_input", ExitCode.USAGE
    )
    away = ("enclave", "info", "--address", "127.0.0.1:1", "--output", "json")
    run_for_real(*away).failed("enclave_unreachable")
