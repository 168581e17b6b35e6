"""The genesis file as a tree: what is put in is what the chain reads."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_module.address import to_text
from chain_module.auth.accounts import get_account
from chain_module.bank.balances import balance
from chain_module.bank.coins import DENOM, Coin
from chain_module.genesis_document import parse_genesis_document, parse_time
from enclave.attestation.types import TcbStatus
from enclave.crypto.labels import Mode
from enclave.errors import Code, Refusal
from enclave.light_client.codec import MAX_TOTAL_POWER
from enclave.time import NANOSECONDS
from node.config.engine_keys import PUBLIC_TYPE
from node.genesis import GenesisCode, GenesisFailure, GenesisFile
from node.genesis.bootstrap import check_start
from node.genesis.checks import check_can_pay, check_state, read_network, validate
from node.genesis.defaults import new_genesis
from node.genesis.entries import (
    add_account,
    add_accounts,
    add_validator,
    total_power,
)
from node.genesis.times import format_time

START = 1767225600 * NANOSECONDS
KEY = bytes(range(32))


def _genesis(path: Path = Path("genesis.json"), mode: Mode = Mode.SOFTWARE) -> GenesisFile:
    genesis = new_genesis(path, chain_id="by-hand-1", mode=mode, time_ns=START)
    add_validator(genesis, KEY, power=10, name="berlin")
    return genesis


accounts = st.dictionaries(st.binary(min_size=20, max_size=20), st.integers(1, 2**64), max_size=5)


@given(accounts)
def test_what_is_added_is_what_the_chain_holds(held: dict[bytes, int]) -> None:
    """Each account holds its coins in the state that InitChain would make, and none other does."""
    genesis = _genesis()
    for address, amount in held.items():
        add_account(genesis, address, (Coin(DENOM, amount),))
    state = check_state(read_network(genesis))
    for address, amount in held.items():
        assert balance(state, address, DENOM) == amount
        assert get_account(state, address) is not None


@given(accounts)
def test_a_file_reads_back(held: dict[bytes, int]) -> None:
    """Saving and loading changes nothing, not even the network's identity."""
    genesis = _genesis()
    for address, amount in held.items():
        add_account(genesis, address, (Coin("atom", 1), Coin(DENOM, amount)))
    again = GenesisFile(genesis.path, json.loads(genesis.encode()))
    assert again.encode() == genesis.encode()
    assert read_network(again).network_id == read_network(genesis).network_id
    assert again.registration() == genesis.registration()


@given(st.integers(0, 253_402_300_799 * NANOSECONDS))
def test_times_read_back(time_ns: int) -> None:
    """What is written is the nanosecond that was meant."""
    assert parse_time(format_time(time_ns), "x") == time_ns


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (START, "2026-01-01T00:00:00Z"),
        (START + 500_000_000, "2026-01-01T00:00:00.5Z"),
        (START + 1, "2026-01-01T00:00:00.000000001Z"),
    ],
)
def test_times_are_written_as_go_writes_them(time_ns: int, text: str) -> None:
    assert format_time(time_ns) == text


def test_each_part_makes_another_network() -> None:
    """Nothing that a founder decides is outside of network_id."""
    base = _genesis()
    ids = [read_network(base).network_id]

    def changed(name: str, value: object) -> None:
        genesis = _genesis()
        genesis.document[name] = value
        ids.append(read_network(genesis).network_id)

    changed("genesis_time", format_time(START + 1))
    changed("initial_height", "2")
    account, power, policy = _genesis(), _genesis(), _genesis()
    add_account(account, bytes(20), (Coin(DENOM, 1),))
    add_validator(power, KEY[::-1], power=1, name="")
    registration = policy.registration()
    policy.set_registration(
        replace(registration, policy=replace(registration.policy, max_quote_age_blocks=7))
    )
    ids += [read_network(one).network_id for one in (account, power, policy)]
    assert len(set(ids)) == len(ids)


