"""The client against real enclave processes, and against whatever else may sit at an address."""

from __future__ import annotations

import inspect
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from enclave.errors import Code
from enclave.registration.network_codec import network_to_proto
from enclave.service.dispatch import MAX_MESSAGE_BYTES as ENCLAVES_CAP
from enclave.service.dispatch import METHODS
from enclave.service.server import ERROR_TRAILER as ENCLAVES_TRAILER
from node.enclave_client import (
    EnclaveClient,
    EnclaveFailed,
    EnclaveFailure,
    EnclaveRefused,
    EnclaveUnreachable,
    pack_newcomers,
)
from node.enclave_client.client import MAX_MESSAGE_BYTES
from node.enclave_client.failures import ERROR_TRAILER
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.enclaves import CODE, inputs
from tests.support.process import EnclaveProcess, enclave_process
from tests.support.registrations import REGISTRATION
from tests.support.world import Ledger

SERVICE = "seedpact.enclave.v1.EnclaveService"
Behaviour = Callable[[bytes, grpc.ServicerContext], bytes]


@pytest.fixture(scope="module")
def holder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EnclaveProcess, Ledger]]:
    home = tmp_path_factory.mktemp("holder")
    with enclave_process(home, "--measurement", CODE.mr_enclave.hex()) as process:
        ledger = Ledger()
        ledger.bootstrap(process)
        yield process, ledger


@pytest.fixture
def pretender() -> Iterator[Callable[[Behaviour], str]]:
    """A gRPC server that is no enclave; gives its address."""
    servers: list[grpc.Server] = []

    def start(behaviour: Behaviour | None) -> str:
        server = grpc.server(ThreadPoolExecutor(1))
        if behaviour is not None:
            methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {}
            methods["GetInfo"] = grpc.unary_unary_rpc_method_handler(behaviour)
            server.add_generic_rpc_handlers(
                (grpc.method_handlers_generic_handler(SERVICE, methods),)
            )
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        servers.append(server)
        return f"127.0.0.1:{port}"

    yield start
    for server in servers:
        server.stop(None).wait()


def snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def test_every_request_of_the_enclave_has_a_typed_method() -> None:
    for method in METHODS:
        signature = inspect.signature(getattr(EnclaveClient, snake(method)))
        assert str(signature.return_annotation).endswith(f"{method}Response")
        assert signature.parameters["timeout"].kind is inspect.Parameter.KEYWORD_ONLY


def test_the_limits_and_names_are_the_enclaves() -> None:
    assert MAX_MESSAGE_BYTES == ENCLAVES_CAP
    assert ERROR_TRAILER == ENCLAVES_TRAILER


def test_a_whole_life(tmp_path: Path) -> None:
    """Every method, once as it should be and once refused."""
    code = ("--measurement", CODE.mr_enclave.hex())
    with (
        enclave_process(tmp_path / "a", *code) as first,
        enclave_process(tmp_path / "b", *code) as second,
        EnclaveClient(first.address) as founder,
        EnclaveClient(second.address) as newcomer,
    ):
        network, ledger = network_to_proto(inputs()), Ledger()
        bootstrapped = founder.bootstrap(pb.BootstrapRequest(network=network))
        assert founder.get_network_keys().keys[0].pk_io == bootstrapped.pk_io
        with pytest.raises(EnclaveRefused) as refused:
            founder.bootstrap(pb.BootstrapRequest(network=network))
        assert refused.value.code == Code.ALREADY_BOOTSTRAPPED
        created = newcomer.create_node_key(
            pb.CreateNodeKeyRequest(network=network, epoch=0, kem_io=bootstrapped.kem_io)
        )
        backup = newcomer.backup().backup
        quoted = newcomer.make_quote(pb.MakeQuoteRequest(register=ledger.purpose()))
        assert quoted.node_id == created.node_id
        for call in (
            lambda: newcomer.import_seed(pb.ImportSeedRequest()),
            lambda: newcomer.confirm_nodes(pb.ConfirmNodesRequest()),
            lambda: newcomer.restore(pb.RestoreRequest(backup=backup)),
            newcomer.get_network_keys,
        ):
            with pytest.raises(EnclaveRefused) as refused:
                call()
            assert refused.value.code in set(Code)
            assert refused.value.expected
            assert refused.value.found
        assert newcomer.get_info().state == pb.ENCLAVE_STATE_PENDING


def test_a_hundred_newcomers_with_collaterals_of_their_own_pass(
    holder: tuple[EnclaveProcess, Ledger],
) -> None:
    """8.2 MB: twice gRPC's default."""
    process, ledger = holder
    registrations = [
        replace(REGISTRATION, quote=bytes(16_384), collateral=bytes([number]) * 65_536)
        for number in range(100)
    ]
    request = pack_newcomers(ledger.confirm_request(process).chain, registrations)
    assert request.ByteSize() > 8_000_000
    with EnclaveClient(process.address) as client:
        answer = client.confirm_nodes(request, timeout=60)
    assert [c.refusal.code for c in answer.confirmations] == [Code.MALFORMED_COLLATERAL] * 100


