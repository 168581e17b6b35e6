"""The walk-throughs of docs/operators.md, run as they stand there."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Final

import pytest

from node.config import Home, Ports
from node.config.ports import OFFSET_STEP
from tests.support.ports import free_offset

GUIDE: Final = Path(__file__).parents[2] / "docs" / "operators.md"
BACKUP: Final = "## A backup, and its way back"
NETWORK: Final = "## A network of three, by hand"
TIMEOUT: Final = 300
NODES: Final = ("founder", "second", "newcomer")


def walk_through(title: str) -> str:
    """All blocks of shell of a section, as one script."""
    section = GUIDE.read_text(encoding="utf-8").partition(f"{title}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    assert blocks, title
    return "".join(blocks)


def paste(script: str, folder: Path) -> tuple[str, str]:
    """Runs it as a shell would that stops at the first failure; stdout, and stderr with logs."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shell = subprocess.Popen(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        stdout, stderr = shell.communicate(timeout=TIMEOUT)
    finally:
        # Where a step failed, what it left in the background still runs.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
    logs = [log for log in sorted(folder.rglob("*.log")) if "data" not in log.parts]
    said = "\n".join([stderr, *(log.read_text() for log in logs)])
    if shell.returncode:
        raise AssertionError(f"exit code {shell.returncode}\n{stdout}\n{said}")
    assert "Traceback" not in stdout + said
    assert "abci_exception" not in said
    return stdout, said


def moved(script: str, ports: Mapping[str, str]) -> str:
    """The script at other ports."""
    for port in ports:
        assert port in script, port
    return re.sub("|".join(ports), lambda match: ports[match[0]], script)


def test_a_backup_comes_back_when_it_is_pasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offset = free_offset()
    monkeypatch.setenv("SEEDPACT_ENCLAVE", f"127.0.0.1:{Ports().shifted(offset).enclave}")
    script = moved(walk_through(BACKUP), {"init berlin": f"init berlin --port-offset {offset}"})
    stdout, _ = paste(script, tmp_path)
    assert "restored: state HOLDER" in stdout
    assert len(re.findall(r"^pk_io +[0-9a-f]{64}", stdout, re.MULTILINE)) == 3
    assert len(set(re.findall(r"^pk_io +([0-9a-f]{64})", stdout, re.MULTILINE))) == 1
    assert (tmp_path / "kept" / "enclave.backup").stat().st_size > 0


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not tmp_path: a unix socket's path is short."""
    with tempfile.TemporaryDirectory(prefix="walk-") as name:
        yield Path(name)


def at_offset(script: str, offset: int) -> str:
    """The walk of the three nodes, all of its ports shifted."""
    plain, used = Ports(), Ports().shifted(offset)
    ports = dict(zip(map(str, astuple(plain)), map(str, astuple(used)), strict=True))
    third = plain.shifted(2 * OFFSET_STEP).enclave
    ports |= {str(third): str(third + offset)}
    ports |= {f"--port-offset {n}": f"--port-offset {n + offset}" for n in (100, 200)}
    ports |= {"init founder": f"init founder --port-offset {offset}"}
    # The first enclave is asked at the default address.
    ports |= {"enclave info;": f"enclave info --address 127.0.0.1:{used.enclave};"}
    named = {port: other for port, other in ports.items() if port in script}
    assert {"26656", "26657", "9090", "26870", "enclave info;"} <= set(named)
    return moved(script, named)


def test_three_nodes_become_a_network_when_it_is_pasted(engine: Path, folder: Path) -> None:
    del engine  # built
    stdout, said = paste(at_offset(walk_through(NETWORK), free_offset()), folder)
    network = folder / "three"
    ids = set(re.findall(r"^(?:network_id|form .* network) +([0-9a-f]{64})", stdout, re.MULTILINE))
    assert len(ids) == 1, ids
    assert stdout.count("this node holds the network's seed") == 2
    assert f"next: seedpactd status --home {network / 'second'}\n" in stdout
    assert f"next: seedpactd start --home {network / 'newcomer'}\n" in stdout
    assert "nothing is wrong" in stdout
    assert "policy 2 decided, in block" in stdout
    assert re.search(r"^[0-9a-f]{64} +REVOKED ", stdout, re.MULTILINE)
    assert stdout.count(" CONFIRMED seed1") == 2
    assert (network / "newcomer.backup").stat().st_size > 0
    assert "enclave  died" in said
    for name in NODES:
        assert not list(Home(network / name).run.glob("*.pid")), name
        assert "the node runs: RPC http://127.0.0.1:" in (network / f"{name}.log").read_text()
