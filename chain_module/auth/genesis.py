"""Accounts in a genesis, in the Cosmos SDK's JSON form (x/auth/genesis.go).

Parameters are constants of this chain: a genesis that names others is refused. Account numbers are
repaired as the SDK repairs them, since its tools give every account the number 0: the first account
of a number keeps it, each other one gets the lowest that is free.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from chain_module import gas
from chain_module.address import from_text, to_text
from chain_module.auth.accounts import (
    FEE_COLLECTOR,
    MODULE_ACCOUNTS,
    PUBLIC_KEY_BYTES,
    Account,
    address_of,
    ensure_account,
    put_account,
    put_next_number,
)
from chain_module.errors import TxRefusal
from chain_module.genesis_form import (
    BadGenesis,
    Json,
    JsonObject,
    read_list,
    read_object,
    read_text,
    read_uint64,
)
from chain_module.limits import MAX_MEMO_BYTES, MAX_SIGNERS
from chain_module.store.types import StateStore

BASE_ACCOUNT: Final = "/cosmos.auth.v1beta1.BaseAccount"
MODULE_ACCOUNT: Final = "/cosmos.auth.v1beta1.ModuleAccount"
PUBLIC_KEY: Final = "/cosmos.crypto.secp256k1.PubKey"

PARAMS: Final = {
    "max_memo_characters": str(MAX_MEMO_BYTES),
    "sig_verify_cost_ed25519": "0",
    "sig_verify_cost_secp256k1": str(gas.SIGNATURE),
    "tx_sig_limit": str(MAX_SIGNERS),
    "tx_size_cost_per_byte": str(gas.BODY_BYTE),
}
"""Ed25519 keys sign no transactions here."""

MAX_COUNT: Final = 2**63 - 1
"""Of account numbers and sequences in a genesis."""

_BASE_FIELDS: Final = ("address", "pub_key", "account_number", "sequence")


def import_genesis(state: StateStore, genesis: Json) -> None:
    """Writes the accounts, the module's own, and the next number. Raises BadGenesis."""
    fields = read_object(genesis, "auth", optional=("params", "accounts"))
    if fields.get("params", PARAMS) != PARAMS:
        raise BadGenesis("auth.params", expected=f"{PARAMS}, or none", found=fields["params"])
    found = tuple(
        _account(entry, f"auth.accounts[{index}]")
        for index, entry in enumerate(read_list(fields.get("accounts", ()), "auth.accounts"))
    )
    _require_once(found)
    numbered = _numbered(found)
    for account in numbered:
        put_account(state, account)
    put_next_number(state, max((account.number + 1 for account in numbered), default=0))
    ensure_account(state, FEE_COLLECTOR)


def _account(entry: Json, where: str) -> Account:
    if isinstance(entry, dict) and entry.get("@type") == MODULE_ACCOUNT:
        return _module_account(entry, where)
    names = ("address", "account_number", "sequence")
    fields = read_object(entry, where, required=("@type", *names), optional=("pub_key",))
    if fields["@type"] != BASE_ACCOUNT:
        raise BadGenesis(f"{where}.@type", expected=BASE_ACCOUNT, found=fields["@type"])
    return _base_account({name: fields[name] for name in fields if name != "@type"}, where)


def _module_account(entry: JsonObject, where: str) -> Account:
    names = ("@type", "base_account", "name", "permissions")
    fields = read_object(entry, where, required=names)
    account = _base_account(fields["base_account"], f"{where}.base_account")
    name = MODULE_ACCOUNTS.get(account.address)
    if name is None or fields["name"] != name or fields["permissions"] != []:
        expected = f"a module account of this chain: {', '.join(MODULE_ACCOUNTS.values())}"
        raise BadGenesis(f"{where}.name", expected=expected, found=fields["name"])
    return account


def _base_account(entry: Json, where: str) -> Account:
    fields = read_object(entry, where, required=_BASE_FIELDS[:1], optional=_BASE_FIELDS[1:])
    account = Account(
        _address(fields["address"], f"{where}.address"),
        _count(fields.get("account_number", "0"), f"{where}.account_number"),
        _count(fields.get("sequence", "0"), f"{where}.sequence"),
        _public_key(fields.get("pub_key"), f"{where}.pub_key"),
    )
    if account.public_key is not None and address_of(account.public_key) != account.address:
        expected = f"the public key of {to_text(account.address)}"
        raise BadGenesis(f"{where}.pub_key", expected=expected, found=account.public_key.hex())
    return account


def _count(value: Json, where: str) -> int:
    """A number that can be counted on from: a block must never meet the end of 64 bits."""
    number = read_uint64(value, where)
    if number > MAX_COUNT:
        raise BadGenesis(where, expected=f"a number of at most {MAX_COUNT}", found=value)
    return number


def _address(value: Json, where: str) -> bytes:
    try:
        return from_text(read_text(value, where))
    except TxRefusal as refusal:
        raise BadGenesis(where, expected=refusal.expected, found=refusal.found) from None


def _public_key(value: Json, where: str) -> bytes | None:
    if value is None:
        return None
    fields = read_object(value, where, required=("@type", "key"))
    expected = f"a {PUBLIC_KEY} of {PUBLIC_KEY_BYTES} bytes in base64"
    try:
        key = base64.b64decode(read_text(fields["key"], f"{where}.key"), validate=True)
    except binascii.Error:
        raise BadGenesis(f"{where}.key", expected=expected, found=fields["key"]) from None
    if fields["@type"] != PUBLIC_KEY or len(key) != PUBLIC_KEY_BYTES:
        raise BadGenesis(where, expected=expected, found=value)
    return key


def _require_once(found: Iterable[Account]) -> None:
    seen: dict[bytes, None] = {}
    for account in found:
        if account.address in seen:
            address = to_text(account.address)
            raise BadGenesis("auth.accounts", expected="each address once", found=address)
        seen[account.address] = None


def _numbered(found: Iterable[Account]) -> tuple[Account, ...]:
    """The accounts with a number each."""
    first: dict[int, bytes] = {}
    for account in found:
        first.setdefault(account.number, account.address)
    numbered, free = [], 0
    for account in found:
        if first[account.number] == account.address:
            numbered.append(account)
            continue
        while free in first:
            free += 1
        first[free] = account.address
        numbered.append(replace(account, number=free))
    return tuple(numbered)
