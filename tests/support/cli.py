"""Runs `seedpactd` for tests: in this process, or for real in its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
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

    def failed(self, code: str, exit_code: ExitCode = ExitCode.REFUSED) -> Answer:
        """Asserts one line of error (or, with --output json, one object) with this code."""
        assert self.exit_code == exit_code, (self.stdout, self.stderr)
        assert "Traceback" not in self.stdout + self.stderr
        if self.stdout.startswith("{"):
            assert self.stderr == ""
            assert self.json["accepted"] is False
            assert self.json["code"] == code
            assert all(self.json[key] for key in ("expected", "found", "remedy"))
        else:
            match = _ERROR_LINE.fullmatch(self.stderr)
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
        env={**os.environ, "PYTHONPATH": _python_path(), **(env or {})},
    )
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())


def _python_path() -> str:
    root = Path(__file__).parents[2]
    return os.pathsep.join((str(root), str(root / "proto")))
