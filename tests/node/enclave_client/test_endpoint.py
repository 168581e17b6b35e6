"""Who took the enclave's port first is found out, and asked nothing (docs/threat-model.md)."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf.message import Message

from enclave.errors import Code
from enclave.service.dispatch import METHODS
from node.enclave_client import (
    EnclaveClient,
    EnclaveNotOurs,
    EnclaveRefused,
    EnclaveTokenUnusable,
)
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.process import EnclaveProcess, enclave_process
from tests.support.squatter import knows, plausible, refuses, squatter


def snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def asks(client: EnclaveClient, method: str) -> Callable[[], Message]:
    """The method with an empty request."""
    call = getattr(client, snake(method))
    parameters = inspect.signature(call, eval_str=True).parameters
    request = parameters.get("request")
    return call if request is None else lambda: call(request.annotation())


def token_of(process: EnclaveProcess) -> Path:
    return process.home / "endpoint.token"


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The token of an enclave that ran here once."""
    path = tmp_path_factory.mktemp("ours") / "endpoint.token"
    path.write_bytes(os.urandom(32))
    return path


@pytest.mark.parametrize("method", sorted(METHODS))
def test_nothing_is_asked_of_who_does_not_know_the_token(ours: Path, method: str) -> None:
    with squatter(plausible) as there, EnclaveClient(there.address, token=ours) as client:
        for _ in range(2):
            with pytest.raises(EnclaveNotOurs) as found:
                asks(client, method)()
        assert there.asked == ["GetInfo", "GetInfo"]
    assert found.value.code == "enclave_not_ours"
    assert str(ours.parent) in found.value.expected
    assert there.address in found.value.found


def test_an_enclave_of_another_home_is_not_ours(ours: Path, tmp_path: Path) -> None:
    with (
        enclave_process(tmp_path) as other,
        EnclaveClient(other.address, token=ours) as client,
        EnclaveClient(other.address, token=token_of(other)) as its_own,
    ):
        with pytest.raises(EnclaveNotOurs):
            client.get_info()
        assert its_own.get_info().endpoint_proof


def test_an_old_proof_is_worth_nothing(tmp_path: Path) -> None:
    """Whoever listened once cannot answer the next challenge."""
    old = pb.GetInfoResponse()
    with enclave_process(tmp_path) as process:
        address, token = process.address, token_of(process)
        with EnclaveClient(address, token=token) as client:
            old.CopyFrom(client.get_info())
    assert len(old.endpoint_proof) == 32
    with (
        squatter(lambda _request: old, address) as there,
        EnclaveClient(address, token=token) as client,
    ):
        for _ in range(3):
            with pytest.raises(EnclaveNotOurs):
                client.get_info()
    assert {len(challenge) for challenge in there.challenges} == {32}
    assert len(set(there.challenges)) == 3


def test_a_challenge_that_is_passed_on_to_another_port_is_in_vain(tmp_path: Path) -> None:
    with enclave_process(tmp_path) as process:

        def relayed(request: pb.GetInfoRequest) -> pb.GetInfoResponse:
            return process.call("GetInfo", request, pb.GetInfoResponse)

        with (
            squatter(relayed) as there,
            EnclaveClient(there.address, token=token_of(process)) as client,
            pytest.raises(EnclaveNotOurs),
        ):
            client.get_info()


def test_a_proof_that_holds_for_any_port_is_taken_through_a_forward(ours: Path) -> None:
    """As of an enclave in a container, which listens beyond its loopback."""
    with (
        squatter(knows(ours.read_bytes())) as there,
        EnclaveClient(there.address, token=ours) as client,
    ):
        assert client.get_info().node_id == bytes(32)


def test_the_first_request_of_a_connection_waits_for_the_proof(ours: Path) -> None:
    """Requests that come often are proven once a connection, the others each time."""
    with (
        squatter(knows(ours.read_bytes())) as there,
        EnclaveClient(there.address, token=ours) as client,
    ):
        for method in ("ConfirmNodes", "ConfirmNodes", "FollowChain", "Bootstrap", "Bootstrap"):
            asks(client, method)()
        client.close()
        asks(client, "ConfirmNodes")()
    assert there.asked == [
        *("GetInfo", "ConfirmNodes", "ConfirmNodes", "FollowChain"),
        *("GetInfo", "Bootstrap", "GetInfo", "Bootstrap"),
        *("GetInfo", "ConfirmNodes"),
    ]


@pytest.mark.parametrize("code", [Code.MALFORMED_REQUEST, Code.FORKED])
def test_a_strangers_refusal_is_not_believed(ours: Path, code: Code) -> None:
    with (
        squatter(refuses(code)) as there,
        EnclaveClient(there.address, token=ours) as client,
        pytest.raises(EnclaveNotOurs),
    ):
        client.backup()


def test_an_enclave_whose_disk_failed_says_so(ours: Path) -> None:
    with (
        squatter(refuses(Code.STORAGE_FAILED)) as there,
        EnclaveClient(there.address, token=ours) as client,
        pytest.raises(EnclaveRefused) as refused,
    ):
        client.backup()
    assert refused.value.code == Code.STORAGE_FAILED
    assert there.asked == ["GetInfo"]


@pytest.mark.parametrize("token", [None, Path("/nonexistent/endpoint.token")])
def test_without_a_token_nothing_is_checked_and_no_proof_is_claimed(token: Path | None) -> None:
    with squatter(plausible) as there, EnclaveClient(there.address, token=token) as client:
        assert client.get_info().endpoint_proof == b""
        client.get_network_keys()
    assert there.challenges == [b""]
    assert there.asked == ["GetInfo", "GetNetworkKeys"]


def test_a_token_that_comes_later_is_asked_for(tmp_path: Path) -> None:
    token = tmp_path / "endpoint.token"
    with squatter(plausible) as there, EnclaveClient(there.address, token=token) as client:
        asks(client, "ConfirmNodes")()
        token.write_bytes(bytes(32))
        with pytest.raises(EnclaveNotOurs):
            asks(client, "ConfirmNodes")()
    assert there.asked == ["ConfirmNodes", "GetInfo"]


def folder(path: Path) -> str:
    path.mkdir()
    return "Is a directory"


def pipe(path: Path) -> str:
    os.mkfifo(path)
    return "no plain file"


def short(path: Path) -> str:
    path.write_bytes(bytes(31))
    return "31 bytes"


def large(path: Path) -> str:
    path.write_bytes(bytes(1 << 20))
    return "more than 32 bytes"


def loop(path: Path) -> str:
    path.symlink_to(path)
    return "Too many levels"


@pytest.mark.parametrize("made", [folder, pipe, short, large, loop])
def test_a_token_that_cannot_be_read_asks_nobody(
    tmp_path: Path, made: Callable[[Path], str]
) -> None:
    token = tmp_path / "endpoint.token"
    found = made(token)
    with squatter(plausible) as there, EnclaveClient(there.address, token=token) as client:
        for method in ("GetInfo", "ConfirmNodes"):
            with pytest.raises(EnclaveTokenUnusable) as unusable:
                asks(client, method)()
    assert unusable.value.code == "enclave_token_unusable"
    assert str(token) in unusable.value.expected
    assert found in unusable.value.found
    assert there.asked == []
