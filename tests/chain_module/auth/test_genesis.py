"""Accounts in a genesis: the SDK's form, its repair of numbers, and each mistake by its field."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_module.address import to_text
from chain_module.auth.accounts import (
    FEE_COLLECTOR,
    Account,
    accounts,
    get_account,
    next_number,
    put_account,
    put_next_number,
)
from chain_module.auth.genesis import (
    BASE_ACCOUNT,
    MAX_COUNT,
    MODULE_ACCOUNT,
    PARAMS,
    PUBLIC_KEY,
    import_genesis,
)
from chain_module.genesis_form import BadGenesis, Json
from chain_module.store.branch import Branch
from chain_module.store.state import CommittedState
from chain_module.store.version import no_version
from tests.support.cosmpy_wallets import ALICE, BOB, wallet


def empty() -> Branch:
    return CommittedState(no_version(("auth",))).branch()


def base(address: str, number: int = 0) -> dict[str, Any]:
    """As the SDK's add-genesis-account writes it."""
    return {
        "@type": BASE_ACCOUNT,
        "address": address,
        "pub_key": None,
        "account_number": str(number),
        "sequence": "0",
    }


GOOD: Final[dict[str, Any]] = {
    "params": dict(PARAMS),
    "accounts": [
        {
            **base(ALICE.text, 4),
            "pub_key": {"@type": PUBLIC_KEY, "key": base64.b64encode(ALICE.public_key).decode()},
            "sequence": "9",
        },
        {
            "@type": MODULE_ACCOUNT,
            "base_account": {
                "address": to_text(FEE_COLLECTOR),
                "pub_key": None,
                "account_number": "1",
                "sequence": "0",
            },
            "name": "fee_collector",
            "permissions": [],
        },
    ],
}


def test_a_genesis_is_imported() -> None:
    state = empty()
    import_genesis(state, GOOD)
    assert get_account(state, ALICE.address) == Account(ALICE.address, 4, 9, ALICE.public_key)
    assert get_account(state, FEE_COLLECTOR) == Account(FEE_COLLECTOR, 1)
    assert next_number(state) == 5


def test_the_fee_collector_is_always_there() -> None:
    state = empty()
    import_genesis(state, {"accounts": [base(ALICE.text)]})
    assert get_account(state, FEE_COLLECTOR) == Account(FEE_COLLECTOR, 1)


def test_numbers_are_repaired_as_the_sdk_does() -> None:
    state = empty()
    found: list[Json] = [
        base(wallet(number).text, given) for number, given in enumerate([0, 0, 1, 7, 0, 1])
    ]
    import_genesis(state, {"accounts": found})
    numbers = [
        getattr(get_account(state, wallet(number).address), "number", None) for number in range(6)
    ]
    assert numbers == [0, 2, 1, 7, 3, 4]
    assert next_number(state) == 9  # 8 is the fee collector's.


@given(
    st.lists(
        st.builds(
            lambda who, number, sequence, keyed: Account(
                wallet(who).address, number, sequence, wallet(who).public_key if keyed else None
            ),
            st.integers(0, 40),
            st.integers(0, MAX_COUNT - 1),
            st.integers(0, MAX_COUNT),
            st.booleans(),
        ),
        unique_by=(lambda account: account.address, lambda account: account.number),
        max_size=6,
    )
)
def test_any_accounts_are_in_the_state(found: list[Account]) -> None:
    first, second = empty(), empty()
    for account in found:
        put_account(first, account)
    number = max((account.number for account in found), default=-1) + 1
    put_account(first, Account(FEE_COLLECTOR, number))
    put_next_number(first, number + 1)
    import_genesis(second, {"accounts": [as_the_sdk_writes(account) for account in found]})
    assert second.changes() == first.changes()
    assert len(accounts(second)) == len(found) + 1


def as_the_sdk_writes(account: Account) -> dict[str, Any]:
    """An account of a chain that was exported by its tools."""
    key = account.public_key
    return {
        **base(to_text(account.address), account.number),
        "pub_key": key and {"@type": PUBLIC_KEY, "key": base64.b64encode(key).decode()},
        "sequence": str(account.sequence),
    }


