"""The real process: start, stop, kill -9, restart, bad input, core dumps."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from enclave.crypto.primitives import KemKey
from enclave.errors import Code
from enclave.service.dispatch import MAX_MESSAGE_BYTES, METHODS, SERVICE
from enclave.service.durable_file import OsDisk
from enclave.service.home import Home
from enclave.service.measure_package import measure_package
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.enclaves import CODE, inputs
from tests.support.process import EnclaveProcess, enclave_process, error_of
from tests.support.refusals import refused
from tests.support.world import Ledger


def start(*arguments: str) -> tuple[int, list[dict[str, str]], str]:
    """Runs the program to its end: exit code, log, and stderr as it is."""
    done = subprocess.run(
        [sys.executable, "-m", "enclave", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    return done.returncode, lines, done.stderr


def test_every_method_of_the_service_is_served() -> None:
    assert set(METHODS) == {method.name for method in SERVICE.methods}


def test_a_start_says_what_software_mode_is_worth(tmp_path: Path) -> None:
    with enclave_process(tmp_path / "home") as process:
        assert process.events() == ["software_mode", "serving"]
        assert "protects nothing" in str(process.log[0]["message"])
        assert process.info().measurement.sgx.mr_enclave == measure_package()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly(tmp_path: Path, number: int) -> None:
    process = EnclaveProcess(tmp_path)
    process.info()
    assert process.stop(number) == 0
    assert process.events()[-1] == "stopped"


def test_a_restart_after_kill_needs_nothing_but_its_directory(tmp_path: Path) -> None:
    process = EnclaveProcess(tmp_path)
    made = process.bootstrap(inputs())
    before = process.info()
    process.kill()
    with enclave_process(tmp_path) as again:
        after = again.info()
        assert after.freshness_nonce != before.freshness_nonce
        after.freshness_nonce = before.freshness_nonce
        assert after == before
        assert again.info().node_id == made.node_id
        with pytest.raises(grpc.RpcError) as refused:
            again.bootstrap(inputs())
        assert error_of(refused.value).code == Code.ALREADY_BOOTSTRAPPED


def test_an_older_state_is_named_in_the_log_and_the_backup_is_kept(tmp_path: Path) -> None:
    with enclave_process(tmp_path) as process:
        kem_io = KemKey(bytes(64)).public
        process.create_node_key(inputs(), kem_io=kem_io)
        older = (tmp_path / "state.sealed").read_bytes()
        process.make_quote(Ledger().purpose())
    newest = (tmp_path / "backup.sealed").read_bytes()
    (tmp_path / "state.sealed").write_bytes(older)
    with enclave_process(tmp_path) as process:
        assert process.info().backup_newer
        with pytest.raises(grpc.RpcError) as refused:
            process.make_quote(Ledger().purpose())
        assert error_of(refused.value).code == Code.BACKUP_NEWER
        (line,) = [line for line in process.log if line["event"] == "backup_newer"]
    assert (line["level"], line["code"]) == ("warning", "backup_newer")
    assert "generation 1" in str(line["found"])
    assert (tmp_path / "backup.sealed").read_bytes() == newest


def test_what_others_could_read_is_mended_and_named(tmp_path: Path) -> None:
    wanted = {tmp_path: 0o700}
    with enclave_process(tmp_path) as process:
        process.bootstrap(inputs())
        assert "home_mended" not in process.events()
    wanted |= {tmp_path / name: 0o600 for name in ("state.sealed", "backup.sealed", "lock")}
    for path, mode in wanted.items():
        path.chmod(mode | 0o055 if path.is_dir() else mode | 0o044)
    with enclave_process(tmp_path) as process:
        assert process.info().epochs == [0]
        said = [str(line["path"]) for line in process.log if line["event"] == "home_mended"]
    assert [line.split(" ")[0] for line in said] == [
        str(tmp_path / name) for name in ("", "lock", "state.sealed", "backup.sealed")
    ]
    assert {path: path.stat().st_mode & 0o777 for path in wanted} == wanted


@pytest.mark.parametrize("name", ["", "lock", "state.sealed", "backup.sealed"])
@pytest.mark.parametrize("bit", [0o020, 0o002])
def test_what_others_could_write_is_refused(tmp_path: Path, name: str, bit: int) -> None:
    home = Home(tmp_path, disk=OsDisk(), entropy=os.urandom)
    os.close(home.open())
    path = tmp_path / name
    if path.suffix:
        path.write_bytes(b"sealed")
    path.chmod((0o700 if path.is_dir() else 0o600) | bit)
    for _ in range(2):
        with refused(Code.HOME_EXPOSED):
            home.open()
    path.chmod(0o700 if path.is_dir() else 0o600)
    os.close(home.open())


def test_it_answers_though_nobody_takes_its_log_any_more(tmp_path: Path) -> None:
    with enclave_process(tmp_path) as process:
        assert process.process.stderr is not None
        process.process.stderr.close()
        made = process.bootstrap(inputs())
        with pytest.raises(grpc.RpcError) as refused:
            process.bootstrap(inputs())
        assert error_of(refused.value).code == Code.ALREADY_BOOTSTRAPPED
        assert process.info().node_id == made.node_id
        process.kill()


def test_a_refusal_has_one_line_a_status_and_a_typed_error(tmp_path: Path) -> None:
    with enclave_process(tmp_path) as process:
        with pytest.raises(grpc.RpcError) as refused:
            process.call("Backup", pb.BackupRequest(), pb.BackupResponse)
        assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        details = str(refused.value.details())
        assert details.startswith("illegal_state: expected ")
        assert "\n" not in details
        error = error_of(refused.value)
        assert (error.code, error.found) == ("illegal_state", "EMPTY")


@pytest.mark.parametrize("method", sorted(METHODS))
def test_junk_is_refused_by_every_method(tmp_path: Path, method: str) -> None:
    with enclave_process(tmp_path) as process:
        with pytest.raises(grpc.RpcError) as refused:
            process.raw(method, b"\xff junk")
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert error_of(refused.value).code == Code.MALFORMED_REQUEST
        assert process.info().state == pb.ENCLAVE_STATE_EMPTY


def test_a_message_over_the_cap_is_refused_and_the_process_lives(tmp_path: Path) -> None:
    with enclave_process(tmp_path) as process:
        with pytest.raises(grpc.RpcError) as refused:
            process.raw("Restore", bytes(MAX_MESSAGE_BYTES + 1))
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert process.info().state == pb.ENCLAVE_STATE_EMPTY


def test_a_hundred_newcomers_pass_the_default_cap_of_grpc(tmp_path: Path) -> None:
    """100 quotes and 100 collaterals of the largest sizes are twice gRPC's default of 4 MB."""
    request = pb.ConfirmNodesRequest(
        newcomers=[pb.Newcomer(quote=bytes(16_384)) for _ in range(100)],
        collaterals=[number.to_bytes(2, "big") * 32_768 for number in range(100)],
    )
    assert 8_000_000 < request.ByteSize() < MAX_MESSAGE_BYTES
    with enclave_process(tmp_path) as process:
        process.bootstrap(inputs())
        with pytest.raises(grpc.RpcError) as refused:
            process.call("ConfirmNodes", request, pb.ConfirmNodesResponse)
        assert error_of(refused.value).code == Code.UNPROVEN_CONTEXT  # read whole, then judged