def test_a_draft_is_judged_rule_by_rule() -> None:
    genesis = _genesis()
    found = {check.name: check.found for check in validate(genesis, draft=True)}
    assert list(found) == ["form", "validators", "state", "policy", "unsafe"]
    assert "software mode: it protects nothing" in found["unsafe"]
    assert read_network(genesis).network_id.hex() in found["form"]
    with pytest.raises(GenesisFailure) as caught:
        list(validate(genesis))
    assert caught.value.code == "genesis_not_bootstrapped"


def test_a_hardware_draft_admits_nobody_yet() -> None:
    with pytest.raises(GenesisFailure) as caught:
        list(validate(_genesis(mode=Mode.HARDWARE), draft=True))
    assert caught.value.code == GenesisCode.GENESIS_NOT_READY


def test_a_policy_stays_within_the_floor() -> None:
    """A status that the floor refuses would only promise what no enclave does."""
    genesis = _genesis()
    registration = genesis.registration()
    statuses = (TcbStatus.UP_TO_DATE, TcbStatus.OUT_OF_DATE)
    policy = replace(registration.policy, tcb_statuses=statuses)
    genesis.set_registration(replace(registration, policy=policy))
    with pytest.raises(Refusal) as caught:
        list(validate(genesis, draft=True))
    assert caught.value.code is Code.BELOW_FLOOR
    floor = replace(registration.floor, worst_tcb_status=TcbStatus.OUT_OF_DATE)
    genesis.set_registration(replace(registration, policy=policy, floor=floor))
    list(validate(genesis, draft=True))


def test_hardware_evidence_must_not_be_younger_than_the_chain() -> None:
    network = read_network(_genesis(mode=Mode.HARDWARE))
    check_start(network, now_ns=START)
    with pytest.raises(GenesisFailure) as caught:
        check_start(network, now_ns=START + NANOSECONDS)
    assert caught.value.code == GenesisCode.GENESIS_TIME_TOO_EARLY
    check_start(read_network(_genesis()), now_ns=START + NANOSECONDS)


@pytest.mark.parametrize(("held", "enough"), [(30_199, False), (30_200, True), (0, False)])
def test_the_operator_must_be_able_to_pay(held: int, *, enough: bool) -> None:
    """Ten registers at the default price: 10 * 0.001 * (3,000,000 + 20,000)."""
    genesis, operator = _genesis(), bytes(20)
    add_account(genesis, operator, (Coin(DENOM, held),) if held else ())
    network = read_network(genesis)
    if enough:
        assert check_can_pay(network, operator) == held
        return
    with pytest.raises(GenesisFailure) as caught:
        check_can_pay(network, operator)
    assert caught.value.code == GenesisCode.GENESIS_NOT_READY
    assert to_text(operator) in caught.value.expected


def test_an_account_or_validator_is_added_once() -> None:
    genesis = _genesis()
    add_account(genesis, bytes(20), (Coin(DENOM, 5),))
    before = genesis.encode()
    for call in (
        partial(add_account, genesis, bytes(20), (Coin(DENOM, 5),)),
        partial(add_validator, genesis, KEY, power=1, name=""),
    ):
        with pytest.raises(GenesisFailure) as caught:
            call()
        assert caught.value.code == GenesisCode.GENESIS_ENTRY_EXISTS
    assert genesis.encode() == before


def test_many_accounts_are_added_at_once_or_not_at_all() -> None:
    one, many = _genesis(), _genesis()
    held = {bytes([number]) * 20: (Coin(DENOM, number),) for number in range(1, 6)}
    for address, coins in held.items():
        add_account(one, address, coins)
    add_accounts(many, held)
    assert many.encode() == one.encode()
    with pytest.raises(GenesisFailure):
        add_accounts(many, {bytes(20): (), bytes([1]) * 20: ()})
    assert many.encode() == one.encode()


