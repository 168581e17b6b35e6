"""What must hold before the messages of a transaction run, in the Cosmos SDK's order (x/auth/ante).

    1. memo and timeout height          5. the fee's payer, and its funds
    2. signers: those of the messages   6. each signer's account, key and sequence
    3. gas within its limit             7. each signer's signature
    4. the fee against the node's price

The cheapest come first: what follows costs no more than what the sender has shown so far is worth.
Everything is checked, then written: the fee to the fee collector, the keys, sequence + 1. What was
written here stays when a message fails. A simulation differs in three points: no signature, no gas
limit and no price is asked for; its sequence may lie ahead, since others may wait before it.

What the state decides of a transaction is its `Offer`. Where signatures were found good once, they
stay good: an account's number never changes, and its key is set once. So `run_ante_again` takes the
offer alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from typing import Final

from chain_module.abci.common import Event
from chain_module.address import from_text, to_text
from chain_module.auth.accounts import (
    FEE_COLLECTOR,
    Account,
    address_of,
    get_account,
    put_account,
)
from chain_module.bank.balances import move, require_funds
from chain_module.bank.coins import DENOM, Coins
from chain_module.errors import SdkReason, TxRefusal
from chain_module.limits import MAX_MEMO_BYTES, MAX_SIGNERS
from chain_module.message import BlockContext
from chain_module.store.types import StateReader, StateStore
from chain_module.tx.codec import SignerInfo, Tx
from chain_module.tx.events import ante_events
from chain_module.tx.gas import gas_of
from chain_module.tx.sign_bytes import BadSignature, sign_bytes, verify

SIGN_MODE_DIRECT: Final = 1
"""cosmos/tx/signing/v1beta1/signing.proto"""
_SHOWN_CHARS: Final = 100
"""Of a signer's text, which may be anything."""


@dataclass(frozen=True, slots=True)
class GasPrice:
    """The least that a node asks for. Its own wish, no rule of the chain: for CheckTx alone."""

    amount: Fraction
    """For one gas."""
    denom: str = DENOM


@dataclass(frozen=True, slots=True)
class Offer:
    """What a transaction offers, and who signs for it."""

    coins: Coins
    """The fee; each positive."""
    gas_wanted: int
    gas_used: int
    timeout_height: int
    """0 for none."""
    signers: tuple[tuple[bytes, SignerInfo], ...]
    """By address, 20 bytes; the first one pays."""

    @property
    def payer(self) -> bytes:
        """20 bytes."""
        return self.signers[0][0]


@dataclass(frozen=True, slots=True)
class Charged:
    """What was paid."""

    offer: Offer
    events: tuple[Event, ...]

    @property
    def gas_wanted(self) -> int:
        """The transaction's gas limit."""
        return self.offer.gas_wanted

    @property
    def gas_used(self) -> int:
        """What it costs."""
        return self.offer.gas_used

    @property
    def payer(self) -> bytes:
        """20 bytes."""
        return self.offer.payer


def run_ante(
    state: StateStore,
    tx: Tx,
    *,
    context: BlockContext,
    min_gas_price: GasPrice | None = None,
    simulate: bool = False,
) -> Charged:
    """Checks a transaction and charges it.

    Raises:
        TxRefusal: MEMO_TOO_LARGE, TX_TIMEOUT_HEIGHT, NO_SIGNATURES, UNAUTHORIZED,
            INVALID_GAS_LIMIT, OUT_OF_GAS, INSUFFICIENT_FEE, NOT_SUPPORTED, UNKNOWN_ADDRESS,
            INSUFFICIENT_FUNDS, INVALID_PUBKEY, WRONG_SEQUENCE, INVALID_ADDRESS. Nothing was
            written.
    """
    _check_memo(tx)
    _check_timeout(tx.timeout_height, context)
    _check_signer_count(tx, simulate=simulate)
    gas_used = gas_of(tx, state)
    if not simulate:
        _check_gas(tx, gas_used)
        _check_price(tx, min_gas_price)
    offer = _offer(tx, gas_used)
    accounts = _accounts(state, offer, simulate=simulate)
    if not simulate:
        _check_signatures(tx, accounts, context)
    moved = _charge(state, offer, accounts)
    return Charged(offer, (*moved, *ante_events(tx)))


def run_ante_again(state: StateStore, offer: Offer, *, context: BlockContext) -> Charged:
    """Charges a transaction whose signatures, gas and price were found good before.

    Raises:
        TxRefusal: TX_TIMEOUT_HEIGHT, UNKNOWN_ADDRESS, INSUFFICIENT_FUNDS, INVALID_PUBKEY,
            WRONG_SEQUENCE. Nothing was written.
    """
    _check_timeout(offer.timeout_height, context)
    return Charged(offer, _charge(state, offer, _accounts(state, offer, simulate=False)))


def _offer(tx: Tx, gas_used: int) -> Offer:
    """Raises TxRefusal INVALID_ADDRESS or NOT_SUPPORTED."""
    addresses = tuple(map(from_text, tx.required))
    _check_payer(tx, addresses[0])
    return Offer(
        coins=tuple(coin for coin in tx.fee.amount if coin.amount),
        gas_wanted=tx.fee.gas_limit,
        gas_used=gas_used,
        timeout_height=tx.timeout_height,
        signers=tuple(zip(addresses, tx.signers, strict=True)),
    )


def _accounts(state: StateReader, offer: Offer, *, simulate: bool) -> tuple[Account, ...]:
    """The signers' accounts, with their keys."""
    accounts = tuple(_account(state, address) for address, _ in offer.signers)
    require_funds(state, offer.payer, offer.coins)
    keyed = tuple(
        _with_key(account, info, simulate=simulate)
        for account, (_, info) in zip(accounts, offer.signers, strict=True)
    )
    for account, (_, info) in zip(keyed, offer.signers, strict=True):
        _check_sequence(account, info, simulate=simulate)
    return keyed


