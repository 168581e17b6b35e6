"""Coins: amounts of a denomination, as the Cosmos SDK has them (types/coin.go).

A list of coins is sorted by denomination, each once, so that equal sums have one form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from chain_module.errors import SdkReason, TxRefusal

DENOM: Final = "useed"
"""The coin of this chain: 1 SEED = 10^6 useed."""

MAX_AMOUNT: Final = 2**256 - 1
"""The SDK's math.Int."""

_DENOM_FORM: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9/:._-]{2,127}", re.ASCII)
_AMOUNT_FORM: Final = re.compile(r"0|[1-9][0-9]{0,77}", re.ASCII)
_COIN_FORM: Final = re.compile(
    rf"({_AMOUNT_FORM.pattern})({_DENOM_FORM.pattern})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Coin:
    """An amount of a denomination."""

    denom: str
    amount: int
    """0 .. MAX_AMOUNT."""

    def __str__(self) -> str:
        """As wallets write it: 12useed."""
        return f"{self.amount}{self.denom}"


Coins: TypeAlias = tuple[Coin, ...]
"""Sorted by denomination, each once."""


class CoinText(Protocol):
    """A coin as protobuf has it: the amount is text."""

    denom: str
    amount: str


def read_coins(found: Iterable[CoinText], *, zeros: bool = False) -> Coins:
    """Coins of a message. `zeros` admits amounts of 0, which fees may have.

    Raises:
        TxRefusal: INVALID_COINS for a bad form, an order that is not ascending, a denomination
            that comes twice, or an amount of 0.
    """
    coins = tuple(Coin(require_denom(coin.denom), read_amount(coin.amount)) for coin in found)
    for coin in coins:
        if coin.amount == 0 and not zeros:
            raise _refusal("a positive amount", str(coin))
    _require_sorted(coins)
    return coins


def parse_coins(text: str) -> Coins:
    """Coins that a person wrote: `100useed` or `5atom,100useed`; nothing is an empty list.

    Raises:
        TxRefusal: INVALID_COINS, as `read_coins`.
    """
    coins = []
    for part in text.split(",") if text else ():
        match = _COIN_FORM.fullmatch(part)
        if match is None:
            raise _refusal(f"an amount and its denomination, such as 100{DENOM}", repr(part[:100]))
        coins.append(Coin(match[2], read_amount(match[1])))
    for coin in coins:
        if coin.amount == 0:
            raise _refusal("a positive amount", str(coin))
    _require_sorted(coins)
    return tuple(coins)


def coins_text(coins: Iterable[Coin]) -> str:
    """The text that `parse_coins` reads."""
    return ",".join(str(coin) for coin in coins)


def read_amount(text: str) -> int:
    """An amount: decimal digits, no sign, no leading zero. Raises TxRefusal INVALID_COINS."""
    if _AMOUNT_FORM.fullmatch(text) is None or (amount := int(text)) > MAX_AMOUNT:
        raise _refusal("an amount of at most 256 bits in decimal digits", repr(text[:100]))
    return amount


def require_denom(text: str) -> str:
    """The denomination. Raises TxRefusal INVALID_COINS."""
    if _DENOM_FORM.fullmatch(text) is None:
        raise _refusal("a denomination of 3 to 128 characters", repr(text[:200]))
    return text


def total(parts: Iterable[Coins]) -> Coins:
    """The sum of lists of coins."""
    sums: dict[str, int] = {}
    for coins in parts:
        for coin in coins:
            sums[coin.denom] = sums.get(coin.denom, 0) + coin.amount
    return tuple(Coin(denom, sums[denom]) for denom in sorted(sums))


def _require_sorted(coins: Iterable[Coin]) -> None:
    last = ""
    for coin in coins:
        if coin.denom <= last:
            raise _refusal(f"denominations in ascending order, {last} before", coin.denom)
        last = coin.denom


def _refusal(expected: str, found: str) -> TxRefusal:
    return TxRefusal(SdkReason.INVALID_COINS, expected=expected, found=found)
