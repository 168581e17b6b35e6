"""`seedpactd start` with an operator's key that is encrypted: who is asked, and what is refused."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from node.cli.exit_codes import ExitCode
from node.config import Home, NodeConfig
from node.config.parts import Part, log_file, pid_file
from node.keyring import Backend, Keyring
from node.localnet.homes import ensure_key
from node.localnet.plan import OPERATOR
from node.localnet.store import Folder
from node.supervisor import running
from tests.support.cli import COMMAND, python_path, run_for_real
from tests.support.prepared_home import copy_of, prepare
from tests.support.supervised import wait_for

PASSWORD: Final = "correct horse"
TIMEOUT_SECS: Final = 120


@pytest.fixture(scope="module")
def prepared(engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """One validator, bootstrapped, never started."""
    assert engine.is_file()
    return prepare(tmp_path_factory.mktemp("locked") / "net")


@pytest.fixture
def home(prepared: Folder) -> Iterator[Home]:
    """A copy of it, with the operator's key in the encrypted keyring."""
    with copy_of(prepared) as home:
        keyring = Keyring(home.keyring("file"), Backend.FILE, password=lambda _: PASSWORD)
        keyring.add(OPERATOR, ensure_key(home, OPERATOR).reveal())
        NodeConfig.set_operator(home, key=OPERATOR, backend="file")
        yield home


class OnTerminal:
    """`seedpactd start` whose stdin and stderr are a terminal."""

    def __init__(self, home: Home, *options: str) -> None:
        self.primary, secondary = pty.openpty()
        self.shown = b""
        self.process = subprocess.Popen(
            [*COMMAND, "start", "--home", str(home.path), *options],
            stdin=secondary,
            stdout=subprocess.DEVNULL,
            stderr=secondary,
            env={**os.environ, "PYTHONPATH": python_path()},
        )
        os.close(secondary)

    def until(self, mark: bytes) -> None:
        """Reads until it shows this."""
        deadline = time.monotonic() + TIMEOUT_SECS
        start = len(self.shown)
        while mark not in self.shown[start:]:
            assert time.monotonic() < deadline, self.shown
            if select.select([self.primary], [], [], 1)[0]:
                self._read()

    def _read(self) -> None:
        try:
            self.shown += os.read(self.primary, 4096)
        except OSError:
            raise AssertionError(f"it ended: {self.shown!r}") from None

    def type(self, text: str) -> None:
        """A line."""
        os.write(self.primary, text.encode() + b"\n")


@contextlib.contextmanager
def on_terminal(home: Home, *options: str) -> Iterator[OnTerminal]:
    made = OnTerminal(home, *options)
    try:
        yield made
    finally:
        made.process.send_signal(signal.SIGTERM)
        made.process.wait(TIMEOUT_SECS)
        os.close(made.primary)


def opened(home: Home) -> int:
    """How often a node of this home opened its operator's key."""
    try:
        lines = log_file(home, Part.NODE).read_text().splitlines()
    except FileNotFoundError:
        return 0
    return sum("operator_key_opened" in line for line in lines)


def test_a_terminal_is_asked_and_the_node_has_the_key_at_each_of_its_starts(home: Home) -> None:
    with on_terminal(home) as start:
        start.until(b"'operator': ")
        start.type("battery staple")
        start.until(b"'operator': ")
        assert b"does not open" in start.shown
        start.type(PASSWORD)
        wait_for(lambda: opened(home) == 1, "the key")
        node = running(pid_file(home, Part.NODE))
        assert node is not None
        os.kill(node.pid, signal.SIGKILL)
        wait_for(lambda: opened(home) == 2, "the key, again")
        assert PASSWORD.encode() not in start.shown
        environment = Path(f"/proc/{start.process.pid}/environ").read_bytes()
        assert PASSWORD.encode() not in environment
    assert "operator_key_locked" not in log_file(home, Part.NODE).read_text()
    kept = [path for path in home.path.rglob("*") if path.is_file()]
    assert not [path for path in kept if PASSWORD.encode() in path.read_bytes()]


def test_a_node_that_runs_alone_asks_as_well(home: Home) -> None:
    with on_terminal(home, "--only", "node") as start:
        start.until(b"'operator': ")
        start.type(PASSWORD)
        start.until(b"operator_key_opened")
        assert b"operator_key_locked" not in start.shown


def test_three_wrong_answers_are_enough(home: Home) -> None:
    with on_terminal(home) as start:
        for _ in range(3):
            start.until(b"'operator': ")
            start.type("battery staple")
        start.until(b"wrong_password")
        assert start.process.wait(TIMEOUT_SECS) == ExitCode.REFUSED
    assert running(pid_file(home, Part.NODE)) is None


def test_without_a_terminal_it_is_refused_with_what_to_do(home: Home) -> None:
    for only in ((), ("--only", "node")):
        answer = run_for_real("start", "--home", str(home.path), *only)
        answer.failed("operator_key_locked", ExitCode.USAGE)
        assert "--keyring-passphrase-file" in answer.stderr
    assert running(pid_file(home, Part.NODE)) is None


def test_a_file_that_does_not_open_it_is_told_before_anything_runs(
    home: Home, tmp_path: Path
) -> None:
    path = tmp_path / "password"
    where = ("start", "--home", str(home.path))
    missing = run_for_real(*where, "--keyring-passphrase-file", str(path))
    missing.failed("unreadable_input", ExitCode.USAGE)
    path.write_text("battery staple\n")
    run_for_real(*where, "--keyring-passphrase-file", str(path)).failed("wrong_password")
    environment = {"SEEDPACT_KEYRING_PASSPHRASE_FILE": str(path)}
    run_for_real(*where, env=environment).failed("wrong_password")
    assert running(pid_file(home, Part.NODE)) is None


def test_a_password_comes_by_standard_input_too(home: Home) -> None:
    """Which a child of `start` could not read again."""
    command = [*COMMAND, "start", "--home", str(home.path), "--keyring-passphrase-file", "-"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": python_path()},
    ) as process:
        assert process.stdin is not None
        process.stdin.write(PASSWORD.encode() + b"\nmore\n")
        process.stdin.close()
        try:
            wait_for(lambda: opened(home) == 1, "the key")
        finally:
            process.send_signal(signal.SIGTERM)
