"""A Go program that is measured beside ours: it keeps its own time, and is asked line by line."""

from __future__ import annotations

import subprocess
from typing import Self

from tests.differential.go_oracle import oracle


class GoProcess:
    """A differential oracle that runs for as long as it is measured.

    Args:
        name: of the oracle.
        arguments: for its command line.
    """

    def __init__(self, name: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [oracle(name), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, question: str) -> str:
        """The line that answers this one."""
        assert self._process.stdin is not None
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        return self.line()

    def line(self) -> str:
        """The next line."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
        assert self._process.returncode == 0