def test_a_request_above_the_cap_is_a_typed_failure(holder: tuple[EnclaveProcess, Ledger]) -> None:
    with EnclaveClient(holder[0].address) as client, pytest.raises(EnclaveFailure):
        client.restore(pb.RestoreRequest(backup=bytes(MAX_MESSAGE_BYTES + 1)))
    with EnclaveClient(holder[0].address) as client:
        assert client.get_info().state == pb.ENCLAVE_STATE_HOLDER


# Nobody, somebody else, and nobody in time.


def test_nobody_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        with EnclaveClient(address) as client, pytest.raises(EnclaveUnreachable) as away:
            client.get_info()
    assert away.value.address == address
    assert address in str(away.value)


def test_a_name_that_leads_nowhere() -> None:
    with EnclaveClient("nowhere.invalid:1") as client, pytest.raises(EnclaveUnreachable):
        client.get_info()


def test_somebody_who_never_answers() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with (
            EnclaveClient(address, timeout=60) as client,
            pytest.raises(EnclaveUnreachable) as late,
        ):
            client.get_info(timeout=0.2)
    assert "in time" in late.value.reason


def test_a_grpc_server_without_an_enclave(pretender: Callable[[Behaviour | None], str]) -> None:
    with EnclaveClient(pretender(None)) as client, pytest.raises(EnclaveFailed) as failed:
        client.get_info()
    assert "UNIMPLEMENTED" in failed.value.reason


def test_an_answer_that_is_no_message(pretender: Callable[[Behaviour], str]) -> None:
    address = pretender(lambda _request, _context: b"\xff\xff")
    with EnclaveClient(address) as client, pytest.raises(EnclaveFailed):
        client.get_info()


@pytest.mark.parametrize("trailer", [b"", b"\xff", b"\x0a\xff"])
def test_a_failure_without_a_readable_error(
    trailer: bytes, pretender: Callable[[Behaviour], str]
) -> None:
    def abort(_request: bytes, context: grpc.ServicerContext) -> bytes:
        if trailer:
            context.set_trailing_metadata(((ERROR_TRAILER, trailer),))
        context.abort(grpc.StatusCode.INTERNAL, "internal error: KeyError")

    with EnclaveClient(pretender(abort)) as client, pytest.raises(EnclaveFailed) as failed:
        client.get_info()
    assert "internal error: KeyError" in failed.value.reason


def test_a_refusal_is_kept_to_one_line(pretender: Callable[[Behaviour], str]) -> None:
    def abort(_request: bytes, context: grpc.ServicerContext) -> bytes:
        error = pb.Error(code="x\ny", expected="a\nb\x1b[31m", found="z" * 10_000)
        context.set_trailing_metadata(((ERROR_TRAILER, error.SerializeToString()),))
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no")

    with EnclaveClient(pretender(abort)) as client, pytest.raises(EnclaveRefused) as refused:
        client.get_info()
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 1000


# The connection.


def test_an_enclave_that_was_killed_and_restarted_is_found_again(tmp_path: Path) -> None:
    process = EnclaveProcess(tmp_path)
    with EnclaveClient(process.address) as client:
        client.get_info()
        process.kill()
        with pytest.raises(EnclaveUnreachable):
            client.get_info()
        with enclave_process(tmp_path, "--listen", process.address):
            assert client.get_info().state == pb.ENCLAVE_STATE_EMPTY


def test_a_proxy_of_the_environment_is_not_asked(
    holder: tuple[EnclaveProcess, Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "grpc_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    with EnclaveClient(holder[0].address) as client:
        client.get_info()


def test_it_can_be_shared_between_threads(holder: tuple[EnclaveProcess, Ledger]) -> None:
    with EnclaveClient(holder[0].address) as client, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.get_info(), range(64)))
    assert len({answer.node_id for answer in answers}) == 1


def test_closing_ends_waiting_calls_with_a_typed_failure() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        client = EnclaveClient(f"127.0.0.1:{silent.getsockname()[1]}", timeout=60)
        failures: list[Exception] = []

        def ask() -> None:
            try:
                client.get_info()
            except EnclaveFailure as failure:
                failures.append(failure)

        asking = threading.Thread(target=ask)
        asking.start()
        connection, _ = silent.accept()
        with connection:
            client.close()
            asking.join(timeout=30)
    assert len(failures) == 1


def test_a_closed_client_connects_again(holder: tuple[EnclaveProcess, Ledger]) -> None:
    client = EnclaveClient(holder[0].address)
    client.get_info()
    client.close()
    client.close()
    client.get_info()
    client.close()
