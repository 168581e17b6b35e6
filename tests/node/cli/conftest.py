"""Fixtures of the command line's tests."""

from __future__ import annotations

import io
import sys

import pytest

from node.cli.main import run
from tests.support.cli import Answer, Cli


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs one command in this process."""

    def call(*arguments: str, stdin: bytes = b"") -> Answer:
        capsys.readouterr()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        exit_code = run([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Answer(exit_code, printed.out, printed.err)

    return call
