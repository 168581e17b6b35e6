"""Balances in a genesis: what it says is in the state, and what is wrong is named."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_module.address import to_text
from chain_module.auth import genesis as auth_genesis
from chain_module.auth.accounts import get_account
from chain_module.bank.balances import balance, balances, check_supply, supplies, supply
from chain_module.bank.errors import BankReason
from chain_module.bank.genesis import import_genesis
from chain_module.genesis_form import BadGenesis, Json
from chain_module.store.branch import Branch
from chain_module.store.state import CommittedState
from chain_module.store.version import no_version
from tests.support.cosmpy_wallets import (
    ALICE,
    BOB,
    STORES,
    funded_state,
)
from tests.support.refusals import tx_refused

GOOD: Final[dict[str, Any]] = {
    "params": {"send_enabled": [], "default_send_enabled": True},
    "balances": [
        {
            "address": ALICE.text,
            "coins": [{"denom": "atom", "amount": "7"}, {"denom": "useed", "amount": "100"}],
        },
        {"address": BOB.text, "coins": [{"denom": "useed", "amount": "5"}]},
    ],
    "supply": [{"denom": "atom", "amount": "7"}, {"denom": "useed", "amount": "105"}],
    "denom_metadata": [],
    "send_enabled": [],
}


def empty() -> Branch:
    state = CommittedState(no_version(STORES)).branch()
    auth_genesis.import_genesis(state, {})
    return state


def test_a_genesis_is_imported() -> None:
    state = empty()
    import_genesis(state, GOOD)
    assert balance(state, ALICE.address, "useed") == 100
    assert supply(state, "useed") == 105
    assert get_account(state, BOB.address) is not None
    check_supply(state)


def test_the_supply_may_be_left_out() -> None:
    state = empty()
    import_genesis(state, {"balances": GOOD["balances"]})
    made = [{"denom": coin.denom, "amount": str(coin.amount)} for coin in supplies(state)]
    assert made == GOOD["supply"]


def test_an_empty_genesis_keeps_a_key() -> None:
    state = empty()
    import_genesis(state, {})
    assert state.changes()["bank"] == {b"\x05": b"\x10\x01"}


@given(
    st.dictionaries(
        st.binary(min_size=20, max_size=20),
        st.dictionaries(
            st.sampled_from(["atom", "ibc/1", "useed"]), st.integers(1, 10**30), min_size=1
        ),
        max_size=8,
    )
)
def test_any_balances_are_in_the_state(held: dict[bytes, dict[str, int]]) -> None:
    genesis: dict[str, Json] = {
        "balances": [
            {
                "address": to_text(address),
                "coins": [{"denom": denom, "amount": str(coins[denom])} for denom in sorted(coins)],
            }
            for address, coins in held.items()
        ]
    }
    state = empty()
    import_genesis(state, genesis)
    found = {
        address: {coin.denom: coin.amount for coin in coins} for address, coins in balances(state)
    }
    assert found == {address: coins for address, coins in held.items() if coins}
    check_supply(state)


def _set(path: str, value: Any) -> Callable[[Any], None]:
    def change(genesis: Any) -> None:
        *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        for part in parents:
            genesis = genesis[part]
        genesis[last] = value

    return change


def _second_alice(genesis: Any) -> None:
    genesis["balances"].append(genesis["balances"][0])


BAD: Final[dict[str, Callable[[Any], None]]] = {
    "bank.supply": _set("supply.1.amount", "104"),
    "bank.suppply": _set("suppply", []),
    "bank.balances": _set("balances", {}),
    "bank.balances[0]": _set("balances.0", "all"),
    "bank.balances[0].address": _set("balances.0.address", "cosmos1"),
    "bank.balances[1].address": _set("balances.1.address", 5),
    "bank.balances[2].address": _second_alice,
    "bank.balances[0].coins": _set("balances.0.coins.0.denom", "zzz"),
    "bank.balances[1].coins": _set("balances.1.coins.0.amount", "0"),
    "bank.balances[1].coins[0].amount": _set("balances.1.coins.0.amount", 5),
    "bank.balances[1].coins[0].extra": _set("balances.1.coins.0.extra", 5),
    "bank.params": _set("params.default_send_enabled", False),  # noqa: FBT003 (a value of JSON)
    "bank.denom_metadata": _set("denom_metadata", [{}]),
    "bank.send_enabled": _set("send_enabled", [{"denom": "useed", "enabled": False}]),
}


@pytest.mark.parametrize(("where", "change"), BAD.items(), ids=BAD.keys())
def test_a_bad_genesis_is_refused_by_its_field(where: str, change: Callable[[Any], None]) -> None:
    genesis = copy.deepcopy(GOOD)
    change(genesis)
    with pytest.raises(BadGenesis) as caught:
        import_genesis(empty(), genesis)
    assert caught.value.where == where
    assert caught.value.expected
    assert caught.value.found


def test_a_missing_field_is_named() -> None:
    with pytest.raises(BadGenesis, match=r"bank\.balances\[0\]\.coins: expected a value"):
        import_genesis(empty(), {"balances": [{"address": ALICE.text}]})


def test_balances_above_256_bits_are_refused() -> None:
    most = [{"denom": "useed", "amount": str(2**256 - 1)}]
    held: list[Json] = [{"address": one.text, "coins": most} for one in (ALICE, BOB)]
    with pytest.raises(BadGenesis, match="256 bits"):
        import_genesis(empty(), {"balances": held})


def test_a_coin_from_nowhere_is_found() -> None:
    state = funded_state()
    state.store("bank").set(b"\x02\x14" + b"\x09" * 20 + b"useed", b"1")
    with tx_refused(BankReason.SUPPLY_MISMATCH):
        check_supply(state)
