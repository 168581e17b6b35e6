"""What the engine reads of a home besides its configuration: each damage is named before a start.

Where CometBFT would end or panic ours refuses; and ours refuses what it would take as "nothing was
signed yet".
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from node.config import ConfigCode, ConfigFailure, Home
from node.config.engine_files import check_address_book
from node.config.engine_keys import ensure_engine_keys, read_engine_keys


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.make_folders()
    ensure_engine_keys(home)
    return home


SIGNED: dict[str, Any] = {
    "height": "7",
    "round": 0,
    "step": 3,
    "signature": "c2lnbmF0dXJl",
    "signbytes": "08AB",
}
GOOD_STATES = [
    {"height": "0", "round": 0, "step": 0},
    {"height": "9223372036854775807", "round": 2**31 - 1, "step": 3},
    SIGNED,
    {**SIGNED, "signature": None, "signbytes": ""},
]
BAD_STATES = [
    "",
    " \n",
    "{",
    "[]",
    "null",
    "{}",
    "\x00" * 100,
    "[" * 100_000,
    '{"height": ' + "9" * 6_000 + "}",
    '{"height": "1", "height": "2", "round": 0, "step": 0}',
    *(
        json.dumps({**SIGNED, **change})
        for change in (
            {"height": 7},
            {"height": ""},
            {"height": "-1"},
            {"height": "07"},
            {"height": "9223372036854775808"},
            {"height": "9" * 6_000},
            {"height": None},
            {"round": "0"},
            {"round": -1},
            {"round": 2**31},
            {"round": True},
            {"step": 4},
            {"step": None},
            {"signature": ""},
            {"signbytes": None},
            {"signature": "!"},
            {"signature": "\u00e4"},
            {"signbytes": "xy"},
            {"signbytes": 5},
        )
    ),
    *(json.dumps({k: v for k, v in SIGNED.items() if k != name}) for name in SIGNED),
]


@pytest.mark.parametrize("state", GOOD_STATES)
def test_what_was_signed_last_is_read(home: Home, state: dict[str, Any]) -> None:
    home.validator_state.write_text(json.dumps(state))
    read_engine_keys(home)


@pytest.mark.parametrize("content", BAD_STATES)
def test_what_was_signed_last_is_never_guessed(home: Home, content: str) -> None:
    home.validator_state.write_text(content)
    for call in (read_engine_keys, ensure_engine_keys):
        with pytest.raises(ConfigFailure) as caught:
            call(home)
        assert caught.value.code is ConfigCode.SIGNED_UNKNOWN
        assert str(home.validator_state) in caught.value.expected
    assert home.validator_state.read_text() == content


def test_the_engine_dies_of_an_empty_state_itself(home: Home, engine: Path) -> None:
    home.validator_state.write_text("")
    done = subprocess.run(
        [engine, "show-validator", "--home", home.path], capture_output=True, text=True, check=False
    )
    assert "Error reading PrivValidator state" in done.stdout + done.stderr


@pytest.mark.parametrize(
    "change",
    [
        {"address": "00" * 20},
        {"pub_key": {"type": "tendermint/PubKeyEd25519", "value": "AAAA"}},
        {"pub_key": {"type": "x", "value": "AAAA"}},
    ],
)
def test_a_consensus_key_is_whole(home: Home, change: dict[str, Any]) -> None:
    value = json.loads(home.validator_key.read_text())
    home.validator_key.write_text(json.dumps({**value, **change}))
    with pytest.raises(ConfigFailure, match="address and pub_key") as caught:
        read_engine_keys(home)
    assert caught.value.code is ConfigCode.CONFIG_INVALID


def test_a_consensus_key_may_leave_out_what_the_engine_computes(home: Home) -> None:
    before = read_engine_keys(home)
    value = json.loads(home.validator_key.read_text())
    home.validator_key.write_text(json.dumps({"priv_key": value["priv_key"]}))
    assert read_engine_keys(home) == before


@pytest.mark.parametrize("name", ["node_key", "validator_key"])
@pytest.mark.parametrize("content", ["[" * 100_000, '{"a": ' + "9" * 6_000 + "}", "\ufeff{}"])
def test_a_key_file_without_end_is_damaged(home: Home, name: str, content: str) -> None:
    getattr(home, name).write_text(content)
    with pytest.raises(ConfigFailure) as caught:
        read_engine_keys(home)
    assert caught.value.code is ConfigCode.CONFIG_INVALID


ADDRESS: dict[str, Any] = {
    "addr": {"id": "ab" * 20, "ip": "10.0.0.1", "port": 26656},
    "src": {"id": "ab" * 20, "ip": "10.0.0.1", "port": 26656},
    "buckets": [17],
    "attempts": 0,
    "bucket_type": 1,
    "last_attempt": "2026-12-01T00:00:00Z",
    "last_success": "0001-01-01T00:00:00Z",
    "last_ban_time": "0001-01-01T00:00:00Z",
}


@pytest.mark.parametrize("entries", [None, [], [ADDRESS], [{**ADDRESS, "bucket_type": 2}]])
def test_an_address_book_of_the_engine_is_taken(home: Home, entries: object) -> None:
    check_address_book(home)  # none is as good
    home.address_book.write_text(json.dumps({"key": "ab", "addrs": entries}))
    check_address_book(home)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        "[" * 100_000,
        json.dumps({"key": 5, "addrs": []}),
        json.dumps({"key": "ab", "addrs": {"a": 1}}),
        json.dumps({"key": "ab", "addrs": [5]}),
        json.dumps({"key": "ab", "addrs": [{**ADDRESS, "addr": None}]}),
        json.dumps({"key": "ab", "addrs": [{**ADDRESS, "bucket_type": 3}]}),
        json.dumps({"key": "ab", "addrs": [{**ADDRESS, "buckets": [256]}]}),
        json.dumps({"key": "ab", "addrs": [{**ADDRESS, "bucket_type": 2, "buckets": [64]}]}),
    ],
)
def test_an_address_book_that_the_engine_panics_at_is_named(home: Home, content: str) -> None:
    home.address_book.write_text(content)
    with pytest.raises(ConfigFailure) as caught:
        check_address_book(home)
    assert caught.value.code is ConfigCode.ADDRESS_BOOK_DAMAGED
    assert str(home.address_book) in caught.value.expected
