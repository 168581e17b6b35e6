"""Attack 35: the host reads every file, log line, error and frame, and looks for secrets.

[0 hits] for every secret of the enclave and its SHA-256, raw, in hex and in base64; core dumps are
off, and SIGABRT leaves no core. The software key file is left out: it *is* the seal key in clear,
which is why software mode says at every start that it protects nothing.
"""

from __future__ import annotations

import base64
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from google.protobuf.message import Message

from enclave.errors import Refusal
from enclave.service.dispatch import METHODS
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.enclaves import CODE, Answer, Node
from tests.support.process import EnclaveProcess, error_of
from tests.support.secrets import KEY_FILE, hits, secrets_of
from tests.support.world import Ledger, network


class Tapped(EnclaveProcess):
    """An enclave process whose every answer and error is kept."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.frames: list[bytes] = []
        super().__init__(home, *arguments)

    def raw(self, method: str, request: bytes) -> bytes:
        """As `EnclaveProcess.raw`."""
        try:
            answer = super().raw(method, request)
        except grpc.RpcError as error:
            self.frames += [repr(error).encode(), error_of(error).SerializeToString()]
            raise
        self.frames.append(answer)
        return answer


def exercise(founder: Tapped, newcomer: Tapped, ledger: Ledger) -> None:
    """Every method, well and badly, up to a joined newcomer."""
    for process in (founder, newcomer):
        process.info()
    ledger.bootstrap(founder)
    ledger.join(newcomer, founder)
    for process in (founder, newcomer):
        for method in METHODS:
            for junk in (b"\xff", b"", b"\x0a\x02\x08\x01"):
                try:
                    process.raw(method, junk)
                except grpc.RpcError:
                    continue
        process.call("Backup", pb.BackupRequest(), pb.BackupResponse)


def test_35_no_secret_in_any_file_log_error_or_frame(tmp_path: Path) -> None:
    code = ("--measurement", CODE.mr_enclave.hex())
    founder = Tapped(tmp_path / "founder", *code)
    newcomer = Tapped(tmp_path / "newcomer", *code)
    exercise(founder, newcomer, Ledger())
    assert [process.stop() for process in (founder, newcomer)] == [0, 0]
    for process in (founder, newcomer):
        secrets = secrets_of(process.home)
        assert len(secrets) >= 7
        files = {
            path.name: path.read_bytes() for path in process.home.iterdir() if path.name != KEY_FILE
        }
        assert {"state.sealed", "backup.sealed"} <= set(files)
        frames = {f"frame {n}": frame for n, frame in enumerate(process.frames)}
        log = {"log": repr(process.log).encode()}
        assert len(frames) > 30
        assert hits(secrets, {**files, **frames, **log}) == []


def test_35_the_search_finds_a_leak_in_every_form() -> None:
    secret = hashlib.sha256(b"secret").digest()
    for form in (
        secret,
        secret.hex().encode(),
        repr(secret).encode(),
        base64.b64encode(b"ab" + secret + b"c"),
        base64.b64encode(hashlib.sha256(secret).digest()),
    ):
        assert hits({"s": secret}, {"place": b"x" + form + b"y"}) == [("s", "place")]


class _Call:
    """Collects what a refusal in process would tell."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.texts: list[bytes] = []

    def __call__(self, method: str, request: Message, answer: type[Answer]) -> None:
        with pytest.raises(Refusal) as refused:
            self.node.call(method, request, answer)
        self.texts += [str(refused.value).encode(), repr(refused.value).encode()]


def test_35_no_secret_in_the_text_of_a_refusal_or_in_the_repr_of_an_object() -> None:
    ledger, (_, member) = network("founder", "member")
    collect = _Call(member)
    collect("Bootstrap", pb.BootstrapRequest(), pb.BootstrapResponse)
    collect("ImportSeed", pb.ImportSeedRequest(chain=ledger.proof(member)), pb.ImportSeedResponse)
    collect("Restore", pb.RestoreRequest(), pb.RestoreResponse)
    keys = member.enclave.keys
    secrets = {
        "seed": keys.seed(0),
        "node key": dict(member.enclave._store.scan(b""))[b"node_key"],  # noqa: SLF001
        "kem secret": keys.kem_secret(0).secret,
        "seal key": member.seal_key,
    }
    objects = (keys, keys.io_keys(0), keys.kem_secret(0), keys.node_key, member.enclave)
    places = {str(n): text for n, text in enumerate(collect.texts)}
    places |= {type(thing).__name__: repr(thing).encode() for thing in objects}
    assert hits(secrets, places) == []


def test_35_sigabrt_leaves_no_core(tmp_path: Path) -> None:
    process = Tapped(tmp_path / "home")
    process.info()
    os.kill(process.process.pid, signal.SIGABRT)
    _, status = os.waitpid(process.process.pid, 0)
    process.process.returncode = -signal.SIGABRT
    process.channel.close()
    assert process.process.stderr is not None
    process.process.stderr.close()
    assert os.WTERMSIG(status) == signal.SIGABRT
    assert not os.WCOREDUMP(status)


def test_35_a_process_that_could_dump_core_no_longer_can() -> None:
    """Starts from the widest limits that this machine allows."""
    program = (
        "import ctypes, resource\n"
        "from enclave.service.hardening import disable_core_dumps\n"
        "hard = resource.getrlimit(resource.RLIMIT_CORE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))\n"
        "libc = ctypes.CDLL(None)\n"
        "before = libc.prctl(3, 0, 0, 0, 0)\n"
        "took = disable_core_dumps()\n"
        "after = libc.prctl(3, 0, 0, 0, 0)\n"
        "print(before, took, after, *resource.getrlimit(resource.RLIMIT_CORE))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "True", "0", "0", "0"]


def test_35_the_process_switches_core_dumps_off(tmp_path: Path) -> None:
    process = Tapped(tmp_path / "home")
    limits = Path(f"/proc/{process.process.pid}/limits").read_text(encoding="ascii")
    process.stop()
    (core,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert core.split()[4:6] == ["0", "0"]
