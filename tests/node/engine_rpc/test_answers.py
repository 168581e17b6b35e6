"""Reading CometBFT's JSON: what is not its form is refused, whatever else it is."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.chain_client.failures import failure_of_engine
from node.engine_rpc import (
    EngineFailed,
    EngineRefused,
    EngineRpc,
    EngineRpcFailure,
    EngineUnreachable,
    reading,
)
from node.engine_rpc.block import read_block, read_signed_header
from node.engine_rpc.fields import Fields, fields
from node.light_blocks import to_light_block
from tests.node.light_blocks.answers import signed_header
from tests.support.http_server import answering

HASH: Final = "AB" * 32
ADDRESS: Final = "CD" * 20
TIME: Final = "2026-01-02T03:04:05.123456789Z"
BLOCK_ID: Final = {"hash": HASH, "parts": {"total": 1, "hash": HASH}}
DATA: Final = base64.b64encode(b"data").decode()
EVENT: Final = {"type": "set", "attributes": [{"key": "key", "value": "a", "index": True}]}
RESULT: Final = {"code": 0, "data": DATA, "log": "", "gas_used": "7", "events": [EVENT]}
COMMITTED: Final = {"hash": HASH, "height": "5", "index": 0, "tx": DATA, "tx_result": RESULT}

SAMPLES: Final[dict[str, tuple[Callable[[Fields], object], Any]]] = {
    "status": (
        reading.read_status,
        {
            "node_info": {
                "network": "n",
                "id": "ab",
                "listen_addr": "tcp://0.0.0.0:1",
                "moniker": "m",
                "version": "0.38.26",
            },
            "sync_info": {
                "latest_block_height": "5",
                "latest_app_hash": HASH,
                "latest_block_time": TIME,
                "earliest_block_height": "1",
                "catching_up": False,
            },
            "validator_info": {"address": ADDRESS, "voting_power": "10"},
        },
    ),
    "block": (
        read_block,
        {
            "block_id": BLOCK_ID,
            "block": {
                "header": {
                    "version": {"block": "11"},
                    "chain_id": "n",
                    "height": "5",
                    "time": TIME,
                    "last_block_id": BLOCK_ID,
                    "last_commit_hash": HASH,
                    "data_hash": HASH,
                    "validators_hash": HASH,
                    "next_validators_hash": HASH,
                    "consensus_hash": HASH,
                    "app_hash": HASH,
                    "last_results_hash": "",
                    "evidence_hash": HASH,
                    "proposer_address": ADDRESS,
                },
                "data": {"txs": [DATA]},
                "evidence": {"evidence": []},
                "last_commit": {
                    "height": "4",
                    "round": 0,
                    "block_id": BLOCK_ID,
                    "signatures": [
                        {
                            "block_id_flag": 2,
                            "validator_address": ADDRESS,
                            "timestamp": "0001-01-01T00:00:00Z",
                            "signature": None,
                        }
                    ],
                },
            },
        },
    ),
    "broadcast": (
        reading.read_broadcast,
        {"hash": HASH, "code": 0, "codespace": "", "log": "", "data": ""},
    ),
    "tx": (reading.read_committed, COMMITTED),
    "tx_search": (reading.read_found_txs, {"txs": [COMMITTED], "total_count": "1"}),
    "block_results": (
        reading.read_block_results,
        {"height": "5", "txs_results": [RESULT], "finalize_block_events": [EVENT]},
    ),
    "commit": (
        reading.read_broadcast_commit,
        {"hash": HASH, "height": "5", "check_tx": RESULT, "tx_result": RESULT},
    ),
    "signed header": (read_signed_header, signed_header(5)),
    "light block": (
        lambda answer: to_light_block(read_signed_header(answer), ()),
        signed_header(5),
    ),
    "validator": (
        reading.read_validator,
        {
            "address": ADDRESS,
            "pub_key": {"type": "tendermint/PubKeyEd25519", "value": DATA},
            "voting_power": "10",
            "proposer_priority": "-3",
        },
    ),
    "peer": (
        reading.read_peer,
        {"node_info": {"id": "ab", "moniker": "m"}, "remote_ip": "::1"},
    ),
    "abci_query": (
        reading.read_abci_answer,
        {"response": {"value": DATA, "key": None, "height": "5"}},
    ),
    "abci_query with a proof": (
        reading.read_abci_answer,
        {
            "response": {
                "key": DATA,
                "height": "5",
                "proofOps": {"ops": [{"type": "ics23:iavl", "key": DATA, "data": DATA}]},
            }
        },
    ),
}

JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a JSON value."""
    found = [path]
    rows = value if isinstance(value, list) else []
    for key, inner in value.items() if isinstance(value, dict) else enumerate(rows):
        found += places(inner, (*path, key))
    return found


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with another value at a place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("name", SAMPLES)
def test_what_cometbft_answers_is_read(name: str) -> None:
    read, sample = SAMPLES[name]
    assert read(fields(json.loads(json.dumps(sample)), name)) is not None


