"""Transactions as cosmpy builds them, signed by whoever holds the key.

What belongs here: bytes, fees, signatures. What must not: sending (`client`), and what a message
means.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from cosmpy.aerial.coins import Coin as CosmpyCoin
from cosmpy.aerial.tx import SigningCfg, Transaction, TxFee
from cosmpy.crypto.keypairs import PublicKey
from google.protobuf.message import Message

from chain_module.bank.coins import DENOM
from node.keyring import KeyInfo, SigningKey

DEFAULT_GAS_PRICE: Final = Fraction(1, 1000)
"""useed for one gas, where nothing else is said; nodes ask for no more by default."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a transaction may cost. Gas that is not given is simulated."""

    gas_price: Fraction = DEFAULT_GAS_PRICE
    """useed for one gas; not used where `amount` is given."""
    gas_limit: int | None = None
    amount: int | None = None
    """useed in all."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as signatures need it."""

    number: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee that is settled."""

    amount: int
    """useed."""
    gas_limit: int


@dataclass(frozen=True, slots=True)
class SignedTx:
    """A transaction that can be sent, any number of times: it is executed at most once."""

    raw: bytes
    sequence: int
    fee: Fee
    timeout_height: int
    """The last block that may hold it; 0: none."""

    @property
    def hash(self) -> str:
        """64 characters of upper-case hex, as Cosmos clients write it."""
        return tx_hash(self.raw)


def tx_hash(raw: bytes) -> str:
    """The name of a transaction: SHA-256 of its bytes, in upper-case hex."""
    return hashlib.sha256(raw).hexdigest().upper()


def fee_of(gas_limit: int, price: Price) -> Fee:
    """The fee of a gas limit: rounded up, so that it is never too low by a fraction."""
    amount = price.amount
    if amount is None:
        amount = -(-gas_limit * price.gas_price.numerator // price.gas_price.denominator)
    return Fee(amount=amount, gas_limit=gas_limit)


def build(
    messages: Sequence[Message],
    key: SigningKey,
    *,
    account: Account,
    chain_id: str,
    fee: Fee,
    memo: str = "",
    timeout_height: int = 0,
) -> Transaction:
    """A complete, signed transaction of cosmpy: SIGN_MODE_DIRECT, one signer."""
    tx = _sealed(
        messages,
        key.info,
        sequence=account.sequence,
        fee=fee,
        memo=memo,
        timeout_height=timeout_height,
    )
    tx.sign(_Signer(key), chain_id, account.number)
    return tx.complete()


def signed(tx: Transaction, *, account: Account, fee: Fee, timeout_height: int) -> SignedTx:
    """What `build` gave, as bytes."""
    raw: bytes = tx.tx.SerializeToString(deterministic=True)
    return SignedTx(raw=raw, sequence=account.sequence, fee=fee, timeout_height=timeout_height)


def unsigned(messages: Sequence[Message], key: KeyInfo, *, fee: Fee, memo: str = "") -> Message:
    """The transaction without a signature, for `--generate-only`: cosmos.tx.v1beta1.Tx."""
    tx = _sealed(messages, key, sequence=0, fee=fee, memo=memo, timeout_height=0)
    message: Message = tx.complete().tx
    return message


def _sealed(
    messages: Sequence[Message],
    key: KeyInfo,
    *,
    sequence: int,
    fee: Fee,
    memo: str,
    timeout_height: int,
) -> Transaction:
    tx = Transaction()
    for message in messages:
        tx.add_message(message)
    coins = [CosmpyCoin(fee.amount, DENOM)] if fee.amount else []
    return tx.seal(
        SigningCfg.direct(PublicKey(key.public_key), sequence),
        fee=TxFee(coins, fee.gas_limit),
        memo=memo,
        timeout_height=timeout_height,
    )


class _Signer:
    """A key as cosmpy asks for it."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def sign(
        self,
        message: bytes,
        deterministic: bool = False,  # noqa: FBT001, FBT002 (cosmpy's signature)
        canonicalise: bool = True,  # noqa: FBT001, FBT002
    ) -> bytes:
        """The keyring's signatures are always canonical and deterministic."""
        del deterministic, canonicalise
        return self._key.sign(message)