def _check_memo(tx: Tx) -> None:
    size = len(tx.memo.encode())
    if size > MAX_MEMO_BYTES:
        raise TxRefusal(
            SdkReason.MEMO_TOO_LARGE,
            expected=f"a memo of at most {MAX_MEMO_BYTES} bytes",
            found=f"{size} bytes",
        )


def _check_timeout(timeout_height: int, context: BlockContext) -> None:
    if timeout_height and context.height > timeout_height:
        raise TxRefusal(
            SdkReason.TX_TIMEOUT_HEIGHT,
            expected=f"a block of height {timeout_height} or less",
            found=f"height {context.height}",
        )


def _check_signer_count(tx: Tx, *, simulate: bool) -> None:
    wanted = len(tx.required)
    if not simulate and not tx.signatures:
        raise TxRefusal(SdkReason.NO_SIGNATURES, expected=f"{wanted} signatures", found="none")
    if len(tx.signers) != wanted or (not simulate and len(tx.signatures) != wanted):
        raise TxRefusal(
            SdkReason.UNAUTHORIZED,
            expected=f"signers and signatures of {_shown(tx.required)}",
            found=f"{len(tx.signers)} signers, {len(tx.signatures)} signatures",
        )


def _check_gas(tx: Tx, gas_used: int) -> None:
    if tx.fee.gas_limit == 0:
        raise TxRefusal(SdkReason.INVALID_GAS_LIMIT, expected="a gas limit", found="0")
    if tx.fee.gas_limit < gas_used:
        raise TxRefusal(
            SdkReason.OUT_OF_GAS,
            expected=f"a gas limit of at least {gas_used}",
            found=str(tx.fee.gas_limit),
        )


def _check_price(tx: Tx, price: GasPrice | None) -> None:
    if price is None:
        return
    wanted = ceil(price.amount * tx.fee.gas_limit)
    paid = sum(coin.amount for coin in tx.fee.amount if coin.denom == price.denom)
    if paid < wanted:
        raise TxRefusal(
            SdkReason.INSUFFICIENT_FEE,
            expected=f"at least {wanted}{price.denom} for {tx.fee.gas_limit} gas",
            found=f"{paid}{price.denom}",
        )


def _check_payer(tx: Tx, first: bytes) -> None:
    if tx.fee.payer not in (None, first):
        raise TxRefusal(
            SdkReason.NOT_SUPPORTED,
            expected=f"the first signer, {to_text(first)}, as the fee's payer",
            found=to_text(tx.fee.payer),
        )


def _account(state: StateReader, address: bytes) -> Account:
    account = get_account(state, address)
    if account is None:
        raise TxRefusal(
            SdkReason.UNKNOWN_ADDRESS,
            expected="a signer that has an account: one that has received coins",
            found=to_text(address),
        )
    return account


def _with_key(account: Account, info: SignerInfo, *, simulate: bool) -> Account:
    """The account with its public key, from here on for ever."""
    key = info.public_key
    if key is not None and address_of(key) != account.address and not simulate:
        raise TxRefusal(
            SdkReason.INVALID_PUBKEY,
            expected=f"the public key of {to_text(account.address)}",
            found=f"that of {to_text(address_of(key))}",
        )
    if account.public_key is not None:
        return account
    if key is None and not simulate:
        raise TxRefusal(
            SdkReason.INVALID_PUBKEY,
            expected=f"the public key of {to_text(account.address)}: the chain has none yet",
            found="none",
        )
    return replace(account, public_key=key)


def _check_sequence(account: Account, info: SignerInfo, *, simulate: bool) -> None:
    ahead = simulate and info.sequence > account.sequence
    if info.sequence != account.sequence and not ahead:
        raise TxRefusal(
            SdkReason.WRONG_SEQUENCE,
            expected=f"sequence {account.sequence} of {to_text(account.address)}",
            found=str(info.sequence),
        )


def _check_signatures(tx: Tx, accounts: tuple[Account, ...], context: BlockContext) -> None:
    for account, info, signature in zip(accounts, tx.signers, tx.signatures, strict=True):
        if info.mode != SIGN_MODE_DIRECT:
            raise TxRefusal(
                SdkReason.NOT_SUPPORTED,
                expected=f"SIGN_MODE_DIRECT ({SIGN_MODE_DIRECT})",
                found=f"sign mode {info.mode}",
            )
        signed = sign_bytes(
            body_bytes=tx.body_bytes,
            auth_info_bytes=tx.auth_info_bytes,
            chain_id=context.chain_id,
            account_number=account.number,
        )
        try:
            verify(account.public_key or b"", signature, signed)
        except BadSignature as bad:
            raise TxRefusal(
                SdkReason.UNAUTHORIZED,
                expected=f"a signature of {to_text(account.address)}, account number "
                f"{account.number}, sequence {account.sequence}, chain {context.chain_id}",
                found=f"one {bad}",
            ) from None


def _charge(state: StateStore, offer: Offer, accounts: tuple[Account, ...]) -> tuple[Event, ...]:
    coins, payer = offer.coins, offer.payer
    moved = move(state, coins, sender=payer, receiver=FEE_COLLECTOR) if coins else ()
    for account in accounts:
        put_account(state, replace(account, sequence=account.sequence + 1))
    return moved


def _shown(signers: tuple[str, ...]) -> str:
    return ", ".join(who[:_SHOWN_CHARS] for who in signers[:MAX_SIGNERS])