@given(data=st.data(), name=st.sampled_from(list(SAMPLES)))
def test_anything_else_is_read_or_refused(data: st.DataObject, name: str) -> None:
    """No other exception than EngineFailed, whichever part of an answer is something else."""
    read, sample = SAMPLES[name]
    place = data.draw(st.sampled_from(places(sample)))
    changed = replaced(sample, place, data.draw(JSON))
    try:
        read(fields(changed, name))
    except EngineFailed as failure:
        for said in (failure.expected, failure.found):
            assert not PYTHON.search(QUOTED.sub("", said)), said


PYTHON: Final = re.compile(r"None|True|False|<class|object is not|[{\[]")
"""How Python names what JSON calls null, true and an object."""
QUOTED: Final = re.compile(r'".*|\[\d+\]')
"""Text of the answer itself, and the place in a list."""


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "nothing"), (True, "true"), ([1], "a list of 1"), ({}, "an object"), ("x", '"x"')],
)
def test_what_was_found_is_said_in_json_s_words(value: object, shown: str) -> None:
    with pytest.raises(EngineFailed) as caught:
        fields({"height": value}, "status").integer("height")
    assert (caught.value.expected, caught.value.found) == ("an integer in status.height", shown)


@pytest.mark.parametrize("text", [str(2**63), "9" * 19, "\ud800"])
def test_values_that_no_field_holds(text: str) -> None:
    with pytest.raises(EngineFailed):
        Fields("t", {"a": text}).integer("a")
    with pytest.raises(EngineFailed, match="Unicode"):
        Fields("t", {"a": "\ud800"}).text("a")


STATUSES: Final = {
    401: "endpoint_denied",
    403: "endpoint_denied",
    404: "engine_failed",
    429: "endpoint_busy",
    301: "engine_failed",
    500: "engine_failed",
    502: "endpoint_down",
    503: "endpoint_down",
    504: "endpoint_down",
}


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]", b'{"result": {}}'])
@pytest.mark.parametrize("status", STATUSES)
def test_what_a_proxy_says_is_told_with_its_meaning(status: int, body: bytes) -> None:
    with (
        answering(lambda _: body, status=status) as url,
        EngineRpc(url) as rpc,
        pytest.raises(EngineRpcFailure) as caught,
    ):
        rpc.status()
    assert caught.value.code == STATUSES[status]
    assert caught.value.found.startswith(f"HTTP status {status}: ")
    assert failure_of_engine(caught.value).code in {STATUSES[status], "chain_failed"}


def test_an_error_of_cometbft_s_own_is_its_word_whatever_the_status() -> None:
    said = b'{"error": {"code": -32603, "message": "Internal error", "data": "pruned"}}'
    with (
        answering(lambda _: said, status=500) as url,
        EngineRpc(url) as rpc,
        pytest.raises(EngineRefused, match="pruned"),
    ):
        rpc.status()


def test_times_have_nanoseconds_and_may_lie_before_the_epoch() -> None:
    of = Fields("t", {"a": TIME, "b": "0001-01-01T00:00:00Z", "c": "1970-01-01T00:00:00.5Z"})
    assert of.moment("a") % 10**9 == 123456789
    assert of.moment("b") == -62135596800 * 10**9
    assert of.moment("c") == 500_000_000


@pytest.mark.parametrize(
    "text", ["", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00+01:00", "0000-01-01T00:00:00Z", "x"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(EngineFailed):
        Fields("t", {"a": text}).moment("a")


def test_a_name_that_no_host_can_have() -> None:
    with EngineRpc(f"http://{'a' * 70}.example:1") as rpc, pytest.raises(EngineUnreachable):
        rpc.status()


@pytest.mark.parametrize(
    "value", [2**63, -(2**63) - 1, "9223372036854775808", "9999999999999999999", 10**4_000]
)
def test_an_integer_of_more_than_64_bits_is_refused(value: object) -> None:
    """What takes it afterwards, a protobuf message, has no room for it."""
    with pytest.raises(EngineFailed, match="64 bits"):
        Fields("a part", {"height": value}).integer("height")


def test_integers_of_64_bits_are_read() -> None:
    values: dict[str, object] = {"low": str(-(2**63)), "high": 2**63 - 1}
    assert Fields("a part", values).integer("low") == -(2**63)
    assert Fields("a part", values).integer("high") == 2**63 - 1
