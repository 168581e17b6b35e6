"""The enclave runs with the libraries of its own extra and no others (docs/adr/0002)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc
import pytest

from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.enclave.v1.service_pb2_grpc import EnclaveServiceStub

REPOSITORY: Final = Path(__file__).parents[2]
LOCK: Final = REPOSITORY / "requirements" / "enclave.lock"
SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Process:
    """A running enclave and where it serves."""

    popen: subprocess.Popen[str]
    address: str


@pytest.fixture
def process(enclave_python: Path, tmp_path: Path) -> Iterator[Process]:
    """An enclave in software mode, with nothing but the repository's code on its path."""
    command: list[str | Path] = [enclave_python, "-m", "enclave", "--home", tmp_path / "home"]
    search = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "proto")])
    with subprocess.Popen(
        [*command, "--mode", "software", "--listen", "127.0.0.1:0"],
        cwd=tmp_path,
        env={"PYTHONPATH": search},
        stderr=subprocess.PIPE,
        text=True,
    ) as popen:
        try:
            yield Process(popen, _serving_address(popen))
        finally:
            popen.kill()


def _serving_address(popen: subprocess.Popen[str]) -> str:
    assert popen.stderr is not None
    lines = []
    for line in popen.stderr:
        lines.append(line)
        if line.startswith("{") and json.loads(line)["event"] == "serving":
            return str(json.loads(line)["address"])
    raise AssertionError("".join(lines))


def test_the_environment_holds_the_lock_and_no_more(enclave_python: Path) -> None:
    listed = subprocess.run(
        [enclave_python, "-m", "pip", "--disable-pip-version-check", "list", "--format=json"],
        check=True,
        capture_output=True,
        text=True,
    )
    names = {entry["name"].lower().replace("_", "-") for entry in json.loads(listed.stdout)}
    locked = {line.split("==")[0] for line in LOCK.read_text().splitlines() if "==" in line}
    assert names - {"pip", "setuptools"} == locked


def test_the_enclave_serves_from_its_own_libraries_and_stops(process: Process) -> None:
    with grpc.insecure_channel(process.address) as channel:
        info = EnclaveServiceStub(channel).GetInfo(pb.GetInfoRequest(), timeout=SECONDS)
    assert info.state == pb.ENCLAVE_STATE_EMPTY
    assert len(info.measurement.sgx.mr_enclave) == 32

    process.popen.send_signal(signal.SIGTERM)
    assert process.popen.wait(SECONDS) == 0
