"""The gRPC server with unmodified clients: cosmpy, reflection, health; heights, bad input."""

from __future__ import annotations

import functools
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

import grpc
import pytest
from cosmpy.aerial.client import ValidatorStatus
from cosmpy.protos.cosmos.auth.v1beta1 import query_pb2 as auth_pb
from cosmpy.protos.cosmos.bank.v1beta1 import query_pb2 as bank_pb
from cosmpy.protos.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from cosmpy.protos.cosmos.staking.v1beta1 import query_pb2 as staking_pb
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest
from grpc_reflection.v1alpha.reflection_pb2_grpc import ServerReflectionStub
from hypothesis import given
from hypothesis import strategies as st

from chain_module.address import to_text
from node.log import no_log
from node.metrics import Metrics
from node.services import CannotServe, GrpcServer, ServerLimits
from node.services.blocks import QUERIES as BLOCKS
from node.services.modules import BANK
from node.services.table import all_queries
from tests.support.cometbft import wait_for
from tests.support.grpc_callers import callers_that_never_send, is_held_up
from tests.support.services import MAX_GAS, POWERS, Served, ServedState, address_of, commit, serve

TABLE: Final = all_queries()
BALANCE: Final = "/cosmos.bank.v1beta1.Query/Balance"
VALIDATOR: Final = "/cosmos.staking.v1beta1.Query/Validator"
VALIDATORS: Final = "/cosmos.staking.v1beta1.Query/Validators"
ACCOUNTS: Final = "/cosmos.auth.v1beta1.Query/Accounts"
HOLDERS: Final = {address_of(number): 1000 + number for number in range(1, 24)}
UNKNOWN: Final = address_of(99)
OPENED: Final = (
    BALANCE,
    "/cosmos.tx.v1beta1.Service/Simulate",
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
)
"""Each kind of method."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("served"), TABLE, balances=HOLDERS) as running:
        yield running


NO_VALIDATOR: Final = staking_pb.QueryValidatorRequest(
    validator_addr=to_text(bytes(20), prefix="seedvaloper")
).SerializeToString()


def balance_request(address: str, denom: str = "useed") -> bytes:
    encoded: bytes = bank_pb.QueryBalanceRequest(address=address, denom=denom).SerializeToString()
    return encoded


def refused(served: Served, path: str, request: bytes, **options: Any) -> tuple[str, str]:
    """The status and the text of a call that fails."""
    with pytest.raises(grpc.RpcError) as caught:
        served.call(path, request, **options)
    error = caught.value
    return error.code().name, error.details() or ""


def test_cosmpy_reads_balances_and_accounts(served: Served) -> None:
    address = address_of(1)
    ledger = served.ledger
    assert ledger.query_bank_balance(address) == HOLDERS[address]
    assert ledger.query_bank_balance(address, "uatom") == 0
    assert [str(coin) for coin in ledger.query_bank_all_balances(address)] == ["1001useed"]
    assert ledger.query_bank_balance(UNKNOWN) == 0
    account = ledger.query_account(address)
    assert account.sequence == 0


def test_cosmpy_knows_an_account_that_is_not_there(served: Served) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        served.ledger.query_account(UNKNOWN)
    error = caught.value
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert f"account {UNKNOWN} not found" in (error.details() or "")


def test_cosmpy_reads_validators_and_the_gas_of_a_block(served: Served) -> None:
    ledger = served.ledger
    found = ledger.query_validators()
    assert [validator.tokens for validator in found] == sorted(POWERS, reverse=True)
    assert all(str(validator.address).startswith("seedvaloper1") for validator in found)
    assert ledger.query_validators(ValidatorStatus.UNBONDED) == []
    assert ledger.gas_strategy.block_gas_limit() == MAX_GAS
    one = staking_pb.QueryValidatorRequest(validator_addr=str(found[0].address))
    answer, _ = served.call(VALIDATOR, one.SerializeToString())
    validator = staking_pb.QueryValidatorResponse.FromString(answer).validator
    assert validator.tokens == str(max(POWERS))
    assert validator.consensus_pubkey.type_url == "/cosmos.crypto.ed25519.PubKey"


def test_reflection_names_every_service_and_its_types(served: Served) -> None:
    database = ProtoReflectionDescriptorDatabase(served.channel)
    names = set(database.get_services())
    assert {path.split("/")[1] for path in TABLE} < names
    assert {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"} < names
    file = database.FindFileContainingSymbol("cosmos.bank.v1beta1.Query")
    assert "Balance" in {method.name for method in file.service[0].method}


def test_health_follows_what_it_is_told_for_each_service(served: Served) -> None:
    stub = health_pb2_grpc.HealthStub(served.channel)
    kinds = health_pb2.HealthCheckResponse
    services = ("", "cosmos.bank.v1beta1.Query")
    for serving, wanted in ((False, kinds.NOT_SERVING), (True, kinds.SERVING)):
        served.server.health.tell(serving=serving)
        for service in services:
            answer = stub.Check(health_pb2.HealthCheckRequest(service=service))
            assert answer.status == wanted
    with pytest.raises(grpc.RpcError) as caught:
        stub.Check(health_pb2.HealthCheckRequest(service="cosmos.gov.v1.Query"))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


class TestHeights:
    def test_the_answer_says_of_which_height_it_is(self, served: Served) -> None:
        commit(served.storage)
        newest = served.storage.height
        _, headers = served.call(BALANCE, balance_request(address_of(1)))
        assert headers["x-cosmos-block-height"] == str(newest)
        _, headers = served.call(BALANCE, balance_request(address_of(1)), height="1")
        assert headers["x-cosmos-block-height"] == "1"

    def test_an_old_height_is_read_as_it_was(self, tmp_path: Path) -> None:
        with serve(tmp_path, BANK, balances={address_of(1): 5}) as running:
            branch = running.storage.state.branch()
            key = next(iter(branch.store("bank").iterate(b"\x02")))[0]
            branch.store("bank").set(key, b"7")
            prepared = running.storage.state.prepare(branch.changes())
            running.storage.state.apply(prepared)
            amounts = [
                bank_pb.QueryBalanceResponse.FromString(
                    running.call(BALANCE, balance_request(address_of(1)), height=height)[0]
                ).balance.amount
                for height in ("1", "2", "0")
            ]
            assert amounts == ["5", "7", "7"]

    def test_a_height_that_is_not_kept(self, served: Served) -> None:
        status, text = refused(served, BALANCE, balance_request(UNKNOWN), height="1000000")
        assert status == "INVALID_ARGUMENT"
        assert text.startswith("failed to load state: expected a version from ")
        assert text.endswith(", found 1000000")

    def test_zeros_in_front_change_nothing(self, served: Served) -> None:
        _, headers = served.call(BALANCE, balance_request(address_of(1)), height="0" * 5_000 + "1")
        assert headers["x-cosmos-block-height"] == "1"

    @pytest.mark.parametrize(
        "height",
        [
            *("-1", "x", "1.5", "", "9" * 40, "99999999999999999999", "9223372036854775808"),
            *("0" * 20 + "9" * 5_000, "9" * 7_000, "0" * 5_000 + "x"),
        ],
    )
    def test_what_is_no_height(self, served: Served, height: str) -> None:
        status, text = refused(served, BALANCE, balance_request(UNKNOWN), height=height)
        assert status == "INVALID_ARGUMENT"
        assert "expected a height in x-cosmos-block-height" in text


GARBAGE: Final = {
    "garbage": b"\xff" * 20,
    "cut": b"\x0a\x20abc",
    "a wrong wire type": b"\x08\x01" * 3,
}


@pytest.mark.parametrize("path", sorted(TABLE))
@pytest.mark.parametrize("kind", ["garbage", "cut"])
def test_bytes_that_are_no_request(served: Served, path: str, kind: str) -> None:
    status, text = refused(served, path, GARBAGE[kind])
    assert status == "INVALID_ARGUMENT"
    name = TABLE[path].request.DESCRIPTOR.full_name
    assert text == f"expected an encoded {name}, found other bytes"


@pytest.mark.parametrize(
    ("path", "request_bytes", "status", "text"),
    [
        (BALANCE, balance_request("cosmos1xyz"), "INVALID_ARGUMENT", "invalid_address"),
        (BALANCE, balance_request(UNKNOWN, "!"), "INVALID_ARGUMENT", "invalid_coins"),
        (BALANCE, b"", "INVALID_ARGUMENT", "invalid_address"),
        ("/cosmos.auth.v1beta1.Query/Account", b"", "INVALID_ARGUMENT", "invalid_address"),
        ("/cosmos.tx.v1beta1.Service/GetTx", b"", "INVALID_ARGUMENT", "hash cannot be empty"),
        ("/cosmos.tx.v1beta1.Service/GetTx", b"\x0a\x04zzzz", "INVALID_ARGUMENT", "64 hex digits"),
        ("/cosmos.tx.v1beta1.Service/Simulate", b"", "INVALID_ARGUMENT", "invalid empty tx"),
        ("/cosmos.tx.v1beta1.Service/Simulate", b"\x12\x01x", "UNKNOWN", "tx_parse_error"),
        ("/cosmos.tx.v1beta1.Service/BroadcastTx", b"", "INVALID_ARGUMENT", "invalid empty tx"),
        ("/cosmos.tx.v1beta1.Service/BroadcastTx", b"\x0a\x01x", "INVALID_ARGUMENT", "mode 0"),
        (
            "/cosmos.base.tendermint.v1beta1.Service/GetBlockByHeight",
            b"",
            "INVALID_ARGUMENT",
            "a height of at least 1, found 0",
        ),
        (VALIDATORS, b"\x0a\x03abc", "INVALID_ARGUMENT", "invalid validator status abc"),
        (VALIDATOR, b"", "INVALID_ARGUMENT", "an address such as seedvaloper1"),
        (VALIDATOR, NO_VALIDATOR, "NOT_FOUND", "not found"),
        ("/cosmos.gov.v1.Query/Proposals", b"", "UNIMPLEMENTED", "Method not found"),
        ("/cosmos.bank.v1beta1.Query/DenomOwners", b"", "UNIMPLEMENTED", "Method not found"),
    ],
)
def test_bad_input_is_told(
    served: Served, path: str, request_bytes: bytes, status: str, text: str
) -> None:
    found, details = refused(served, path, request_bytes)
    assert found == status
    assert text in details
    assert "Traceback" not in details


@pytest.mark.parametrize("path", sorted(BLOCKS))
def test_an_engine_that_is_away_is_told(served: Served, path: str) -> None:
    status, text = refused(served, path, b"\x08\x01" if path.endswith("ByHeight") else b"")
    assert status == "UNAVAILABLE"
    assert "engine_unreachable: expected CometBFT's RPC" in text


def test_a_transaction_is_sent_to_nobody(served: Served) -> None:
    status, _ = refused(served, "/cosmos.tx.v1beta1.Service/BroadcastTx", b"\x0a\x01x\x10\x02")
    assert status == "UNAVAILABLE"


class TestPages:
    @given(limits=st.lists(st.integers(1, 9), min_size=40, max_size=40))
    def test_pages_by_key_are_the_whole_list(self, served: Served, limits: list[int]) -> None:
        """Whatever each page's limit is: no entry twice, none left out, in one order."""
        whole = self._page(served, PageRequest(limit=1000))
        found: list[bytes] = []
        key = b""
        for limit in limits:
            page = self._page(served, PageRequest(key=key, limit=limit))
            assert len(page.accounts) <= limit
            found += [account.value for account in page.accounts]
            key = page.pagination.next_key
            if not key:
                break
        assert found == [account.value for account in whole.accounts]
        assert len(found) == len(HOLDERS) + 1  # the fee collector's

    @given(offset=st.integers(0, 40), limit=st.integers(1, 40))
    def test_a_page_by_offset_is_a_slice(self, served: Served, offset: int, limit: int) -> None:
        """The total is counted where it is asked for."""
        whole = list(self._page(served, PageRequest(limit=1000)).accounts)
        request = PageRequest(offset=offset, limit=limit, count_total=True)
        page = self._page(served, request)
        assert list(page.accounts) == whole[offset : offset + limit]
        assert page.pagination.total == len(whole)

    def test_a_key_beside_an_offset_is_refused(self, served: Served) -> None:
        request = auth_pb.QueryAccountsRequest(pagination=PageRequest(key=b"k", offset=1))
        status, text = refused(served, ACCOUNTS, request.SerializeToString())
        assert (status, text[:15]) == ("INVALID_ARGUMENT", "invalid_request")

    @staticmethod
    def _page(served: Served, pagination: PageRequest) -> Any:
        request = auth_pb.QueryAccountsRequest(pagination=pagination)
        answer, _ = served.call(ACCOUNTS, request.SerializeToString())
        return auth_pb.QueryAccountsResponse.FromString(answer)