def _set(path: str, value: Any) -> Callable[[Any], None]:
    def change(genesis: Any) -> None:
        *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        for part in parents:
            genesis = genesis[part]
        genesis[last] = value

    return change


def _second_alice(genesis: Any) -> None:
    genesis["accounts"].append(base(ALICE.text))


BOBS_KEY: Final = base64.b64encode(BOB.public_key).decode()
ED25519: Final = {"@type": "/cosmos.crypto.ed25519.PubKey", "key": BOBS_KEY}

BAD: Final[dict[str, tuple[str, Callable[[Any], None]]]] = {
    "another parameter": ("auth.params", _set("params.tx_sig_limit", "8")),
    "an unknown part": ("auth.account", _set("account", [])),
    "no list": ("auth.accounts", _set("accounts", "none")),
    "no object": ("auth.accounts[0]", _set("accounts.0", 5)),
    "another type": ("auth.accounts[0].@type", _set("accounts.0.@type", "/cosmos.Vesting")),
    "an unknown field": ("auth.accounts[0].vesting", _set("accounts.0.vesting", True)),  # noqa: FBT003
    "an address of another chain": (
        "auth.accounts[0].address",
        _set("accounts.0.address", "cosmos17xpfvakm2amg962yls6f84z3kell8c5lserqta"),
    ),
    "an address that is no text": ("auth.accounts[0].address", _set("accounts.0.address", 1)),
    "a number that is no text": (
        "auth.accounts[0].account_number",
        _set("accounts.0.account_number", 4),
    ),
    "a number above 64 bits": (
        "auth.accounts[0].sequence",
        _set("accounts.0.sequence", str(2**64)),
    ),
    "an account number without a next one": (
        "auth.accounts[0].account_number",
        _set("accounts.0.account_number", str(MAX_COUNT + 1)),
    ),
    "a sequence without a next one": (
        "auth.accounts[0].sequence",
        _set("accounts.0.sequence", str(MAX_COUNT + 1)),
    ),
    "a number with a sign": ("auth.accounts[0].sequence", _set("accounts.0.sequence", "-1")),
    "a number with a zero": ("auth.accounts[0].sequence", _set("accounts.0.sequence", "01")),
    "anothers key": ("auth.accounts[0].pub_key", _set("accounts.0.pub_key.key", BOBS_KEY)),
    "a key of another kind": ("auth.accounts[0].pub_key", _set("accounts.0.pub_key", ED25519)),
    "a key that is no base64": (
        "auth.accounts[0].pub_key.key",
        _set("accounts.0.pub_key.key", "!!!!"),
    ),
    "a short key": ("auth.accounts[0].pub_key", _set("accounts.0.pub_key.key", "AAAA")),
    "a module under another name": ("auth.accounts[1].name", _set("accounts.1.name", "mint")),
    "a module with rights": (
        "auth.accounts[1].name",
        _set("accounts.1.permissions", ["minter"]),
    ),
    "a module with anothers address": (
        "auth.accounts[1].name",
        _set("accounts.1.base_account.address", BOB.text),
    ),
    "an address twice": ("auth.accounts", _second_alice),
}


@pytest.mark.parametrize(("where", "change"), BAD.values(), ids=BAD.keys())
def test_a_bad_genesis_is_refused_by_its_field(where: str, change: Callable[[Any], None]) -> None:
    genesis = copy.deepcopy(GOOD)
    change(genesis)
    with pytest.raises(BadGenesis) as caught:
        import_genesis(empty(), genesis)
    assert caught.value.where == where
    assert caught.value.expected
    assert caught.value.found


def test_a_missing_field_is_named() -> None:
    genesis = copy.deepcopy(GOOD)
    del genesis["accounts"][0]["address"]
    with pytest.raises(BadGenesis, match=r"auth\.accounts\[0\]\.address: expected a value"):
        import_genesis(empty(), genesis)
