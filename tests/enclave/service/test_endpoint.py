"""`endpoint.token`, and the proof that who answers at the port can read it."""

from __future__ import annotations

import hmac
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from enclave.crypto.endpoint import ANY_PORT, Endpoint
from enclave.crypto.labels import Mode
from enclave.errors import Code
from enclave.service.durable_file import OsDisk
from enclave.service.home import Home
from enclave.service.main import endpoint_of
from seedpact.enclave.v1 import service_pb2 as pb
from tests.second_opinion.transcript import SOFTWARE, transcript
from tests.support.enclaves import Node
from tests.support.process import START_TIMEOUT, EnclaveProcess, enclave_process
from tests.support.refusals import refused

TOKEN = bytes(range(32))
CHALLENGE = bytes(range(100, 132))


def opened(path: Path) -> tuple[bytes, list[str]]:
    """The token of a home at its start, and what was mended."""
    home = Home(path, disk=OsDisk(), entropy=os.urandom)
    os.close(home.open())
    return home.endpoint_token(), home.mended


def proof(process: EnclaveProcess, challenge: bytes = CHALLENGE) -> bytes:
    request = pb.GetInfoRequest(challenge=challenge)
    return process.call("GetInfo", request, pb.GetInfoResponse).endpoint_proof


def wanted(home: Path, address: str, challenge: bytes = CHALLENGE) -> bytes:
    """The formula of docs/spec/protocol.md, section 10, by another hand."""
    port = int(address.rpartition(":")[2])
    token = (home / "endpoint.token").read_bytes()
    return hmac.digest(token, transcript(SOFTWARE, "endpoint", challenge, port), "sha256")


def test_an_enclave_proves_its_token_and_port_to_each_challenge(tmp_path: Path) -> None:
    with enclave_process(tmp_path) as process:
        first, second = proof(process), proof(process, CHALLENGE[::-1])
        assert first == wanted(tmp_path, process.address)
        assert second == wanted(tmp_path, process.address, CHALLENGE[::-1])
        assert first != second
        assert not process.info().endpoint_proof
    kept = (tmp_path / "endpoint.token").read_bytes()
    with enclave_process(tmp_path) as process:
        assert (tmp_path / "endpoint.token").read_bytes() == kept
        assert proof(process) == wanted(tmp_path, process.address)


def test_the_token_is_there_before_anybody_can_listen(tmp_path: Path) -> None:
    """Or whoever has the port already could not be found out."""
    with socket.create_server(("127.0.0.1", 0)) as squatter:
        address = f"127.0.0.1:{squatter.getsockname()[1]}"
        words = ("--home", str(tmp_path), "--mode", "software", "--listen", address)
        done = subprocess.run(
            [sys.executable, "-m", "enclave", *words],
            capture_output=True,
            text=True,
            timeout=START_TIMEOUT,
            check=False,
        )
    assert Code.PORT_TAKEN in done.stderr
    assert len((tmp_path / "endpoint.token").read_bytes()) == 32


def test_the_token_is_its_owners_alone_and_kept(tmp_path: Path) -> None:
    token, mended = opened(tmp_path)
    assert (tmp_path / "endpoint.token").stat().st_mode & 0o777 == 0o600
    assert len(token) == 32
    assert opened(tmp_path) == (token, mended)
    assert mended == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o601])
def test_a_token_that_others_may_know_is_replaced_and_named(tmp_path: Path, mode: int) -> None:
    token, _ = opened(tmp_path)
    path = tmp_path / "endpoint.token"
    path.chmod(mode)
    fresh, mended = opened(tmp_path)
    assert fresh not in (token, b"")
    assert path.read_bytes() == fresh
    assert path.stat().st_mode & 0o777 == 0o600
    assert mended == [f"{path} (mode {mode:04o})"]


def test_the_log_names_a_replaced_token(tmp_path: Path) -> None:
    opened(tmp_path)
    (tmp_path / "endpoint.token").chmod(0o644)
    with enclave_process(tmp_path) as process:
        (line,) = [line for line in process.log if line["event"] == "home_mended"]
    assert line["path"] == f"{tmp_path / 'endpoint.token'} (mode 0644)"


def test_a_token_that_was_cut_is_replaced(tmp_path: Path) -> None:
    opened(tmp_path)
    (tmp_path / "endpoint.token").write_bytes(bytes(31))
    assert len(opened(tmp_path)[0]) == 32


def test_what_is_longer_than_a_token_is_refused(tmp_path: Path) -> None:
    opened(tmp_path)
    (tmp_path / "endpoint.token").write_bytes(bytes(33))
    with refused(Code.STORAGE_FAILED):
        opened(tmp_path)


@pytest.mark.parametrize("size", [1, 31, 33, 64])
def test_a_challenge_has_one_length(size: int) -> None:
    node = Node("a")
    node.enclave.endpoint = Endpoint(TOKEN, 1)
    with refused(Code.BAD_LENGTH):
        node.call("GetInfo", pb.GetInfoRequest(challenge=bytes(size)), pb.GetInfoResponse)


def test_without_a_port_there_is_nothing_to_prove() -> None:
    request = pb.GetInfoRequest(challenge=CHALLENGE)
    assert not Node("a").call("GetInfo", request, pb.GetInfoResponse).endpoint_proof


@pytest.mark.parametrize(
    ("listen", "port"),
    [
        ("127.0.0.1:0", 7),
        ("localhost:7", 7),
        ("[::1]:7", 7),
        ("0.0.0.0:7", ANY_PORT),
        ("[::]:7", ANY_PORT),
        ("10.0.0.1:7", ANY_PORT),
    ],
)
def test_the_loopback_has_its_port_and_what_is_forwarded_any(listen: str, port: int) -> None:
    """A container's engine forwards to no loopback, and may have another port outside."""
    assert endpoint_of(TOKEN, listen=listen, port=7) == Endpoint(TOKEN, port)


def test_token_mode_and_port_make_another_proof() -> None:
    endpoint = Endpoint(TOKEN, 7)
    others = [
        Endpoint(TOKEN[::-1], 7).proof(Mode.SOFTWARE, CHALLENGE),
        Endpoint(TOKEN, 8).proof(Mode.SOFTWARE, CHALLENGE),
        endpoint.proof(Mode.HARDWARE, CHALLENGE),
        endpoint.proof(Mode.SOFTWARE, CHALLENGE[::-1]),
    ]
    assert len({endpoint.proof(Mode.SOFTWARE, CHALLENGE), *others}) == 5
    assert TOKEN.hex() not in repr(endpoint)
    assert repr(TOKEN) not in repr(endpoint)