class TestLimits:
    def test_a_request_that_is_too_large(self, tmp_path: Path) -> None:
        limits = ServerLimits(max_request_bytes=1000)
        with serve(tmp_path, BANK, balances={}, limits=limits) as running:
            status, _ = refused(running, BALANCE, bytes(1001))
            assert status == "RESOURCE_EXHAUSTED"

    def test_more_calls_at_once_than_are_granted(self, tmp_path: Path) -> None:
        """The calls beyond the limit fail at once; those within it are answered."""
        limits = ServerLimits(workers=1, max_calls=1)
        with serve(tmp_path, BANK, balances=HOLDERS, limits=limits) as running:
            request = balance_request(address_of(1))

            def ask(_: int) -> str:
                try:
                    running.call(BALANCE, request)
                except grpc.RpcError as error:
                    return error.code().name
                return "OK"

            with ThreadPoolExecutor(16) as pool:
                codes = set(pool.map(ask, range(400)))
            assert codes == {"OK", "RESOURCE_EXHAUSTED"}
            assert ask(0) == "OK"

    @pytest.mark.parametrize("path", OPENED)
    def test_one_client_that_never_sends_leaves_threads_to_others(
        self, tmp_path: Path, path: str
    ) -> None:
        """GRPC gives a thread to each call before its message has come."""
        limits = ServerLimits(workers=3, client_calls=2, silence_secs=600)
        with serve(tmp_path, TABLE, balances={}, limits=limits) as running:
            calls = [_that_never_sends(running, path) for _ in range(12)]
            codes = Counter(_first_ends(calls, len(calls) - limits.client_calls))
            assert codes == {"RESOURCE_EXHAUSTED": len(calls) - limits.client_calls}
            for call in calls:
                call.cancel()

    @pytest.mark.parametrize("path", OPENED)
    def test_a_call_that_says_nothing_ends(self, tmp_path: Path, path: str) -> None:
        limits = ServerLimits(workers=2, client_calls=2, silence_secs=0.05)
        with serve(tmp_path, TABLE, balances={}, limits=limits) as running:
            calls = [_that_never_sends(running, path) for _ in range(2)]
            assert _first_ends(calls, 2) == ["CANCELLED"] * 2
            running.call(BALANCE, balance_request(UNKNOWN))

    def test_reflection_that_stays_open_ends(self, tmp_path: Path) -> None:
        limits = ServerLimits(workers=1, client_calls=1, silence_secs=0.05)
        with serve(tmp_path, BANK, balances={}, limits=limits) as running:
            asked: SimpleQueue[ServerReflectionRequest] = SimpleQueue()
            asked.put(ServerReflectionRequest(list_services=""))
            stub = ServerReflectionStub(running.channel)
            call = stub.ServerReflectionInfo(iter(asked.get, None))
            assert next(call).list_services_response.service
            assert _first_ends([call], 1) == ["CANCELLED"]
            running.call(BALANCE, balance_request(UNKNOWN))

    def test_who_watches_health_holds_a_place_and_no_thread(self, tmp_path: Path) -> None:
        limits = ServerLimits(workers=1, client_calls=2, silence_secs=0.05)
        with serve(tmp_path, BANK, balances={}, limits=limits) as running:
            stub = health_pb2_grpc.HealthStub(running.channel)
            watching = [stub.Watch(health_pb2.HealthCheckRequest()) for _ in range(2)]
            for call in watching:
                assert next(call).status == health_pb2.HealthCheckResponse.NOT_SERVING
            status, text = refused(running, BALANCE, balance_request(UNKNOWN))
            assert (status, text.partition(":")[0]) == ("RESOURCE_EXHAUSTED", "too_many_calls")
            running.server.health.tell(serving=True)  # much later than 0.05 s or not: it goes on
            for call in watching:
                assert next(call).status == health_pb2.HealthCheckResponse.SERVING
                call.cancel()
            wait_for(lambda: _is_open(running), "the places that they had")

    def test_clients_that_never_send_do_not_keep_the_workers_for_ever(self, tmp_path: Path) -> None:
        limits = ServerLimits(workers=2, patience_secs=1, silence_secs=600)
        request = balance_request(address_of(1))
        with (
            serve(tmp_path, BANK, balances=HOLDERS, limits=limits) as running,
            callers_that_never_send(running.server.address, BALANCE, limits.workers),
        ):
            call: Any = running.channel.unary_unary(BALANCE)
            assert any(is_held_up(call, request) for _ in range(1000))
            # Its own connection may grow too old first: an honest client asks again.
            assert any(_is_answered(call, request) for _ in range(1000))


