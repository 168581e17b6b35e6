"""The same table over ABCI, with the codes and logs that CosmJS knows from the Cosmos SDK."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from cosmpy.protos.cosmos.auth.v1beta1 import query_pb2 as auth_pb
from cosmpy.protos.cosmos.bank.v1beta1 import query_pb2 as bank_pb
from cosmpy.protos.cosmos.tx.v1beta1 import service_pb2 as tx_pb
from hypothesis import given
from hypothesis import strategies as st

from chain_module.abci.requests import QueryRequest
from chain_module.abci.responses import TxResult
from chain_module.store.proofs import prove
from node.application.backend import NodeBackend
from node.engine_rpc import EngineRpc
from node.log import no_log
from node.services import AbciQueries
from node.services.table import all_queries
from node.storage import TxEntry, open_storage
from tests.support.services import CHAIN_ID, NOBODY, STORES, ServedState, address_of, commit

TABLE: Final = all_queries()
BALANCE: Final = "/cosmos.bank.v1beta1.Query/Balance"
SIMULATE: Final = "/cosmos.tx.v1beta1.Service/Simulate"
GET_TX: Final = "/cosmos.tx.v1beta1.Service/GetTx"
ACCOUNT: Final = "/cosmos.auth.v1beta1.Query/Account"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedState]:
    folder: Path = tmp_path_factory.mktemp("abci")
    with open_storage(folder, names=STORES, chain_id=CHAIN_ID, log=no_log) as storage:
        commit(storage, balances={address_of(1): 17})
        commit(storage)
        yield ServedState(storage, EngineRpc(NOBODY))


def ask(state: ServedState, path: str, data: bytes = b"", **options: Any) -> Any:
    """The answer to one query."""
    request = QueryRequest(
        data=data, path=path, height=options.get("height", 0), prove=options.get("prove", False)
    )
    return AbciQueries(state, TABLE, log=no_log)(request)


def balance_request(address: str) -> bytes:
    encoded: bytes = bank_pb.QueryBalanceRequest(address=address, denom="useed").SerializeToString()
    return encoded


def test_an_answer_is_that_of_grpc(state: ServedState) -> None:
    answer = ask(state, BALANCE, balance_request(address_of(1)))
    newest = state.storage.height
    assert (answer.code, answer.log, answer.height) == (0, "", newest)
    assert bank_pb.QueryBalanceResponse.FromString(answer.value).balance.amount == "17"
    assert ask(state, BALANCE, balance_request(address_of(1)), height=1).height == 1


def test_every_answer_has_a_height(state: ServedState) -> None:
    """CosmJS throws "No query height returned" at a 0, whatever was asked."""
    entry = TxEntry(b"raw", TxResult())
    height = commit(state.storage, entry)
    request = tx_pb.GetTxRequest(hash=entry.hash.hex()).SerializeToString()
    answer = ask(state, GET_TX, request)
    assert (answer.code, answer.height) == (0, height)


def test_an_account_that_is_not_there_as_cosmjs_looks_for_it(state: ServedState) -> None:
    """CosmJS takes /rpc error: code = NotFound/i for "no such account", and else throws."""
    data = auth_pb.QueryAccountRequest(address=address_of(9)).SerializeToString()
    answer = ask(state, ACCOUNT, data)
    assert (answer.code, answer.codespace) == (22, "sdk")
    assert answer.log.startswith("rpc error: code = NotFound desc = not_found: ")
    assert answer.log.endswith(f"account {address_of(9)} not found: key not found")


@pytest.mark.parametrize(
    ("path", "data", "options", "wanted"),
    [
        ("/cosmos.gov.v1.Query/Proposals", b"", {}, (6, "unknown query path")),
        ("", b"", {}, (6, "unknown query path")),
        ("/store/bank/key", b"", {}, (18, "expected a key, found an empty one")),
        ("/store/bank/key", b"", {"prove": True}, (18, "expected a key, found an empty one")),
        ("/store/bank/key", b"k", {"height": -1}, (18, "expected a height of at least 0")),
        ("/store/bank/key", b"k", {"height": 99}, (18, "expected a version from 0 to")),
        (
            "/store/bank/key",
            b"k",
            {"height": 99, "prove": True},
            (18, "failed to load state: expected a version from 0 to"),
        ),
        ("/store/nothing/key", b"k", {}, (6, "no such store: unknown_store: expected one of auth")),
        ("/store/nothing/key", b"k", {"prove": True}, (6, "no such store: unknown_store")),
        ("/store/bank/subspace", b"k", {}, (6, "expected /store/<name>/key, found '/store/bank/s")),
        ("/store/bank/key/", b"k", {}, (6, "expected /store/<name>/key")),
        ("/store//key", b"k", {}, (6, "expected /store/<name>/key")),
        ("/store/auth/bank/key", b"k", {}, (6, "expected /store/<name>/key")),
        (
            BALANCE,
            b"\xff",
            {},
            (18, "code = InvalidArgument desc = expected an encoded"),
        ),
        (BALANCE, b"", {"height": 99}, (18, "failed to load state: expected a version")),
        (BALANCE, b"", {"height": -1}, (18, "expected a height of at least 0, found -1")),
        (BALANCE, b"", {"prove": True}, (18, "expected a query without a proof")),
        (BALANCE, balance_request("x"), {}, (18, "invalid_address")),
        ("/cosmos.tx.v1beta1.Service/BroadcastTx", b"", {}, (18, "answered over gRPC alone")),
        (
            "/cosmos.base.tendermint.v1beta1.Service/GetLatestBlock",
            b"",
            {},
            (18, "answered over gRPC alone"),
        ),
        (
            "/cosmos.tx.v1beta1.Service/Simulate",
            b"\x12\x01x",
            {},
            (18, "rpc error: code = Unknown"),
        ),
        (
            "/cosmos.tx.v1beta1.Service/GetTx",
            b"\x0a\x40" + b"0" * 64,
            {},
            (22, "tx not found: 000"),
        ),
    ],
)
def test_what_is_wrong_is_a_code_and_a_log(
    state: ServedState, path: str, data: bytes, options: dict[str, Any], wanted: tuple[int, str]
) -> None:
    answer = ask(state, path, data, **options)
    code, log = wanted
    assert (answer.code, answer.codespace, answer.value) == (code, "sdk", b"")
    assert log in answer.log


@given(
    path=st.sampled_from([path for path, query in TABLE.items() if query.over_abci]),
    data=st.binary(max_size=200),
    height=st.integers(-(2**63), 2**63 - 1),
)
def test_no_bytes_raise(state: ServedState, path: str, data: bytes, height: int) -> None:
    """An exception would end the engine: whatever comes is answered."""
    answer = ask(state, path, data, height=height)
    assert (answer.code == 0) == (answer.log == "")


def test_before_the_first_block_there_is_no_state(tmp_path: Path) -> None:
    """A chain may begin above height 1: nothing is known, or proven, of the height before."""
    with open_storage(
        tmp_path, names=STORES, chain_id=CHAIN_ID, log=no_log, initial_version=5
    ) as storage:
        commit(storage, balances={address_of(1): 17})
        queries = AbciQueries(NodeBackend(storage, EngineRpc(NOBODY)), TABLE, log=no_log)
        for path, data, prove in (
            ("/store/bank/key", b"k", True),
            ("/store/bank/key", b"k", False),
            (BALANCE, balance_request(address_of(1)), False),
        ):
            refused = queries(QueryRequest(data=data, path=path, height=4, prove=prove))
            assert refused.code == 18
            assert "failed to load state: expected a version from 5 on, found 4" in refused.log
            there = queries(QueryRequest(data=data, path=path, height=5, prove=prove))
            assert (there.code, there.height, bool(there.proof_ops)) == (0, 5, prove)


def test_a_bug_is_an_answer_and_a_line_in_the_log(tmp_path: Path) -> None:
    lines: list[tuple[str, str]] = []

    def log(level: str, event: str, **fields: str | int) -> None:
        lines.append((f"{level} {event}", str(fields["type"])))

    with open_storage(tmp_path, names=STORES, chain_id=CHAIN_ID, log=no_log) as storage:
        queries = AbciQueries(ServedState(storage, EngineRpc(NOBODY)), TABLE, log=log)
        path = "/cosmos.consensus.v1.Query/Params"
        answer = queries(QueryRequest(data=b"", path=path, height=0, prove=False))
    assert (answer.code, answer.log) == (111222, "internal error")
    assert lines == [("error query_exception", "LookupError")]


@pytest.mark.parametrize("height", [0, 1, 2])
def test_a_stores_key_comes_with_its_proof_at_any_kept_height(
    state: ServedState, height: int
) -> None:
    """The first height too, which the SDK refuses."""
    version = state.reader(height)
    for store, key in (("bank", b"\0useed"), ("bank", b"nothing"), ("auth", b"\xff")):
        answer = ask(state, f"/store/{store}/key", key, height=height, prove=True)
        value = version.store(store).get(key)
        assert (answer.code, answer.log, answer.height) == (0, "", version.number)
        assert (answer.key, answer.value) == (key, value or b"")
        wanted = prove(version, store, key)
        assert (answer.value or None) == wanted.value
        assert [(op.type, op.key, op.data) for op in answer.proof_ops] == [
            (op.type, op.key, op.data) for op in wanted.ops.ops
        ]
        plain = ask(state, f"/store/{store}/key", key, height=height)
        assert plain == replace(answer, proof_ops=())
