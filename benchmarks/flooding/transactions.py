"""What strangers put into a mempool: large multi-sends that are refused or taken, and garbage."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from cosmpy.protos.cosmos.bank.v1beta1.bank_pb2 import Input, Output
from cosmpy.protos.cosmos.bank.v1beta1.tx_pb2 import MsgMultiSend, MsgSend
from cosmpy.protos.cosmos.base.v1beta1.coin_pb2 import Coin
from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import AuthInfo, TxRaw
from google.protobuf.message import Message

from benchmarks.flooding.plan import HEX_NONCE, Source
from chain_module.address import ADDRESS_BYTES, to_text
from chain_module.bank.coins import DENOM
from chain_module.bank.messages import MULTI_SEND_URL, SEND_URL
from chain_module.limits import MAX_OUTPUTS
from tests.support.wallets import Account

LARGE: Final = 2_120
"""Outputs of a multi-send of 125 KB, just below the largest transaction: far more than it may."""
HEAVY: Final = MAX_OUTPUTS
"""Outputs of one of 16 KB, of which a block's gas has room for three."""
GARBAGE_BYTES: Final = 200
GAS: Final = 16_500_000
SEND_GAS: Final = 200_000
PRICE: Final = 1_000
"""Gas for one useed: what nodes ask for by default."""
MEMO: Final = "nonce of " + "0" * (HEX_NONCE - len("nonce of "))
"""The generator writes another one over it."""


def refused_without_account(outputs: int = LARGE) -> Source:
    """Of an account that the chain does not have, signed with zeros."""
    nobody = Account("flood: nobody")
    return source_of(nobody, [multi_send(nobody, outputs)], key=b"")


def refused_by_signature(account: Account, outputs: int = HEAVY) -> Source:
    """Of an account that can pay, signed by another key: only a verification finds it out."""
    other = hashlib.sha256(b"flood: another key").digest()
    return source_of(account, [multi_send(account, outputs)], key=other)


def garbage() -> Source:
    """200 bytes that are no transaction."""
    digest = hashlib.shake_256(b"flood: garbage").digest(GARBAGE_BYTES)
    return Source(body=digest, nonce_at=0, whole=True)


def accepted_multi_send(account: Account, outputs: int = HEAVY) -> Source:
    """Of an account that pays for each, in a row."""
    return source_of(account, [multi_send(account, outputs)], ordered=True)


def accepted_send(account: Account, *, gas: int = SEND_GAS) -> Source:
    """A small one, in a row. A block has room for as much gas as is wished, not as is used."""
    message = MsgSend(from_address=account.text, to_address=receivers(1)[0], amount=_coins(1))
    return source_of(account, [(SEND_URL, message)], gas=gas, ordered=True)


def source_of(
    account: Account,
    messages: Sequence[tuple[str, Message]],
    *,
    gas: int = GAS,
    key: bytes | None = None,
    ordered: bool = False,
) -> Source:
    """Transactions of `account` with these messages, which differ in their memo.

    Args:
        account: with its number and sequence.
        messages: with their type URLs.
        gas: its limit; the fee is what a node asks for it by default.
        key: signs; None for the account's own, empty for zeros.
        ordered: they are meant to be taken.
    """
    sequence = account.sequence
    raw = TxRaw.FromString(
        account.sign(messages, chain_id="", gas=gas, fee=gas // PRICE, memo=MEMO)
    )
    account.sequence = sequence
    auth = AuthInfo.FromString(raw.auth_info_bytes)
    (signer,) = auth.signer_infos
    signer.ClearField("sequence")
    auth.ClearField("signer_infos")
    return Source(
        body=raw.body_bytes,
        nonce_at=raw.body_bytes.rindex(MEMO.encode("ascii")),
        signer=signer.SerializeToString(deterministic=True),
        fee=auth.SerializeToString(deterministic=True),
        key=account.key.secret if key is None else key,
        number=account.number,
        sequence=sequence,
        ordered=ordered,
    )


def multi_send(account: Account, outputs: int, *, first: int = 0) -> tuple[str, MsgMultiSend]:
    """One coin for each of so many receivers, with its type URL."""
    message = MsgMultiSend(
        inputs=[Input(address=account.text, coins=_coins(outputs))],
        outputs=[Output(address=one, coins=_coins(1)) for one in receivers(outputs, first=first)],
    )
    return MULTI_SEND_URL, message


def receivers(count: int, *, first: int = 0) -> list[str]:
    """Addresses of accounts that nobody has the keys of."""
    numbers = range(first, first + count)
    digests = (hashlib.sha256(f"flood: receiver {number}".encode()).digest() for number in numbers)
    return [to_text(digest[:ADDRESS_BYTES]) for digest in digests]


def _coins(amount: int) -> list[Coin]:
    return [Coin(denom=DENOM, amount=str(amount))]
