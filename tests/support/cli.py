"""Runs `seedpactd` for tests: in this process, or for real in its own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from node.cli.exit_codes import ExitCode

TIMEOUT: Final = 120
COMMAND: Final = (sys.executable, "-m", "node.cli.main")

_ERROR_LINE: Final = re.compile(r"([a-z0-9_]+): expected (.+), found (.*), next: (.+)\n")


@dataclass(frozen=True)
class Answer:
    """What a command printed, and how it ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        value = json.loads(self.stdout)
        assert isinstance(value, dict)
        return value

    def done(self) -> Answer:
        """Asserts that it was done."""
        assert self.exit_code == ExitCode.DONE, (self.stdout, self.stderr)
        assert "Traceback" not in self.stdout + self.stderr
        return self

    def failed(
        self, code: str, exit_code: ExitCode = ExitCode.REFUSED, *, logged: bool = False
    ) -> Answer:
        """Asserts one line of error (or, with --output json, one object) with this code.

        `logged`: an enclave's log may stand on stderr before it.
        """
        assert self.exit_code == exit_code, (self.stdout, self.stderr)
        assert "Traceback" not in self.stdout + self.stderr
        if self.stdout.startswith("{"):
            log = [json.loads(line) for line in self.stderr.splitlines()]
            assert logged or not log
            assert self.json["accepted"] is False
            assert self.json["code"] == code
            assert all(self.json[key] for key in ("expected", "found", "remedy"))
        else:
            last = self.stderr.splitlines(keepends=True)[-1] if logged else self.stderr
            match = _ERROR_LINE.fullmatch(last)
            assert match, self.stderr
            assert match[1] == code, self.stderr
        return self


Cli = Callable[..., Answer]
"""`cli("attest", "verify", .., stdin=b"..")`."""


def run_for_real(
    *arguments: str,
    stdin: bytes = b"",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Answer:
    """One command in a process of its own, without a terminal."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": python_path(), **(env or {})},
    )
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())


def python_path() -> str:
    """What finds our packages and the generated code."""
    """PYTHONPATH of a process that runs our code."""
    root = Path(__file__).parents[2]
    return os.pathsep.join((str(root), str(root / "proto")))


class Served:
    """`seedpactd enclave run` in a process of its own, on a free port, in software mode."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.home = home
        options = ["--mode", "software", "--home", str(home), "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(
            [*COMMAND, "enclave", "run", *options, "--output", "json", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": python_path()},
        )
        self.address = str(json.loads(self._first_object())["address"])

    def _first_object(self) -> str:
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line)
            if line == "}\n":
                return "".join(lines)
        _, log = self.process.communicate(timeout=TIMEOUT)
        raise AssertionError(f"the enclave did not start: {lines} {log}")

    @property
    def enclave_pid(self) -> int:
        """The enclave's own process, below that of the command."""
        task = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        (pid,) = task.read_text(encoding="ascii").split()
        return int(pid)

    def stop(self, number: int = signal.SIGTERM) -> Answer:
        """Sends a signal to the command; what it printed after it served."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        stdout, stderr = self.process.communicate(timeout=TIMEOUT)
        return Answer(self.process.returncode, stdout, stderr)


@contextlib.contextmanager
def served(home: Path, *arguments: str) -> Iterator[Served]:
    """A served enclave for the length of a block."""
    enclave = Served(home, *arguments)
    try:
        yield enclave
    finally:
        if enclave.process.poll() is None:
            enclave.stop()
        for stream in (enclave.process.stdout, enclave.process.stderr):
            if stream is not None:
                stream.close()