def test_core_dumps_are_off(tmp_path: Path) -> None:
    with enclave_process(tmp_path) as process:
        limits = Path(f"/proc/{process.process.pid}/limits").read_text(encoding="ascii")
        (core,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
        assert core.split()[4:6] == ["0", "0"]
        # A process that is not dumpable belongs to root in /proc, whoever runs it.
        owner = Path(f"/proc/{process.process.pid}/maps").stat().st_uid
        assert owner == 0


class TestCannotStart:
    def test_wrong_usage_is_two(self) -> None:
        for arguments in (
            ("--home", "x"),
            ("--home", "x", "--mode", "hardware", "--listen", "nowhere"),
            ("--home", "x", "--mode", "software", "--listen", "127.0.0.1:70000"),
            ("--home", "x", "--mode", "software", "--measurement", "abc"),
            ("--home", "x", "--mode", "simulation"),
        ):
            code, _, text = start(*arguments)
            assert code == 2
            assert "usage:" in text

    def test_a_second_process_on_one_home_is_refused(self, tmp_path: Path) -> None:
        with enclave_process(tmp_path):
            code, log, _ = start("--home", str(tmp_path), "--mode", "software")
            assert (code, log[-1]["code"]) == (1, Code.ALREADY_RUNNING)

    def test_a_taken_port_is_refused(self, tmp_path: Path) -> None:
        with enclave_process(tmp_path / "one") as process:
            code, log, _ = start(
                "--home", str(tmp_path / "two"), "--mode", "software", "--listen", process.address
            )
            assert (code, log[-1]["code"]) == (1, Code.PORT_TAKEN)

    def test_an_address_of_another_machine_is_refused(self, tmp_path: Path) -> None:
        where = ("--home", str(tmp_path), "--mode", "software", "--listen", "192.0.2.1:26670")
        code, log, _ = start(*where)
        assert (code, log[-1]["code"]) == (1, Code.ADDRESS_NOT_HERE)

    def test_hardware_mode_without_gramine_says_so(self, tmp_path: Path) -> None:
        code, log, _ = start("--home", str(tmp_path), "--mode", "hardware")
        assert (code, log[-1]["code"]) == (1, Code.ATTESTATION_UNAVAILABLE)

    @pytest.mark.parametrize(
        ("spoil", "code"),
        [
            (lambda home: (home / "software-seal.key").chmod(0o644), Code.SEAL_KEY_UNUSABLE),
            (lambda home: (home / "software-seal.key").unlink(), Code.SEAL_KEY_UNUSABLE),
            (lambda home: (home / "software-seal.key").write_bytes(b"x"), Code.SEAL_KEY_UNUSABLE),
            (lambda home: (home / "state.sealed").write_bytes(b"x"), Code.SEALED_MALFORMED),
            (
                lambda home: (home / "state.sealed").write_bytes(b"SPSEALED\x00\x01" + bytes(200)),
                Code.SEALED_VERSION_UNKNOWN,
            ),
            (
                lambda home: (home / "backup.sealed").replace(home / "state.sealed"),
                Code.SEALED_WRONG_ROLE,
            ),
            (
                lambda home: (home / "software-seal.key").write_bytes(bytes(32)),
                Code.SEALED_OPEN_FAILED,
            ),
        ],
    )
    def test_a_spoiled_home_is_named_and_left_alone(
        self, tmp_path: Path, spoil: object, code: Code
    ) -> None:
        process = EnclaveProcess(tmp_path)
        process.bootstrap(inputs())
        process.stop()
        assert callable(spoil)
        spoil(tmp_path)
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        exit_code, log, text = start("--home", str(tmp_path), "--mode", "software")
        assert (exit_code, log[-1]["code"]) == (1, code)
        assert "Traceback" not in text
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    def test_a_sealed_file_of_hardware_mode_does_not_open_in_software_mode(
        self, tmp_path: Path
    ) -> None:
        process = EnclaveProcess(tmp_path)
        process.bootstrap(inputs())
        process.stop()
        blob = bytearray((tmp_path / "state.sealed").read_bytes())
        blob[10] = 1
        (tmp_path / "state.sealed").write_bytes(blob)
        code, log, _ = start("--home", str(tmp_path), "--mode", "software")
        assert (code, log[-1]["code"]) == (1, Code.SEALED_WRONG_MODE)


def test_two_processes_agree_on_a_seed(tmp_path: Path) -> None:
    """Bootstrap, quote, confirm and import between two processes; the ledger plays the chain."""
    measurement = CODE.mr_enclave.hex()
    with (
        enclave_process(tmp_path / "a", "--measurement", measurement) as founder,
        enclave_process(tmp_path / "b", "--measurement", measurement) as node,
    ):
        ledger = Ledger()
        ledger.bootstrap(founder)
        ledger.join(node, founder)
        assert node.info().state == pb.ENCLAVE_STATE_HOLDER
        keys = [
            process.call("GetNetworkKeys", pb.GetNetworkKeysRequest(), pb.GetNetworkKeysResponse)
            for process in (founder, node)
        ]
        assert keys[0] == keys[1]
