"""`seedpactd genesis`: accounts, validators, policy, floor and parameters of a draft."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from chain_module.address import to_text
from enclave.attestation.types import SgxMeasurement, TcbStatus
from node.cli.exit_codes import ExitCode
from node.config import Home
from node.config.engine_keys import read_engine_keys
from tests.support.cli import Cli
from tests.support.genesis_home import FUNDS, Genesis, make_home

KEY = bytes(range(32))


@pytest.fixture
def draft(cli: Cli, tmp_path: Path) -> Genesis:
    """A genesis without accounts and validators."""
    home = Home(tmp_path / "home")
    make_home(home, complete=False)
    return Genesis(cli, home)


@pytest.fixture
def ready(cli: Cli, tmp_path: Path) -> Genesis:
    """A genesis that could be bootstrapped."""
    home = Home(tmp_path / "home")
    make_home(home, complete=True)
    return Genesis(cli, home)


# --- accounts, validators, time ---


def test_accounts_hold_what_they_are_given(draft: Genesis) -> None:
    other = to_text(bytes(20))
    draft("add-account", "op", FUNDS).done()
    draft("add-account", other, "5atom,7useed").done()
    app_state: Any = draft.file().document["app_state"]
    assert [entry["address"] for entry in app_state["auth"]["accounts"]] == [
        draft.operator(),
        other,
    ]
    assert [entry["account_number"] for entry in app_state["auth"]["accounts"]] == ["0", "1"]
    assert app_state["bank"]["supply"] == [
        {"denom": "atom", "amount": "5"},
        {"denom": "useed", "amount": "1000000007"},
    ]


def test_an_account_is_added_once(draft: Genesis) -> None:
    draft("add-account", "op", FUNDS).done()
    answer = draft("add-account", draft.operator(), "1useed").failed("genesis_entry_exists")
    assert FUNDS in answer.stderr


def test_validators_come_from_homes_and_keys(draft: Genesis, tmp_path: Path) -> None:
    other = Home(tmp_path / "other")
    make_home(other, complete=False)
    draft("add-validator").done()
    draft("add-validator", "--validator-home", str(other.path), "--power", "3").done()
    draft("add-validator", "--pubkey", KEY.hex(), "--name", "hex").done()
    draft("add-validator", "--pubkey", base64.b64encode(KEY[::-1]).decode()).done()
    shown = {"type": "tendermint/PubKeyEd25519", "value": base64.b64encode(KEY[1:] + b"x").decode()}
    answer = draft("add-validator", "--pubkey", json.dumps(shown), "--output", "json").done().json
    assert answer["total_power"] == 43
    validators: Any = draft.file().document["validators"]
    assert [(entry["name"], entry["power"]) for entry in validators] == [
        ("berlin", "10"),
        ("berlin", "3"),
        ("hex", "10"),
        ("", "10"),
        ("", "10"),
    ]
    assert validators[0]["address"] == read_engine_keys(draft.home).validator_address
    draft("add-validator").failed("genesis_entry_exists")


def test_a_validator_of_no_home_is_told(draft: Genesis, tmp_path: Path) -> None:
    missing = draft("add-validator", "--validator-home", str(tmp_path / "none"))
    missing.failed("no_home", ExitCode.USAGE)


def test_the_time_is_set(draft: Genesis) -> None:
    for text in ("2026-01-01T00:00:00Z", "1767225600"):
        draft("set-time", text).done()
        assert draft.file().document["genesis_time"] == "2026-01-01T00:00:00Z"
    draft("set-time", "--in", "600").done()
    assert draft.file().document["genesis_time"] != "2026-01-01T00:00:00Z"


# --- policy, floor, parameters ---


def test_a_policy_is_set_by_options(draft: Genesis) -> None:
    code = ["11" * 32, f"{'22' * 32}:{'33' * 32}:4:5"]
    draft(
        "set-policy",
        *("--measurement", code[0], "--measurement", code[1]),
        *("--tcb-status", "SWHardeningNeeded", "--tcb-status", "UpToDate"),
        *("--advisory", "INTEL-SA-00615", "--max-quote-age-blocks", "7"),
        *("--enable", "one-node-per-machine", "--enable", "allow-smt"),
        *("--minimum-evaluation-number", "17"),
    ).done()
    policy = draft.file().registration().policy
    assert policy.measurements == (
        SgxMeasurement(b"\x11" * 32, bytes(32), 0, 0),
        SgxMeasurement(b"\x22" * 32, b"\x33" * 32, 4, 5),
    )
    assert policy.tcb_statuses == (TcbStatus.UP_TO_DATE, TcbStatus.SW_HARDENING_NEEDED)
    assert policy.advisories == ("INTEL-SA-00615",)
    assert (policy.max_quote_age_blocks, policy.minimum_evaluation_number) == (7, 17)
    assert (policy.one_node_per_machine, policy.allow_smt, policy.frozen) == (True, True, False)
    draft("set-policy", "--disable", "allow-smt").done()
    changed = draft.file().registration().policy
    assert not changed.allow_smt
    assert changed.measurements == policy.measurements  # what no option names stays


def test_a_policy_is_read_from_a_file(draft: Genesis, tmp_path: Path) -> None:
    shown = draft("set-policy", "--output", "json").done().json["policy"]
    shown |= {"denied_fmspcs": ["00906ed50000"], "frozen": True}
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(shown))
    draft("set-policy", str(file), "--max-quote-age-blocks", "9").done()
    policy = draft.file().registration().policy
    assert policy.denied_fmspcs == (bytes.fromhex("00906ed50000"),)
    assert (policy.frozen, policy.max_quote_age_blocks) == (True, 9)


def test_a_floor_is_set(draft: Genesis) -> None:
    keys = [
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    ]
    options = [part for key in keys for part in ("--upgrade-key", key)]
    draft("set-floor", *options, "--worst-tcb-status", "SWHardeningNeeded").done()
    floor = draft.file().registration().floor
    assert [key.hex() for key in floor.upgrade_keys] == sorted(keys)
    assert floor.threshold == 2
    assert floor.worst_tcb_status is TcbStatus.SW_HARDENING_NEEDED
    draft("set-floor", "--threshold", "1").done()
    assert draft.file().registration().floor.threshold == 1
    draft("set-floor", "--threshold", "3").failed("bad_floor")
    draft("set-floor", "--upgrade-key", "00" * 32).failed("bad_floor")
    assert draft.file().registration().floor.threshold == 1


def test_parameters_are_set(draft: Genesis) -> None:
    draft("set-params", "--registration-period-secs", "60", "--register-gas", "5").done()
    params = draft.file().registration().params
    assert (params.registration_period_secs, params.register_gas) == (60, 5)
    assert params.max_registers_per_block == 8
    draft("set-authority", "op").done()
    assert to_text(draft.file().registration().params.authority) == draft.operator()
    draft("set-authority", "nobody").done()
    assert draft.file().registration().params.authority == b""


WRONG_USAGE = [
    ("add-account",),
    ("add-account", "op"),
    ("add-account", "op", "many"),
    ("add-account", "op", "0useed"),
    ("add-account", "op", "7useed,5atom"),
    ("add-account", "seed1qqqq", "1useed"),
    ("add-validator", "--pubkey", "00"),
    ("add-validator", "--pubkey", "{}"),
    ("add-validator", "--pubkey", KEY.hex(), "--validator-home", "x"),
    ("add-validator", "--power", "0"),
    ("set-time",),
    ("set-time", "now"),
    ("set-time", "2026-01-01T00:00:00Z", "--in", "5"),
    ("set-time", "--in", "-5"),
    ("set-policy", "--measurement", "00"),
    ("set-policy", "--measurement", "zz" * 32),
    ("set-policy", "--measurement", "00" * 32 + ":" + "00" * 32 + ":65536"),
    ("set-policy", "--measurement", "00" * 32 + ":" + "00" * 32 + ":1:2:3"),
    ("set-policy", "--tcb-status", "Revoked"),
    ("set-policy", "--enable", "everything"),
    ("set-policy", "--enable", "frozen", "--disable", "frozen"),
    ("set-policy", "--max-quote-age-blocks", "2"),
    ("set-floor", "--upgrade-key", "00"),
    ("set-floor", "--worst-tcb-status", "Revoked"),
    ("set-params",),
    ("set-params", "--max-registers-per-block", "0"),
    ("set-authority",),
    ("set-authority", "seed1qqqq"),
    ("bootstrap",),
    ("bootstrap", "--operator", "op", "--address", "nowhere"),
    ("bootstrap", "--operator", "seed1qqqq"),
    ("validate", "a", "b"),
    ("network-id", "--nonsense"),
    ("nonsense",),
]


@pytest.mark.parametrize("arguments", WRONG_USAGE, ids=lambda value: " ".join(value)[:60])
def test_wrong_usage_changes_nothing(ready: Genesis, arguments: tuple[str, ...]) -> None:
    before = ready.home.genesis.read_bytes()
    if arguments == ("nonsense",):
        ready.cli("genesis", *arguments).failed("wrong_usage", ExitCode.USAGE)
    else:
        ready(*arguments).failed("wrong_usage", ExitCode.USAGE)
    assert ready.home.genesis.read_bytes() == before


def test_a_name_that_is_no_key_is_told(draft: Genesis) -> None:
    draft("add-account", "nobody", FUNDS).failed("key_not_found")
    draft("set-authority", "somebody").failed("key_not_found")


@pytest.mark.parametrize(
    "command",
    [
        ("add-account", "op", FUNDS),
        ("add-validator",),
        ("set-policy", "--enable", "frozen"),
        ("set-floor", "--threshold", "0"),
        ("set-params", "--register-gas", "1"),
        ("set-authority", "op"),
        ("set-time", "--in", "1"),
        ("bootstrap", "--operator", "op"),
        ("validate",),
        ("network-id",),
    ],
    ids=lambda value: value[0],
)
def test_a_missing_or_broken_genesis_is_told(draft: Genesis, command: tuple[str, ...]) -> None:
    draft.home.genesis.write_text("{]")
    draft(*command).failed("bad_genesis", ExitCode.USAGE)
    draft.home.genesis.unlink()
    draft(*command).failed("no_genesis", ExitCode.USAGE)


@pytest.mark.parametrize("content", ["", "{}]", '{"nonsense": 1}', '{"frozen": 7}'])
def test_a_policy_file_that_is_none_is_told(draft: Genesis, tmp_path: Path, content: str) -> None:
    file = tmp_path / "policy.json"
    file.write_text(content)
    draft("set-policy", str(file)).failed("malformed_input", ExitCode.USAGE)
    draft("set-policy", str(tmp_path / "none")).failed("unreadable_input", ExitCode.USAGE)
