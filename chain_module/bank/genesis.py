"""Balances in a genesis, in the Cosmos SDK's JSON form (x/bank/genesis.go).

The one place where coins are made. A genesis may name the supply; it must then be the sum of the
balances. Sending is always allowed here, and denominations have no metadata: a genesis that says
otherwise is refused. Who holds coins gets an account: without one he could never send them.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Final

from cosmpy.protos.cosmos.bank.v1beta1.bank_pb2 import Params

from chain_module.address import from_text
from chain_module.bank.balances import PARAMS_KEY, STORE, create_supply
from chain_module.bank.coins import MAX_AMOUNT, Coins, coins_text, read_coins, total
from chain_module.errors import TxRefusal
from chain_module.genesis_form import (
    BadGenesis,
    Json,
    JsonObject,
    read_list,
    read_object,
    read_text,
)
from chain_module.store.types import StateStore
from chain_module.wire import encode

PARAMS: Final[JsonObject] = {"send_enabled": [], "default_send_enabled": True}


def import_genesis(state: StateStore, genesis: Json) -> None:
    """Writes balances, supply and parameters; after auth's. Raises BadGenesis."""
    names = ("params", "balances", "supply", "denom_metadata", "send_enabled")
    fields = read_object(genesis, "bank", optional=names)
    for name, only in (("params", PARAMS), ("denom_metadata", []), ("send_enabled", [])):
        if fields.get(name, only) != only:
            raise BadGenesis(f"bank.{name}", expected=f"{only}, or none", found=fields[name])
    held = _balances(fields.get("balances", ()))
    made = total(coins for _, coins in held)
    _check_supply(fields.get("supply", ()), made)
    create_supply(state, held)
    params = encode(Params(default_send_enabled=True))
    state.store(STORE).set(PARAMS_KEY, params)


def _balances(value: Json) -> tuple[tuple[bytes, Coins], ...]:
    held: dict[bytes, Coins] = {}
    for index, entry in enumerate(read_list(value, "bank.balances")):
        where = f"bank.balances[{index}]"
        fields = read_object(entry, where, required=("address", "coins"))
        text = read_text(fields["address"], f"{where}.address")
        try:
            address = from_text(text)
        except TxRefusal as refusal:
            raise _bad(f"{where}.address", refusal) from None
        if address in held:
            raise BadGenesis(f"{where}.address", expected="each address once", found=text)
        held[address] = _coins(fields["coins"], f"{where}.coins")
    return tuple(held.items())


def _coins(value: Json, where: str) -> Coins:
    found = []
    for index, entry in enumerate(read_list(value, where)):
        at = f"{where}[{index}]"
        fields = read_object(entry, at, required=("denom", "amount"))
        denom, amount = (read_text(fields[name], f"{at}.{name}") for name in ("denom", "amount"))
        found.append(SimpleNamespace(denom=denom, amount=amount))
    try:
        return read_coins(found)
    except TxRefusal as refusal:
        raise _bad(where, refusal) from None


def _check_supply(value: Json, made: Coins) -> None:
    for coin in made:
        if coin.amount > MAX_AMOUNT:
            raise BadGenesis("bank.balances", expected="a sum of at most 256 bits", found=str(coin))
    named = _coins(value, "bank.supply")
    if named and named != made:
        expected = f"the sum of the balances, {coins_text(made) or 'nothing'}, or none"
        raise BadGenesis("bank.supply", expected=expected, found=coins_text(named))


def _bad(where: str, refusal: TxRefusal) -> BadGenesis:
    return BadGenesis(where, expected=refusal.expected, found=refusal.found)
