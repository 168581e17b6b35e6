"""`seedpactd start` on a real home: a chain of one validator, watched, stopped, taken apart."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from node.cli.exit_codes import ExitCode
from node.config import Home
from node.config.parts import Part, pid_file
from node.engine_rpc import EngineRpc
from node.localnet.store import Folder
from node.supervisor import running
from node.supervisor.probes import rpc_answers
from tests.support.cli import COMMAND, python_path, run_for_real
from tests.support.prepared_home import copy_of, prepare
from tests.support.supervised import wait_for

TIMEOUT_SECS: Final = 120


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """One validator, bootstrapped, never started."""
    return prepare(tmp_path_factory.mktemp("one") / "net")


@pytest.fixture
def home(prepared: Folder) -> Iterator[Home]:
    """A copy of it."""
    with copy_of(prepared) as home:
        yield home


@pytest.fixture(autouse=True)
def _built(engine: Path) -> None:
    """Needs the engine."""
    del engine


class Started:
    """`seedpactd start` in a process of its own."""

    def __init__(self, home: Home, *options: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "start", "--home", str(home.path), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": python_path()},
            start_new_session=True,
        )

    def wait_for_object(self) -> dict[str, Any]:
        """What it prints once the node runs."""
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line)
            if line == "}\n":
                break
        value = json.loads("".join(lines))
        assert isinstance(value, dict)
        assert value["accepted"], value
        return value

    def stop(self, number: int) -> tuple[int, str]:
        """Its exit code, and what it wrote to stderr."""
        self.process.send_signal(number)
        _, stderr = self.process.communicate(timeout=TIMEOUT_SECS)
        return self.process.returncode, stderr


@contextlib.contextmanager
def started(home: Home, *options: str) -> Iterator[Started]:
    made = Started(home, *options)
    try:
        yield made
    finally:
        if made.process.poll() is None:
            made.stop(signal.SIGTERM)


def pids(home: Home) -> dict[str, int]:
    found = {part: running(pid_file(home, part)) for part in Part}
    return {str(part): process.pid for part, process in found.items() if process is not None}


def changed(home: Home, part: Part, before: int | None) -> bool:
    """Whether another process runs in that place."""
    return pids(home).get(part, before) != before


def test_it_runs_heals_and_stops(home: Home) -> None:
    with started(home, "--output", "json") as node:
        said = node.wait_for_object()
        assert set(said["pids"]) == set(Part)
        assert said["pids"] == pids(home)
        run_for_real("start", "--home", str(home.path)).failed("node_already_running")
        for part in Part:
            wait_for(lambda: len(pids(home)) == len(Part), "all three")
            before = pids(home)[part]
            os.kill(before, signal.SIGKILL)
            wait_for(partial(changed, home, part, before), f"a new {part}")
        wait_for(rpc_answers(said["rpc"]), "RPC")
        wait_for(lambda: len(pids(home)) == len(Part), "all three")
        # CometBFT answers before it minds a signal; once it makes blocks it does.
        with EngineRpc(said["rpc"]) as engine:
            height = engine.status().latest_height
            wait_for(lambda: engine.status().latest_height > height, "a block")
        everything = pids(home).values()
        code, log = node.stop(signal.SIGTERM)
    assert code == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in everything)
    lines = [json.loads(line) for line in log.splitlines()]
    assert "protects nothing" in lines[0]["text"]
    ends = [(line["process"], line["text"]) for line in lines if line["event"] == "stopped"]
    assert ends == [(part, "exit code 0") for part in reversed(Part)]


def test_whoever_kills_it_kills_all_and_it_starts_again(home: Home) -> None:
    with started(home, "--output", "json") as node:
        node.wait_for_object()
        node.stop(signal.SIGKILL)
    with started(home) as node:
        assert node.process.stdout is not None
        assert node.process.stdout.readline().startswith("the node runs: RPC http://127.0.0.1:")
        code, log = node.stop(signal.SIGINT)
    assert code == 0
    assert "protects nothing" in log
    assert "Traceback" not in log


def test_each_process_can_be_run_alone(home: Home) -> None:
    with contextlib.ExitStack() as stack:
        alone = {}
        for part in Part:
            alone[part] = stack.enter_context(started(home, "--only", part))
            wait_for(partial(changed, home, part, None), part)
            assert pids(home)[part] == alone[part].process.pid
        rpc = run_for_real("localnet", "status", "--home", str(home.path.parent), "--output=json")
        wait_for(rpc_answers(rpc.done().json["nodes"][0]["rpc"]), "RPC")
        run_for_real("start", "--only", "node", "--home", str(home.path)).failed(
            "node_already_running"
        )
        for part in reversed(Part):
            assert alone[part].stop(signal.SIGTERM)[0] == 0
    assert pids(home) == {}


def test_what_keeps_dying_is_told_in_one_line(home: Home) -> None:
    (home.enclave / "software-seal.key").chmod(0o644)
    answer = run_for_real("start", "--home", str(home.path))
    last = answer.stderr.splitlines()[-1]
    assert answer.exit_code == 1
    assert last.startswith("process_keeps_dying: expected enclave of ")
    assert "seal_key_unusable" in last
    assert "0644" in last
    assert pids(home) == {}


def test_a_genesis_that_is_none_is_told_before_anything_runs(home: Home) -> None:
    text = home.genesis.read_text()
    home.genesis.write_text(text.replace('"registration"', '"registrations"'))
    run_for_real("start", "--home", str(home.path)).failed("bad_genesis", ExitCode.USAGE)
    home.genesis.unlink()
    run_for_real("start", "--home", str(home.path)).failed("no_genesis", ExitCode.USAGE)
    assert pids(home) == {}


def test_an_engine_that_cannot_be_built_is_told(home: Home, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = {"SEEDPACT_ENGINE_CACHE": str(tmp_path / "file" / "cache")}
    answer = run_for_real("start", "--home", str(home.path), env=cache)
    assert answer.stderr.splitlines()[-1].startswith("engine_cannot_write_cache: ")
    assert answer.exit_code == 1
