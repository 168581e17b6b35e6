"""Accounts and validators of a genesis that is still open."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final, cast

from chain_module.address import to_text
from chain_module.auth.genesis import BASE_ACCOUNT
from chain_module.bank.coins import Coins, coins_text, parse_coins, total
from chain_module.consensus.genesis_rules import check_power
from chain_module.errors import TxRefusal
from chain_module.genesis_form import BadGenesis, BadGenesisCode
from node.config.engine_keys import PUBLIC_TYPE, engine_address
from node.genesis.document import GenesisFile, Tree, branch, entries, of_bad
from node.genesis.failures import GenesisCode, GenesisFailure

DEFAULT_POWER: Final = 10


def add_account(genesis: GenesisFile, address: bytes, coins: Coins) -> None:
    """Adds an account that holds some coins. As `add_accounts`."""
    add_accounts(genesis, {address: coins})


def add_accounts(genesis: GenesisFile, held: Mapping[bytes, Coins]) -> None:
    """Adds accounts that hold some coins; all of them or none.

    Args:
        genesis: changed in memory.
        held: by address, 20 bytes; coins sorted, each above 0; none makes an account without any.

    Raises:
        GenesisFailure: GENESIS_BOOTSTRAPPED, GENESIS_ENTRY_EXISTS or BAD_GENESIS.
    """
    genesis.require_open()
    bank = branch(genesis.app_state(), "bank")
    accounts = entries(branch(genesis.app_state(), "auth"), "accounts")
    balances = entries(bank, "balances")
    there = {entry.get("address") for entry in (*accounts, *balances) if isinstance(entry, dict)}
    texts = {to_text(address): coins for address, coins in held.items()}
    for text in texts:
        if text in there:
            raise _exists(f"no account {text} in {genesis.path}", coins_of(genesis, text))
    for text, coins in texts.items():
        account: Tree = {"@type": BASE_ACCOUNT, "address": text, "pub_key": None}
        accounts.append(account | {"account_number": str(len(accounts)), "sequence": "0"})
        if coins:
            balances.append({"address": text, "coins": _coins_json(coins)})
    bank["supply"] = _coins_json(total(_coins(cast("Tree", entry)) for entry in balances))


def add_validator(genesis: GenesisFile, public_key: bytes, *, power: int, name: str) -> None:
    """Adds a genesis validator.

    Args:
        genesis: changed in memory.
        public_key: 32 bytes, Ed25519.
        power: votes, above 0.
        name: for people.

    Raises:
        GenesisFailure: GENESIS_BOOTSTRAPPED, GENESIS_ENTRY_EXISTS, VALIDATOR_POWER or BAD_GENESIS.
    """
    genesis.require_open()
    validators = entries(genesis.document, "validators")
    address = engine_address(public_key).hex().upper()
    key = {"type": PUBLIC_TYPE, "value": base64.b64encode(public_key).decode("ascii")}
    for entry in validators:
        if isinstance(entry, dict) and entry.get("pub_key") == key:
            found = f"power {entry.get('power')}, name {entry.get('name')!r}"
            raise _exists(f"no validator {address} in {genesis.path}", found)
    try:
        check_power(power, total_power(genesis), "power")
    except BadGenesis as bad:
        raise of_bad(bad) from None
    validators.append({"address": address, "pub_key": key, "power": str(power), "name": name})


def total_power(genesis: GenesisFile) -> int:
    """The sum of the validators' votes. Raises GenesisFailure: BAD_GENESIS."""
    powers = [
        entry.get("power") if isinstance(entry, dict) else None
        for entry in entries(genesis.document, "validators")
    ]
    try:
        return sum(int(cast("str", power)) for power in powers)
    except (TypeError, ValueError):
        raise GenesisFailure(
            BadGenesisCode.BAD_GENESIS,
            expected="validators: a power each, as text",
            found=f"{powers}",
        ) from None


def coins_of(genesis: GenesisFile, address: str) -> str:
    """What an account holds, as text. Raises GenesisFailure: BAD_GENESIS."""
    for entry in entries(branch(genesis.app_state(), "bank"), "balances"):
        if isinstance(entry, dict) and entry.get("address") == address:
            return coins_text(_coins(entry)) or "no coins"
    return "no coins"


def _coins(entry: Tree) -> Coins:
    try:
        texts = [f"{coin['amount']}{coin['denom']}" for coin in cast("list[Tree]", entry["coins"])]
        return parse_coins(",".join(texts))
    except (KeyError, TypeError, TxRefusal):
        raise GenesisFailure(
            BadGenesisCode.BAD_GENESIS, expected="bank.balances: coins", found=repr(entry)[:100]
        ) from None


def _coins_json(coins: Coins) -> list[object]:
    return [{"denom": coin.denom, "amount": str(coin.amount)} for coin in coins]


def _exists(expected: str, found: str) -> GenesisFailure:
    return GenesisFailure(GenesisCode.GENESIS_ENTRY_EXISTS, expected=expected, found=found)
