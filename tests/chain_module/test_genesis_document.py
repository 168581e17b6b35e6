"""CometBFT's genesis file: the values that InitChain gets, read strictly; one id from both."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_module.genesis_document import init_chain_request, parse_genesis_document, parse_time
from chain_module.genesis_form import BadGenesis
from chain_module.registration.genesis import genesis_to_json
from chain_module.registration.identity import read_network
from tests.support.enclaves import CHAIN_ID
from tests.support.registration_chain import CONSENSUS_PARAMS, init_request, open_genesis

GENESIS: Final[dict[str, Any]] = {
    "genesis_time": "2027-01-15T08:00:00Z",
    "chain_id": CHAIN_ID,
    "initial_height": "1",
    "consensus_params": {
        "block": {"max_bytes": "4194304", "max_gas": "-1"},
        "evidence": {
            "max_age_num_blocks": "100000",
            "max_age_duration": "172800000000000",
            "max_bytes": "1048576",
        },
        "validator": {"pub_key_types": ["ed25519"]},
        "version": {"app": "0"},
        "abci": {"vote_extensions_enable_height": "0"},
    },
    "validators": [
        {
            "address": "",
            "pub_key": {"type": "tendermint/PubKeyEd25519", "value": ""},
            "power": "10",
            "name": "",
        }
    ],
    "app_hash": "",
    "app_state": {"registration": genesis_to_json(open_genesis())},
}


def document(change: Callable[[dict[str, Any]], Any] = lambda _: None) -> bytes:
    """A genesis of one validator, changed."""
    made = json.loads(json.dumps(GENESIS))
    validator = made["validators"][0]
    validator["pub_key"]["value"] = "47WcY4gLRuIYdqH2HnKpFTNlWuoMQCaBXX0sDQJnHlc="
    del validator["address"]
    change(made)
    return json.dumps(made, indent=2).encode()


def test_the_values_are_those_of_init_chain() -> None:
    request = init_chain_request(document())
    expected = init_request(open_genesis())
    assert request.time_ns == expected.time_ns
    assert request.consensus_params == CONSENSUS_PARAMS
    assert (request.chain_id, request.initial_height) == (CHAIN_ID, 1)
    assert json.loads(request.app_state) == json.loads(expected.app_state)


def test_the_file_and_init_chain_make_one_id() -> None:
    """The engine may hand on app_state in other bytes."""
    read = parse_genesis_document(document())
    again = dataclasses.replace(
        read.request, app_state=json.dumps(json.loads(read.request.app_state), indent=4).encode()
    )
    assert read_network(again).network_id == read.network_id
    assert read.network_inputs == read.network.inputs


def test_a_file_of_cometbft_itself_is_read(engine: Path, tmp_path: Path) -> None:
    subprocess.run([engine, "init", "--home", tmp_path], check=True, stdout=subprocess.DEVNULL)
    made = json.loads((tmp_path / "config" / "genesis.json").read_bytes())
    assert {*made} | {"app_state"} == {*GENESIS}
    made["app_state"] = {}
    request = init_chain_request(json.dumps(made).encode())
    (validator,) = request.validators
    assert validator.power == 10
    params = request.consensus_params
    assert params.block is not None
    assert params.evidence is not None
    assert params.evidence.max_age_duration_ns == 172_800 * 10**9
    assert params.pub_key_types == ("ed25519",)
    assert (params.app_version, params.vote_extensions_enable_height) == (0, 0)


def test_a_newer_engine_serves_the_same_network() -> None:
    """CometBFT 0.39 and later write a parameter of their own; without a value it says nothing."""
    newer = document(lambda made: made["consensus_params"].update(authority={"authority": ""}))
    same = document(lambda _: None)
    assert parse_genesis_document(newer).network_id == parse_genesis_document(same).network_id


def drop(*path: str) -> Callable[[dict[str, Any]], Any]:
    def change(made: dict[str, Any]) -> None:
        place: Any = made
        for name in path[:-1]:
            place = place[name]
        del place[path[-1]]

    return change


BAD: Final[dict[str, Callable[[dict[str, Any]], Any]]] = {
    "no time": drop("genesis_time"),
    "no initial height": drop("initial_height"),
    "no params": drop("consensus_params"),
    "no abci params": drop("consensus_params", "abci"),
    "no gas limit": drop("consensus_params", "block", "max_gas"),
    "no app_state": drop("app_state"),
    "an app hash": lambda made: made.update(app_hash="00"),
    "an unknown field": lambda made: made.update(extra=1),
    "an unknown parameter": lambda made: made["consensus_params"]["block"].update(time_iota="1"),
    "an authority": lambda made: made["consensus_params"].update(authority={"authority": "x"}),
    "a number": lambda made: made.update(initial_height=1),
    "a padded number": lambda made: made.update(initial_height="01"),
    "too large a number": lambda made: made.update(initial_height="9223372036854775808"),
    "another key": lambda made: made["validators"][0]["pub_key"].update(
        type="tendermint/PubKeySecp256k1"
    ),
    "no base64": lambda made: made["validators"][0]["pub_key"].update(value="!"),
    "no ASCII": lambda made: made["validators"][0]["pub_key"].update(value="ä"),
    "a short key": lambda made: made["validators"][0]["pub_key"].update(value="AAAA"),
    "another address": lambda made: made["validators"][0].update(address="00" * 20),
    "no validators": lambda made: made.update(validators=[]),
    "validators null": lambda made: made.update(validators=None),
    "app_state text": lambda made: made.update(app_state="{}"),
    "app_state null": lambda made: made.update(app_state=None),
    "a time of nowhere": lambda made: made.update(genesis_time="2027-01-15T08:00:00"),
    "a time elsewhere": lambda made: made.update(genesis_time="2027-01-15T08:00:00+01:00"),
    "no time at all": lambda made: made.update(genesis_time="2027-02-30T08:00:00Z"),
    "ten digits": lambda made: made.update(genesis_time="2027-01-15T08:00:00.0123456789Z"),
    "a time before all times": lambda made: made.update(genesis_time="1969-12-31T23:59:59Z"),
}


@pytest.mark.parametrize("name", BAD)
def test_anything_else_is_refused(name: str) -> None:
    with pytest.raises(BadGenesis) as caught:
        parse_genesis_document(document(BAD[name]))
    assert caught.value.expected


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"null", b'{"a":1,"a":2}'])
def test_what_is_no_object_is_refused(data: bytes) -> None:
    with pytest.raises(BadGenesis):
        parse_genesis_document(data)


@given(
    seconds=st.integers(min_value=0, max_value=4_000_000_000),
    nanos=st.integers(min_value=0, max_value=10**9 - 1),
)
def test_a_time_is_exact_to_the_nanosecond(seconds: int, nanos: int) -> None:
    """As Go's RFC3339Nano writes it: zeros at the end of a fraction are left out."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    fraction = f".{nanos:09}".rstrip("0").rstrip(".")
    text = f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"
    assert parse_time(text, "genesis_time") == seconds * 10**9 + nanos


def test_the_order_of_the_file_does_not_count() -> None:
    def two(made: dict[str, Any], *, turned: bool) -> None:
        first = made["validators"][0]
        second = json.loads(json.dumps(first))
        second["pub_key"]["value"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        made["validators"] = [second, first] if turned else [first, second]

    one, other = (
        parse_genesis_document(document(partial(two, turned=turned))) for turned in (False, True)
    )
    assert one.network_id == other.network_id
    assert one.request == other.request
