"""Enclave processes by the real command line: a founder and a newcomer, without a chain.

Their keys are made by requests, as a node sends them. In between restarts, kill -9 of the command
and of the enclave itself, a backup and a restore. At the end nothing that was printed or written
tells a secret. Confirming and importing need a chain: tests/e2e/test_localnet.py.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from enclave.registration.network_codec import network_to_proto
from node.cli.exit_codes import ExitCode
from node.enclave_client import EnclaveClient
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.cli import Answer, Served, run_for_real, served
from tests.support.enclaves import inputs
from tests.support.secrets import hits, secrets_of

CODE = ("--measurement", "c0" * 32)
"""The same for all, also where somebody edits the code between two starts."""
NETWORK = network_to_proto(inputs("alone-1"))
KEY_FILES = ("software-seal.key", "software-platform.id")


class Shell:
    """A folder, and everything that was printed in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.printed: list[bytes] = []

    def __call__(self, *arguments: str, at: Served | None = None) -> Answer:
        address = ("--address", at.address) if at else ()
        answer = run_for_real(*arguments, *address, "--output", "json", cwd=self.folder)
        self.printed += [answer.stdout.encode(), answer.stderr.encode()]
        return answer

    def state(self, at: Served) -> str:
        return str(self("enclave", "info", at=at).done().json["state"])

    def pk_io(self, at: Served) -> str:
        keys = self("enclave", "network-keys", at=at).done().json["network_keys"]
        return str(keys[0]["pk_io"])

    def stop(self, enclave: Served, number: int = signal.SIGTERM) -> Answer:
        answer = enclave.stop(number)
        self.printed += [answer.stdout.encode(), answer.stderr.encode()]
        return answer


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def founder(shell: Shell) -> Iterator[Served]:
    """A holder."""
    with served(shell.folder / "a", *CODE) as enclave:
        with EnclaveClient(enclave.address) as client:
            client.bootstrap(pb.BootstrapRequest(network=NETWORK))
        yield enclave


def test_founder_and_newcomer_keep_their_keys(shell: Shell, founder: Served) -> None:
    home, pk_io = shell.folder / "b", shell.pk_io(founder)
    (keys,) = shell("enclave", "network-keys", at=founder).done().json["network_keys"]
    request = pb.CreateNodeKeyRequest(network=NETWORK, kem_io=bytes.fromhex(keys["kem_io"]))
    with served(home, *CODE) as newcomer:
        assert shell.state(newcomer) == "EMPTY"
        with EnclaveClient(newcomer.address) as client:
            node_id = client.create_node_key(request).node_id.hex()
        assert shell.state(newcomer) == "KEYED"
        shell.stop(newcomer, signal.SIGKILL)
    with served(home, *CODE) as newcomer:
        assert shell("enclave", "info", at=newcomer).done().json["node_id"] == node_id
        os.kill(newcomer.enclave_pid, signal.SIGKILL)
        shell.stop(newcomer, 0).failed("enclave_stopped", logged=True)
    shell.stop(founder, signal.SIGKILL)
    with served(shell.folder / "a", *CODE) as again:
        assert shell.state(again) == "HOLDER"
        assert shell.pk_io(again) == pk_io
        assert shell.stop(again, signal.SIGINT).exit_code == ExitCode.DONE
    secrets_stay_inside(shell, "a")


def secrets_stay_inside(shell: Shell, *homes: str) -> None:
    """No secret of any home in what was printed, nor in any file but the key files."""
    places = {f"output {n}": text for n, text in enumerate(shell.printed)}
    for path in shell.folder.rglob("*"):
        if path.is_file() and path.name not in KEY_FILES:
            places[str(path)] = path.read_bytes()
    assert len(places) > 10
    for home in homes:
        secrets = secrets_of(shell.folder / home)
        assert {"seed", "node_key", "tls_key"} <= set(secrets)
        assert hits(secrets, places) == []


def test_backup_and_restore(shell: Shell, founder: Served) -> None:
    shell("enclave", "backup", "--out", "a.backup", at=founder).done()
    network_id = shell("enclave", "info", at=founder).done().json["network_id"]
    pk_io, restore = shell.pk_io(founder), ("enclave", "restore", "a.backup", "--network-id")
    shell(*restore, network_id, at=founder).failed("keys_exist")
    shell.stop(founder, signal.SIGKILL)
    (shell.folder / "new").mkdir(mode=0o700)
    for name in KEY_FILES:
        shutil.copy(shell.folder / "a" / name, shell.folder / "new")
    with served(shell.folder / "new", *CODE) as same_machine:
        shell(*restore, "00" * 32, at=same_machine).failed("sealed_wrong_network")
        assert shell.state(same_machine) == "EMPTY"
        assert shell(*restore, network_id, at=same_machine).done().json["state"] == "HOLDER"
        assert shell.pk_io(same_machine) == pk_io
    with served(shell.folder / "other", *CODE) as other_machine:
        shell(*restore, network_id, at=other_machine).failed("sealed_open_failed")
        assert shell.state(other_machine) == "EMPTY"
    secrets_stay_inside(shell, "new")