def _that_never_sends(running: Served, path: str) -> Any:
    """A call that is begun."""

    def nothing() -> Iterator[bytes]:
        threading.Event().wait()
        yield b""

    begin: grpc.StreamStreamMultiCallable[bytes, bytes] = running.channel.stream_stream(path)
    return begin(nothing())


def _first_ends(calls: Sequence[Any], count: int) -> list[str]:
    """The statuses of those that end first."""
    ended: SimpleQueue[Any] = SimpleQueue()
    for call in calls:
        if not call.add_callback(functools.partial(ended.put, call)):
            ended.put(call)
    return [ended.get(timeout=10).code().name for _ in range(count)]


def _is_open(running: Served) -> bool:
    try:
        running.call(BALANCE, balance_request(UNKNOWN))
    except grpc.RpcError:
        return False
    return True


def _is_answered(call: Any, request: bytes) -> bool:
    try:
        return bool(call(request, timeout=20))
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        return False


class TestListening:
    def test_a_port_that_is_taken(self, served: Served) -> None:
        with pytest.raises(CannotServe) as caught, self._server(served.server.address):
            pass
        assert caught.value.code == "port_taken"
        expected = f"to listen at {served.server.address} for the gRPC services"
        assert caught.value.expected == expected
        assert caught.value.found == "another program that listens there"

    def test_an_address_that_is_not_ours(self) -> None:
        with pytest.raises(CannotServe) as caught, self._server("192.0.2.1:0"):
            pass
        assert caught.value.code == "address_not_here"

    def test_the_port_is_free_again_after_a_stop(self, tmp_path: Path) -> None:
        with serve(tmp_path, BANK, balances={}) as running:
            address = running.server.address
        host, _, port = address.rpartition(":")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, int(port)))

    @staticmethod
    def _server(address: str) -> GrpcServer:
        backend = ServedState.__new__(ServedState)  # it is never asked
        return GrpcServer(backend, BANK, address=address, log=no_log, metrics=Metrics())


