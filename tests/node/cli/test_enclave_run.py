"""`enclave run` for real: it serves, stops cleanly, says why it cannot, leaves nobody behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from enclave.crypto.labels import Mode
from node.cli.exit_codes import ExitCode
from node.enclave_client import EnclaveClient
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.cli import COMMAND, run_for_real, served

LOCAL = ("--listen", "127.0.0.1:0")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_serves_until_a_signal(number: int, tmp_path: Path) -> None:
    with served(tmp_path / "home") as enclave:
        with EnclaveClient(enclave.address) as client:
            assert client.get_info().state == pb.ENCLAVE_STATE_EMPTY
        answer = enclave.stop(number)
    assert answer.exit_code == ExitCode.DONE
    events = [json.loads(line)["event"] for line in answer.stderr.splitlines()]
    assert events[:2] == ["software_mode", "serving"]
    assert events[-1] == "stopped"
    assert answer.stdout == ""


def test_ctrl_c_of_a_terminal_reaches_the_whole_group_and_is_clean(tmp_path: Path) -> None:
    command = [*COMMAND, "enclave", "run", "--mode", "software", "--home", str(tmp_path), *LOCAL]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("serving on 127.0.0.1:")
    os.killpg(process.pid, signal.SIGINT)
    _, log = process.communicate(timeout=60)
    assert process.returncode == ExitCode.DONE
    assert "Traceback" not in log
    assert "protects nothing" in log
    assert log.rstrip().endswith("stopped")


def test_the_enclave_dies_with_the_command(tmp_path: Path) -> None:
    """Else a killed command would leave an enclave that holds the directory."""
    with served(tmp_path) as enclave:
        pid = enclave.enclave_pid
        enclave.stop(signal.SIGKILL)
        with served(tmp_path) as again, EnclaveClient(again.address) as client:
            client.get_info()
            assert is_gone(pid)


def is_gone(pid: int) -> bool:
    """No such process, or only its exit status, which nobody has asked for."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


def test_an_enclave_that_ends_by_itself_is_a_failure(tmp_path: Path) -> None:
    with served(tmp_path) as enclave:
        os.kill(enclave.enclave_pid, signal.SIGKILL)
        answer = enclave.stop(0)
    assert answer.failed("enclave_stopped", logged=True).json["found"] == "signal 9"


def test_a_second_one_on_the_same_home(tmp_path: Path) -> None:
    with served(tmp_path):
        run = ("enclave", "run", "--mode", "software", "--home", str(tmp_path), *LOCAL)
        run_for_real(*run).failed("already_running")


def test_an_address_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = ("--listen", f"127.0.0.1:{taken.getsockname()[1]}")
        run = ("enclave", "run", "--mode", "software", "--home", str(tmp_path), *listen)
        run_for_real(*run, "--output", "json").failed("port_taken")


def test_hardware_mode_outside_of_gramine(tmp_path: Path) -> None:
    run = ("enclave", "run", "--mode", Mode.HARDWARE.value, "--home", str(tmp_path), *LOCAL)
    run_for_real(*run).failed("attestation_unavailable")


def test_a_home_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = ("enclave", "run", "--mode", "software", "--home", str(tmp_path / "file"), *LOCAL)
    run_for_real(*run).failed("storage_failed")


def test_a_key_file_that_others_can_read(tmp_path: Path) -> None:
    with served(tmp_path):
        (tmp_path / "software-seal.key").chmod(0o644)
    run = ("enclave", "run", "--mode", "software", "--home", str(tmp_path), *LOCAL)
    answer = run_for_real(*run).failed("seal_key_unusable")
    assert "0644" in answer.stderr


def test_the_home_is_the_users_own_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    process = subprocess.Popen(
        [*COMMAND, "enclave", "run", "--mode", "software", *LOCAL],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("serving")
    process.terminate()
    process.communicate(timeout=60)
    assert (tmp_path / ".seedpact" / "enclave" / "software-seal.key").exists()


def test_a_pretended_measurement_is_what_it_shows(tmp_path: Path) -> None:
    with (
        served(tmp_path, "--measurement", "11" * 32) as enclave,
        EnclaveClient(enclave.address) as client,
    ):
        assert client.get_info().measurement.sgx.mr_enclave == b"\x11" * 32
