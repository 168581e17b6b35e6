"""The accounts' records, and the addresses that no key has.

Keys of store "auth", as the SDK numbers them:

    0x01 | address (20)     an account: account_number (8) | sequence (8) | public key (0 or 33)
    0x02                    the next account number (8); there from genesis on

Numbers are big-endian. An account's number never changes and is never given again: it is signed,
so that a signature for an account that was removed fits no later one of the same address.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from typing import Final

from Crypto.Hash import RIPEMD160

from chain_module.address import ADDRESS_BYTES
from chain_module.store.types import StateReader, StateStore

STORE: Final = "auth"

ACCOUNT_PREFIX: Final = b"\x01"
NEXT_NUMBER_KEY: Final = b"\x02"

PUBLIC_KEY_BYTES: Final = 33
"""A compressed point of secp256k1 (SEC 1, section 2.3.3)."""

_NUMBER_BYTES: Final = 8
_BARE_BYTES: Final = 2 * _NUMBER_BYTES
_REMEMBERED: Final = 4096


@dataclass(frozen=True, slots=True)
class Account:
    """One account."""

    address: bytes
    """20 bytes."""
    number: int
    sequence: int = 0
    """Transactions that it has signed."""
    public_key: bytes | None = None
    """33 bytes; None until its first transaction."""


def module_address(name: str) -> bytes:
    """The address of a module's account: a hash of its name, so that no key has it."""
    return hashlib.sha256(name.encode()).digest()[:ADDRESS_BYTES]


FEE_COLLECTOR_NAME: Final = "fee_collector"
FEE_COLLECTOR: Final = module_address(FEE_COLLECTOR_NAME)

MODULE_ACCOUNTS: Final = {FEE_COLLECTOR: FEE_COLLECTOR_NAME}
"""Names by address. Nobody may send to them."""


@functools.lru_cache(maxsize=_REMEMBERED)
def address_of(public_key: bytes) -> bytes:
    """RIPEMD-160 of SHA-256 of the compressed key, as in Bitcoin."""
    # Not hashlib's: OpenSSL may come without it, and all validators must agree.
    return RIPEMD160.new(hashlib.sha256(public_key).digest()).digest()


def get_account(state: StateReader, address: bytes) -> Account | None:
    """The account, or None."""
    record = state.store(STORE).get(ACCOUNT_PREFIX + address)
    return None if record is None else _decode(address, record)


def put_account(state: StateStore, account: Account) -> None:
    """Writes a record of an account whose number was given."""
    state.store(STORE).set(ACCOUNT_PREFIX + account.address, _encode(account))


def ensure_account(state: StateStore, address: bytes) -> None:
    """Gives the address an account, with the next number, if it has none."""
    if state.store(STORE).get(ACCOUNT_PREFIX + address) is None:
        number = next_number(state)
        put_account(state, Account(address, number))
        put_next_number(state, number + 1)


def accounts(state: StateReader) -> tuple[Account, ...]:
    """All accounts, by address."""
    entries = state.store(STORE).iterate(ACCOUNT_PREFIX, NEXT_NUMBER_KEY)
    return tuple(_decode(key[len(ACCOUNT_PREFIX) :], record) for key, record in entries)


def next_number(state: StateReader) -> int:
    """The number of the next account. 0 before genesis."""
    return int.from_bytes(state.store(STORE).get(NEXT_NUMBER_KEY) or b"", "big")


def put_next_number(state: StateStore, number: int) -> None:
    """Sets the number of the next account."""
    state.store(STORE).set(NEXT_NUMBER_KEY, number.to_bytes(_NUMBER_BYTES, "big"))


def _encode(account: Account) -> bytes:
    return (
        account.number.to_bytes(_NUMBER_BYTES, "big")
        + account.sequence.to_bytes(_NUMBER_BYTES, "big")
        + (account.public_key or b"")
    )


def _decode(address: bytes, record: bytes) -> Account:
    return Account(
        address,
        number=int.from_bytes(record[:_NUMBER_BYTES], "big"),
        sequence=int.from_bytes(record[_NUMBER_BYTES:_BARE_BYTES], "big"),
        public_key=record[_BARE_BYTES:] or None,
    )
