"""The text of coins, against cosmpy's own reading of it."""

from __future__ import annotations

from typing import Final

import pytest
from cosmpy.aerial.coins import Coins as CosmpyCoins
from cosmpy.aerial.coins import parse_coins as cosmpy_parse
from hypothesis import given
from hypothesis import strategies as st

from chain_module.bank.coins import (
    MAX_AMOUNT,
    Coin,
    Coins,
    coins_text,
    parse_coins,
    read_amount,
    read_coins,
    total,
)
from chain_module.errors import SdkReason
from tests.support.cosmpy_wallets import coins as proto_coins
from tests.support.refusals import tx_refused

denoms = st.from_regex(r"\A[a-zA-Z][a-zA-Z0-9/:._-]{2,127}\Z")
amounts = st.dictionaries(denoms, st.integers(1, MAX_AMOUNT), max_size=6)


def sorted_coins(by_denom: dict[str, int]) -> Coins:
    return tuple(Coin(denom, by_denom[denom]) for denom in sorted(by_denom))


@given(amounts)
def test_text_is_read_back(by_denom: dict[str, int]) -> None:
    coins = sorted_coins(by_denom)
    assert parse_coins(coins_text(coins)) == coins
    assert read_coins(proto_coins(by_denom)) == coins


# cosmpy knows fewer denominations than the SDK: those without capitals and marks.
@given(
    st.dictionaries(
        st.from_regex(r"\A[a-z][a-z0-9]{2,127}\Z"), st.integers(1, MAX_AMOUNT), min_size=1
    )
)
def test_text_is_cosmpys(by_denom: dict[str, int]) -> None:
    text = coins_text(sorted_coins(by_denom))
    assert str(CosmpyCoins(cosmpy_parse(text))) == text


@given(st.lists(amounts, max_size=4))
def test_a_total_is_the_sum_by_denomination(parts: list[dict[str, int]]) -> None:
    found = total(map(sorted_coins, parts))
    assert [coin.denom for coin in found] == sorted({denom for part in parts for denom in part})
    for coin in found:
        assert coin.amount == sum(part.get(coin.denom, 0) for part in parts)


BAD_TEXTS: Final = (
    ",", "useed", "1", "1 useed", " 1useed", "1useed ", "1useed,", "+1useed", "-1useed", "1.0useed",
    "0useed", "01useed", "1us", "1useed,1atom", "1useed,2useed", "1useed;2vseed", "1useed\n",
    "\u0661useed", "1usé", "1" + "a" * 129, "9" * 79 + "useed", f"{2**256}useed",
)  # fmt: skip


@pytest.mark.parametrize("text", BAD_TEXTS)
def test_other_text_is_refused(text: str) -> None:
    with tx_refused(SdkReason.INVALID_COINS):
        parse_coins(text)


def test_the_edges_are_read() -> None:
    longest = "a" * 128
    assert parse_coins(f"{MAX_AMOUNT}{longest}") == (Coin(longest, MAX_AMOUNT),)
    assert parse_coins("1a1-") == (Coin("a1-", 1),)
    assert parse_coins("") == ()
    assert read_amount("0") == 0


def test_zeros_are_for_fees_alone() -> None:
    assert read_coins(proto_coins(0), zeros=True) == (Coin("useed", 0),)
    with tx_refused(SdkReason.INVALID_COINS):
        read_coins(proto_coins(0))
