"""What keeps the node's process from starting is one line, with a code that has a remedy."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from node.config.failures import ConfigCode
from node.process import FAILED
from tests.support.prepared_home import copy_of, prepare


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with copy_of(prepare(tmp_path / "net")) as home:
        shutil.rmtree(home.logs)
        home.logs.touch()
        command = [sys.executable, "-P", "-m", "node.process", str(home.path)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        expected = f'error {ConfigCode.CONFIG_UNREADABLE} expected="to read {home.logs}/'
    assert ended.returncode == FAILED
    assert expected in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
