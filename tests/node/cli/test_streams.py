"""A stream that is closed, full or for the other direction: every command still says what it did.

An answer that stdout does not take has a code and an exit code of its own, and is told on stderr
with what was done; an error goes to whichever stream takes it. Nothing is a bug, and no stack
trace is seen.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from node.cli.exit_codes import ExitCode
from node.cli.localnet.up import STOPS, told
from node.cli.main import cli as root
from node.cli.output import Format, Output
from node.cli.streams import AnswerLost
from node.config import Home
from node.localnet.homes import ensure_key
from node.localnet.plan import OPERATOR
from tests.support.cli import COMMAND, Cli
from tests.support.forked_cli import BROKEN, CLOSED, FULL, WRONG_WAY, Ended, ForkedCli
from tests.support.one_validator import OneValidator

LOST: Final = "answer_not_written"
BUGS: Final = ("Traceback", "internal_error", "Exception ignored")
TEST_KEYRING: Final = ("--keyring-backend", "test")


def leaves(command: click.Command = root, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from leaves(found, (*path, name))
    else:
        yield path


LEAVES: Final = tuple(leaves())


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedCli]:
    with ForkedCli(tmp_path_factory.mktemp("streams")) as server:
        yield server


@pytest.fixture(scope="module")
def home(forked: ForkedCli, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("home") / "home"
    init = ("init", "one", "--home", str(place), "--chain-id", "streams-1")
    assert forked(*init).exit_code == ExitCode.DONE
    keys = ("keys", "add", "alice", "--home", str(place), *TEST_KEYRING)
    assert forked(*keys).exit_code == ExitCode.DONE
    return place


def says(ended: Ended, exit_code: int) -> Ended:
    assert ended.exit_code == exit_code, ended
    assert not any(bug in ended.stdout + ended.stderr for bug in BUGS), ended
    return ended


@pytest.mark.parametrize(
    ("path", "how"),
    [
        pytest.param(path, BROKEN[number % len(BROKEN)], id=" ".join(path))
        for number, path in enumerate(LEAVES)
    ],
)
def test_every_command(forked: ForkedCli, path: tuple[str, ...], how: str) -> None:
    """Its help is an answer, and an unknown option a refusal. The three ways go round."""
    ended = says(forked(*path, "--help", stdout=how), ExitCode.UNTOLD)
    assert ended.stderr.startswith(f"{LOST}: expected to write the answer to stdout, found ")
    assert ended.stderr.count("\n") == 1
    says(forked(*path, "--help", stdin=how, stderr=how), ExitCode.DONE)
    refused = (*path, "--no-such-option")
    ended = says(forked(*refused, stdin=how, stderr=how), ExitCode.USAGE)
    assert ended.stdout.startswith("wrong_usage: ")
    ended = says(forked(*refused, "--output", "json", stdout=how), ExitCode.USAGE)
    assert json.loads(ended.stderr)["code"] == "wrong_usage"
    says(forked(*refused, stdout=how, stderr=how), ExitCode.USAGE)


ANSWERS: Final = (
    "--version",
    "completion bash",
    "engine version",
    "explain frozen",
    "keys list",
    "keys mnemonic",
    "keys show alice",
    "keys show alice --address",
    "keys export alice --unarmored-hex --unsafe",
    "attest issue --out-dir OUT --force",
    "genesis set-time 2027-01-01T00:00:00Z",
)
"""Of commands that need no other process; OUT is a folder."""


def words(line: str, home: Path) -> list[str]:
    found = [str(home / "out") if word == "OUT" else word for word in line.split()]
    if found[0] in {"keys", "genesis"} and found != ["keys", "mnemonic"]:
        found += ["--home", str(home)]
    return found + ([*TEST_KEYRING] if found[0] == "keys" and "--home" in found else [])


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("line", ANSWERS)
def test_an_answer(forked: ForkedCli, home: Path, line: str, form: str) -> None:
    command = words(line, home)
    if line != "--version":
        command += ["--output", form]
    right = says(forked(*command), ExitCode.DONE)
    for how in BROKEN:
        ended = says(forked(*command, stdin=how, stderr=how), ExitCode.DONE)
        assert ended.stdout == right.stdout or "mnemonic" in line
        ended = says(forked(*command, stdout=how), ExitCode.UNTOLD)
        assert ended.stdout == ""
        if form == "json" and line != "--version":
            assert json.loads(ended.stderr)["code"] == LOST
        else:
            assert ended.stderr.startswith(f"{LOST}: ")
        says(forked(*command, stdout=how, stderr=how), ExitCode.UNTOLD)


@pytest.mark.parametrize("how", [CLOSED, WRONG_WAY])
@pytest.mark.parametrize(
    "line",
    [
        "attest verify - --time 1 --collateral /dev/null",
        "keys import bob - --unarmored-hex",
        "keys add bob --recover --mnemonic-file -",
        "receipt verify -",
    ],
)
def test_a_closed_stdin_is_no_input(forked: ForkedCli, home: Path, line: str, how: str) -> None:
    ended = says(forked(*words(line, home), stdin=how), ExitCode.USAGE)
    assert ended.stderr.startswith("unreadable_input: "), ended
    assert "on stdin, found no input: " in ended.stderr


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("form", ["text", "json"])
def test_words_that_nobody_saw_belong_to_no_key(
    forked: ForkedCli, home: Path, form: str, how: str
) -> None:
    command = [*words("keys add unseen", home), "--output", form]
    ended = says(forked(*command, stdout=how), ExitCode.REFUSED)
    assert LOST in ended.stderr
    assert "the key unseen was not kept" in ended.stderr
    assert "unseen" not in forked(*words("keys list", home)).stdout


def test_nobody_is_told_the_words_elsewhere(forked: ForkedCli, home: Path) -> None:
    """Stderr is often kept in a log."""
    ended = forked(*words("keys mnemonic", home), "--output", "json", stdout=FULL)
    assert set(json.loads(ended.stderr)) == {"accepted", "code", "expected", "found", "remedy"}
    assert "mnemonic" not in ended.stderr


@pytest.mark.parametrize("stays", [True, False])
def test_a_network_outlives_its_answer(capsys: pytest.CaptureFixture[str], *, stays: bool) -> None:
    """Told at once, in a line that stands among others, and not when it ends in a week."""

    def summary() -> None:
        raise AnswerLost("No space left on device", done="newcomer1 holds the seed, height 9")

    assert told(summary, Output(Format.JSON), stays=stays) == ExitCode.UNTOLD
    (line,) = capsys.readouterr().err.splitlines()
    found = json.loads(line)["found"]
    becomes = f"runs on, {STOPS}" if stays else "stops, its state stays"
    assert found.endswith(f"done: newcomer1 holds the seed, height 9; the network {becomes}")


def test_a_send_says_its_hash_elsewhere(chain: OneValidator, tmp_path: Path, cli: Cli) -> None:
    """Whoever is not told sends again, and pays twice."""
    key = ensure_key(Home.of(str(tmp_path)), "rich")
    chain.fund(key.info.address, 1_000_000)
    to = ensure_key(chain.home, OPERATOR).info.address
    node = ("--node", chain.rpc, "--grpc", chain.grpc)
    send = ("tx", "bank", "send", "--from", "rich", to, "1000useed", "--home", str(tmp_path))
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, *send, *node, *TEST_KEYRING, "--output", "json"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=120,
        )
    assert done.returncode == ExitCode.UNTOLD, done.stderr
    told = json.loads(done.stderr)
    assert told["code"] == LOST
    tx_hash = told["found"].partition("tx_hash ")[2].partition(",")[0]
    found = cli("query", "tx", tx_hash, *node, "--output", "json").done().json
    assert f"height {found['height']}" in told["found"]
