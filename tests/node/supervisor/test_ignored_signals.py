"""A signal that came ignored stays ignored, in every process: `nohup`, and background jobs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from node.config.parts import Part, pid_file
from node.supervisor import running
from tests.node.supervisor.test_supervisor import SUPERVISE
from tests.support.cli import COMMAND, python_path
from tests.support.prepared_home import copy_of, prepare
from tests.support.supervised import wait_for

IGNORING: Final = ("env", "--ignore-signal=HUP,INT")
ENCLAVE: Final = ("--mode", "software", "--listen", "127.0.0.1:0", "--home")
STOPS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

NODE: Final = """
import asyncio, sys, uvloop
from node.run import _stop_signals
async def main():
    stop = _stop_signals()
    print("serving", flush=True)
    return await stop.wait()
sys.exit(uvloop.run(main()))
"""
"""The node's own loop and handlers; the rest of it needs a chain."""


def command(kind: str, folder: Path) -> list[str]:
    match kind:
        case "enclave run":
            return [*COMMAND, "enclave", "run", *ENCLAVE, str(folder)]
        case "enclave":
            return [sys.executable, "-P", "-m", "enclave", *ENCLAVE, str(folder)]
        case "node":
            return [sys.executable, "-c", NODE]
        case _:
            return [sys.executable, "-c", SUPERVISE, str(folder)]


READY: Final = {
    "enclave run": "serving on",
    "enclave": '"serving"',
    "node": "serving",
    "start and localnet up": "cometbft ready",
}


def listens_to(pid: int) -> set[int]:
    """The signals that it catches, or keeps blocked for `sigwait`."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(":")
            if name in {"SigCgt", "SigBlk"}:
                found |= {number for number in STOPS if int(value, 16) >> (number - 1) & 1}
    return found


@pytest.mark.parametrize("kind", READY)
def test_what_came_ignored_stays_ignored(tmp_path: Path, kind: str) -> None:
    process = subprocess.Popen(
        [*IGNORING, *command(kind, tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"PYTHONPATH": python_path(), "PATH": "/usr/bin:/bin"},
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if READY[kind] in line:
            break
    try:
        assert listens_to(process.pid) == {signal.SIGTERM}, said
        for number in (signal.SIGHUP, signal.SIGINT):
            process.send_signal(number)
        assert listens_to(process.pid) == {signal.SIGTERM}, said
    finally:
        process.terminate()
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said + rest


def test_a_child_stops_where_its_parent_came_deaf(tmp_path: Path) -> None:
    """Children are stopped by SIGTERM: one that inherited it ignored would have to be killed."""
    run = [*COMMAND, "enclave", "run", *ENCLAVE, str(tmp_path)]
    process = subprocess.Popen(
        ["env", "--ignore-signal=TERM", "--default-signal=INT", *run],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("serving on ")
    process.send_signal(signal.SIGINT)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 0, log
    assert log.rstrip().endswith("stopped")


def test_a_background_engine_is_out_of_reach_of_ctrl_c(engine: Path, tmp_path: Path) -> None:
    """A shell's background job has SIGINT ignored, and CometBFT listens to it all the same."""
    assert engine.is_file()
    with copy_of(prepare(tmp_path / "net")) as home:
        start = [*COMMAND, "start", "--only", "cometbft", "--home", str(home.path)]
        shell = subprocess.Popen(
            ["sh", "-c", '"$@" & wait', "sh", *start],
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": python_path()},
            start_new_session=True,
        )
        try:
            place = pid_file(home, Part.COMETBFT)
            wait_for(lambda: running(place) is not None, "the engine")
            found = running(place)
            assert found is not None
            wait_for(lambda: Path(f"/proc/{found.pid}/comm").read_text() == "cometbft\n", "it")
            assert os.getpgid(found.pid) == found.pid
            os.kill(found.pid, signal.SIGTERM)
            shell.wait(timeout=60)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()
