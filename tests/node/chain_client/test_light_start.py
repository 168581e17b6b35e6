"""What starts a node does not wait for cosmpy's client and the HTTP libraries that it brings."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.cli import python_path

HEAVY = ("cosmpy.aerial.client", "requests", "urllib3")


@pytest.mark.parametrize("program", ["node.cli.main", "node.process"])
def test_a_program_starts_without_cosmpys_client(program: str) -> None:
    script = f"import sys, {program}; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": python_path()},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
