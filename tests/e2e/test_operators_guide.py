"""The walk-through of docs/operators.md, run as it stands there."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

from node.cli.main import cli as root

GUIDE: Final = Path(__file__).parents[2] / "docs" / "operators.md"
TITLE: Final = "## Two enclaves agree on a seed by hand"
TIMEOUT: Final = 300
PORTS: Final = ("26670", "26671")


def walk_through() -> str:
    """The section's one block of shell."""
    section = GUIDE.read_text(encoding="utf-8").partition(TITLE)[2].partition("\n## ")[0]
    (block,) = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return str(block)


def free_ports(count: int) -> list[str]:
    """Ports that nobody uses now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for entry in sockets:
            entry.bind(("127.0.0.1", 0))
        return [str(entry.getsockname()[1]) for entry in sockets]
    finally:
        for entry in sockets:
            entry.close()


def test_the_walk_through_works_when_it_is_pasted(tmp_path: Path) -> None:
    script = walk_through()
    for port, free in zip(PORTS, free_ports(len(PORTS)), strict=True):
        assert port in script
        script = script.replace(port, free)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shell = subprocess.Popen(
        ["bash", "-e", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        stdout, stderr = shell.communicate(timeout=TIMEOUT)
    finally:
        # Where a step failed, the enclaves of the background still run.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
    logs = [file.read_text() for file in tmp_path.rglob("*.log")]
    assert shell.returncode == 0, (stdout, stderr, logs)
    assert "agreed\n" in stdout
    assert stdout.count("HOLDER: holds the network's seed") >= 1
    assert "Traceback" not in stdout + stderr + "".join(logs)
    assert (tmp_path / "by-hand" / "second.backup").stat().st_size > 0


def test_every_command_of_the_guide_exists() -> None:
    """Each `seedpactd x y` of the text is a command."""
    text = GUIDE.read_text(encoding="utf-8")
    for words in re.findall(r"seedpactd ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)", text):
        first, *rest = words.split()
        command = root.commands.get(first)
        assert command is not None, words
        subcommands = getattr(command, "commands", None)
        if rest and subcommands is not None:
            assert rest[0] in subcommands, words
