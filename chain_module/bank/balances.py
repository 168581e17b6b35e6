"""Balances and the supply, and the one way to move coins.

Keys of store "bank", as the SDK numbers them (x/bank/types/keys.go):

    0x00 | denom                        the supply: decimal digits
    0x02 | 20 | address (20) | denom    a balance: decimal digits; there is none of 0
    0x05                                the module's parameters; there from genesis on

Coins are made at genesis alone, so the supply of a denomination is the sum of its balances for
ever: `check_supply` adds them up.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from chain_module.abci.common import Event
from chain_module.address import ADDRESS_BYTES, to_text
from chain_module.auth.accounts import ensure_account
from chain_module.bank.coins import Coin, Coins, coins_text, total
from chain_module.bank.errors import BankReason
from chain_module.errors import SdkReason, TxRefusal
from chain_module.events import event
from chain_module.store.types import StateReader, StateStore, prefix_end

STORE: Final = "bank"

SUPPLY_PREFIX: Final = b"\x00"
BALANCE_PREFIX: Final = b"\x02"
PARAMS_KEY: Final = b"\x05"

_HOLDER_PREFIX: Final = BALANCE_PREFIX + bytes((ADDRESS_BYTES,))
_HOLDER_BYTES: Final = len(_HOLDER_PREFIX) + ADDRESS_BYTES


def holder_prefix(address: bytes) -> bytes:
    """What the keys of an address's balances start with; the denomination follows."""
    return _HOLDER_PREFIX + address


def balance(state: StateReader, address: bytes, denom: str) -> int:
    """What the address holds of it."""
    value = state.store(STORE).get(holder_prefix(address) + denom.encode())
    return 0 if value is None else int(value)


def balances(state: StateReader) -> tuple[tuple[bytes, Coins], ...]:
    """All addresses that hold something, ascending, with what they hold."""
    held: dict[bytes, list[Coin]] = {}
    entries = state.store(STORE).iterate(BALANCE_PREFIX, prefix_end(BALANCE_PREFIX))
    for key, value in entries:
        address, denom = key[len(_HOLDER_PREFIX) : _HOLDER_BYTES], key[_HOLDER_BYTES:]
        held.setdefault(address, []).append(Coin(denom.decode(), int(value)))
    return tuple((address, tuple(coins)) for address, coins in held.items())


def supply(state: StateReader, denom: str) -> int:
    """How much of it there is."""
    value = state.store(STORE).get(SUPPLY_PREFIX + denom.encode())
    return 0 if value is None else int(value)


def supplies(state: StateReader) -> Coins:
    """How much there is of everything."""
    entries = state.store(STORE).iterate(SUPPLY_PREFIX, prefix_end(SUPPLY_PREFIX))
    return tuple(Coin(key[len(SUPPLY_PREFIX) :].decode(), int(value)) for key, value in entries)


def check_supply(state: StateReader) -> None:
    """Raises TxRefusal SUPPLY_MISMATCH unless the balances sum to the supply. Reads all of them."""
    held = total(coins for _, coins in balances(state))
    if held != supplies(state):
        raise TxRefusal(
            BankReason.SUPPLY_MISMATCH,
            expected=f"balances of {coins_text(supplies(state)) or 'nothing'} in sum",
            found=coins_text(held) or "nothing",
        )


def require_funds(state: StateReader, address: bytes, coins: Iterable[Coin]) -> None:
    """Raises TxRefusal INSUFFICIENT_FUNDS unless the address holds each of the coins."""
    for coin in coins:
        _left(state, address, coin)


def take(state: StateStore, address: bytes, coins: Coins) -> Event:
    """Takes coins from an address, for `give`.

    Raises:
        TxRefusal: INSUFFICIENT_FUNDS, and nothing was changed.
    """
    left = [_left(state, address, coin) for coin in coins]
    for coin, amount in zip(coins, left, strict=True):
        _set_balance(state, address, coin.denom, amount)
    return event("coin_spent", ("spender", to_text(address)), ("amount", coins_text(coins)))


def give(state: StateStore, address: bytes, coins: Coins) -> Event:
    """Gives an address coins that `take` took from another; it gets an account if it has none."""
    for coin in coins:
        _set_balance(state, address, coin.denom, balance(state, address, coin.denom) + coin.amount)
    ensure_account(state, address)
    return event("coin_received", ("receiver", to_text(address)), ("amount", coins_text(coins)))


def move(state: StateStore, coins: Coins, *, sender: bytes, receiver: bytes) -> tuple[Event, ...]:
    """Moves coins. Returns the SDK's events, in its order.

    Raises:
        TxRefusal: INSUFFICIENT_FUNDS, and nothing was changed.
    """
    spent = take(state, sender, coins)
    received = give(state, receiver, coins)
    sender_text = to_text(sender)
    transfer = event(
        "transfer",
        ("recipient", to_text(receiver)),
        ("sender", sender_text),
        ("amount", coins_text(coins)),
    )
    return spent, received, transfer, event("message", ("sender", sender_text))


def create_supply(state: StateStore, held: Iterable[tuple[bytes, Coins]]) -> None:
    """Makes the coins of the genesis: balances, and their sums as the supply."""
    parts = []
    for address, coins in held:
        give(state, address, coins)
        parts.append(coins)
    for coin in total(parts):
        state.store(STORE).set(SUPPLY_PREFIX + coin.denom.encode(), str(coin.amount).encode())


def _left(state: StateReader, address: bytes, coin: Coin) -> int:
    """What stays when the coin is taken. Raises TxRefusal INSUFFICIENT_FUNDS."""
    held = balance(state, address, coin.denom)
    if held < coin.amount:
        raise TxRefusal(
            SdkReason.INSUFFICIENT_FUNDS,
            expected=f"{coin} on {to_text(address)}",
            found=f"{held}{coin.denom}",
        )
    return held - coin.amount


def _set_balance(state: StateStore, address: bytes, denom: str, amount: int) -> None:
    store, key = state.store(STORE), holder_prefix(address) + denom.encode()
    if amount:
        store.set(key, str(amount).encode())
    else:
        store.delete(key)
