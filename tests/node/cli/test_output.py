"""What people see: whole values, on any width, and no value read as markup."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from rich.console import Console

from enclave.errors import Code, Refusal
from node.cli.exit_codes import ExitCode
from node.cli.failures import Failure
from node.cli.main import cli as root
from node.cli.main import failure_of, run
from node.cli.output import print_rows
from node.cli.values import short_hex
from node.config.failures import ConfigCode
from node.enclave_client import EnclaveFailed, EnclaveRefused, EnclaveUnreachable, Unreachable
from tests.support.cli import COMMAND, run_for_real
from tests.support.supervised import wait_for

ROWS = [("mr_enclave", "ab" * 32), ("report_data", "cd" * 64), ("note", "[bold]not markup[/bold]")]


def shown(width: int, *, terminal: bool) -> str:
    stream = io.StringIO()
    console = Console(
        file=stream, width=width, force_terminal=terminal, color_system=None, legacy_windows=False
    )
    print_rows(console, ROWS)
    return stream.getvalue()


@pytest.mark.parametrize("width", [20, 40, 59, 60, 80, 200])
def test_a_terminal_of_any_width_shows_every_character(width: int) -> None:
    text = shown(width, terminal=True)
    assert max(len(line) for line in text.splitlines()) <= width
    without_folds = "".join(text.split())
    assert "ab" * 32 in without_folds
    assert "cd" * 64 in without_folds
    assert "[bold]notmarkup[/bold]" in without_folds


def test_a_file_gets_whole_lines() -> None:
    lines = shown(20, terminal=False).splitlines()
    assert lines == [f"{label:<13}{value}" for label, value in ROWS]


def test_long_values_are_cut_for_people_and_say_so() -> None:
    assert short_hex(b"") == "none"
    assert short_hex(b"\1" * 64) == "01" * 64
    assert short_hex(b"\1" * 1184) == "01" * 16 + "… (1,184 bytes)"


# Exceptions become one line, and never a stack trace.


@pytest.mark.parametrize(
    ("error", "code", "exit_code"),
    [
        (Refusal(Code.FROZEN, expected="a", found="b"), "frozen", ExitCode.REFUSED),
        (EnclaveRefused("new_code", expected="a", found="b"), "new_code", ExitCode.REFUSED),
        (EnclaveUnreachable("h:1", Unreachable.NOBODY), "enclave_unreachable", ExitCode.REFUSED),
        (EnclaveFailed("h:1", "bug"), "enclave_failed", ExitCode.REFUSED),
        (click.Abort(), "interrupted", ExitCode.REFUSED),
        (click.UsageError("no"), "wrong_usage", ExitCode.USAGE),
        (
            Failure(ConfigCode.CANNOT_WRITE, expected="a", found="b"),
            "cannot_write",
            ExitCode.REFUSED,
        ),
        (ZeroDivisionError("a secret"), "internal_error", ExitCode.REFUSED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_every_exception_has_a_code(error: Exception, code: str, exit_code: ExitCode) -> None:
    failure = failure_of(error)
    assert failure.code == code
    assert failure.exit_code == exit_code
    assert "secret" not in str(failure)


@click.command("bug")
def bug() -> None:
    raise ZeroDivisionError("a secret")


@click.command("stop")
def stop() -> None:
    raise KeyboardInterrupt


@pytest.fixture
def with_bugs(monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (bug, stop):
        monkeypatch.setitem(root.commands, str(command.name), command)


@pytest.mark.usefixtures("with_bugs")
def test_a_bug_shows_its_place_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bug"]) == ExitCode.REFUSED
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(
        "internal_error: expected no bug, found ZeroDivisionError at test_"
    )
    assert printed.err.count("\n") == 1
    assert "secret" not in printed.err


@pytest.mark.usefixtures("with_bugs")
def test_an_interrupt_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stop"]) == ExitCode.REFUSED
    assert capsys.readouterr().err.strip().startswith("interrupted: ")


def test_a_reader_that_goes_away_gets_no_complaint() -> None:
    command = subprocess.Popen(
        [*COMMAND, "attest", "issue", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert command.stdout is not None
    command.stdout.close()
    _, complaint = command.communicate(timeout=60)
    assert complaint == b""


def sleeps(pid: int) -> bool:
    """Whether its main thread waits in the kernel; one that waits for a processor does not."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    return stat.rpartition(")")[2].split()[0] == "S"


def written_to(pipe: Path, command: subprocess.Popen[bytes]) -> int:
    """The end that is written to, once the command has opened the other; it never hangs."""
    found: list[int] = []

    def opened() -> bool:
        assert command.poll() is None
        with contextlib.suppress(OSError):
            found.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        return bool(found)

    wait_for(opened, "the command to open the pipe")
    return found[0]


def test_ctrl_c_while_waiting_for_an_enclave(tmp_path: Path) -> None:
    """A pipe that nobody writes to keeps the command waiting."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # A shell starts its background jobs with SIGINT ignored, and so all that these start.
    default = ["env", "--default-signal=INT"]
    command = subprocess.Popen(
        [*default, *COMMAND, "enclave", "restore", str(pipe), "--network-id", "00" * 32],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with open(written_to(pipe, command), "wb", buffering=0):
        # Python sees a signal that comes just before its read() only when that returns: never here.
        wait_for(lambda: sleeps(command.pid), "a read of the pipe")
        command.send_signal(signal.SIGINT)
        _, printed = command.communicate(timeout=60)
    assert command.returncode == ExitCode.REFUSED
    assert printed.strip().startswith(b"interrupted: ")
    assert b"Traceback" not in printed


def test_colours_are_for_terminals_alone() -> None:
    answer = run_for_real("explain", "frozen", env={"TERM": "xterm-256color"}).done()
    assert "\x1b" not in answer.stdout


# Completion.


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(shell: str) -> None:
    answer = run_for_real("completion", shell).done()
    assert "_SEEDPACTD_COMPLETE" in answer.stdout
    as_json = run_for_real("completion", shell, "--output", "json").done().json
    assert as_json["script"] == answer.stdout


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("seedpactd enc", "enclave"),
        ("seedpactd attest issue --bad-case deb", "debug"),
        ("seedpactd enclave info --output j", "json"),
        ("seedpactd enclave info --address nonsense --out", "--output"),
    ],
)
def test_the_shell_completes(words: str, found: str) -> None:
    env = {
        "_SEEDPACTD_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-c", "from node.cli.main import main; main()"],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert f"plain,{found}" in done.stdout.splitlines()
    assert done.stderr == ""