def test_votes_have_a_ceiling() -> None:
    genesis = _genesis()
    add_validator(genesis, KEY[::-1], power=MAX_TOTAL_POWER - 10, name="")
    assert total_power(genesis) == MAX_TOTAL_POWER
    for power in (0, -1, 1):
        with pytest.raises(GenesisFailure) as caught:
            add_validator(genesis, bytes(32), power=power, name="")
        assert caught.value.code == "genesis_validator_power"


RULES: list[tuple[list[int], str, str]] = [
    ([-1], "genesis_validator_power", "validators[0].power: a power above 0"),
    ([10, 0], "genesis_validator_power", "validators[1].power: a power above 0"),
    ([10, MAX_TOTAL_POWER], "genesis_validator_power", str(MAX_TOTAL_POWER)),
    ([], "genesis_without_validators", "at least one"),
]


@pytest.mark.parametrize(("powers", "code", "rule"), RULES)
def test_a_validator_that_counts_no_votes_is_named(powers: list[int], code: str, rule: str) -> None:
    genesis = _genesis()
    genesis.document["validators"] = [
        _validator(number, power) for number, power in enumerate(powers)
    ]
    with pytest.raises(GenesisFailure) as caught:
        list(validate(genesis, draft=True))
    assert caught.value.code == code
    assert rule in caught.value.expected


def test_one_validator_twice_is_named() -> None:
    genesis = _genesis()
    genesis.document["validators"] = [_validator(1, 10), _validator(2, 5), _validator(1, 7)]
    with pytest.raises(GenesisFailure) as caught:
        list(validate(genesis, draft=True))
    assert caught.value.code == "genesis_validator_twice"
    assert caught.value.expected == "validators[2].pub_key: each validator once"
    assert "validators[0]" in caught.value.found


def _validator(number: int, power: int) -> dict[str, object]:
    key = base64.b64encode(bytes([number]) * 32).decode()
    return {"pub_key": {"type": PUBLIC_TYPE, "value": key}, "power": str(power), "name": ""}


BROKEN: list[tuple[str, object]] = [
    ("app_state", []),
    ("app_state", {}),
    ("app_state", {"registration": {}, "auth": []}),
    ("validators", {}),
    ("validators", [{}]),
    ("validators", [{"power": "x"}]),
    ("consensus_params", {}),
    ("genesis_time", "soon"),
    ("initial_height", 1),
    ("chain_id", 7),
    ("surplus", 1),
    ("app_hash", "00"),
]


@pytest.mark.parametrize(("name", "value"), BROKEN)
def test_a_broken_file_is_told(name: str, value: object) -> None:
    genesis = _genesis()
    genesis.document[name] = value
    with pytest.raises(GenesisFailure) as caught:
        list(validate(genesis, draft=True))
    assert caught.value.code in ("bad_genesis", "genesis_consensus_params", "bad_floor")


def test_app_state_has_no_other_parts() -> None:
    genesis = _genesis()
    genesis.app_state()["staking"] = {}
    with pytest.raises(GenesisFailure, match="staking"):
        check_state(read_network(genesis))


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'{"a":1,"a":2}', b'{"a":1.5}'])
def test_what_is_no_json_object_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "genesis.json"
    path.write_bytes(content)
    with pytest.raises(GenesisFailure) as caught:
        GenesisFile.load(path)
    assert caught.value.code == "bad_genesis"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(GenesisFailure) as caught:
        GenesisFile.load(tmp_path / "none")
    assert caught.value.code == GenesisCode.NO_GENESIS


def test_the_document_is_one_that_the_engine_reads() -> None:
    """Every number of 64 bits is text, as CometBFT's JSON has it."""
    document = json.loads(_genesis().encode())
    block = document["consensus_params"]["block"]
    assert block == {"max_bytes": "4194304", "max_gas": "50000000"}
    assert document["validators"][0]["power"] == "10"
    assert document["initial_height"] == "1"
    assert parse_genesis_document(_genesis().encode()).request.validators[0].power == 10