def test_a_bug_is_logged_by_its_place_and_not_told(tmp_path: Path) -> None:
    lines: list[tuple[str, dict[str, Any]]] = []

    def log(_: str, event: str, **fields: Any) -> None:
        lines.append((event, fields))

    with serve(tmp_path, BANK, balances={}, log=log) as running:
        branch = running.storage.state.branch()
        store = branch.store("bank")
        store.set(b"\x02\x14" + (1).to_bytes(20, "big") + b"useed", b"no number")
        running.storage.state.apply(running.storage.state.prepare(branch.changes()))
        status, text = refused(running, BALANCE, balance_request(address_of(1)))
        assert (status, text) == ("INTERNAL", "internal error")
    fields = dict(lines)["grpc_exception"]
    assert fields["type"] == "ValueError"
    assert fields["method"] == BALANCE
    assert "no number" not in str(fields)


def test_calls_are_counted_by_method_and_status(tmp_path: Path) -> None:
    with serve(tmp_path, BANK, balances={}) as running:
        running.call(BALANCE, balance_request(UNKNOWN))
        refused(running, BALANCE, b"\xff")
        text = running.metrics.text()
    for code in ("OK", "INVALID_ARGUMENT"):
        assert f'seedpact_grpc_requests_total{{code="{code}",method="{BALANCE}"}} 1.0' in text
