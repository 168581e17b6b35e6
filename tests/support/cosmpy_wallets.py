"""Wallets that sign with cosmpy, and the state of a chain on which they hold coins.

cosmpy encodes and signs by itself (its own SignDoc, the `ecdsa` library): what the chain accepts
from it was not made by the chain's own code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from cosmpy.aerial.tx import SigningCfg, Transaction, TxFee
from cosmpy.crypto.keypairs import PrivateKey
from cosmpy.protos.cosmos.bank.v1beta1 import bank_pb2 as bank_types
from cosmpy.protos.cosmos.bank.v1beta1 import tx_pb2 as bank_pb
from cosmpy.protos.cosmos.base.v1beta1.coin_pb2 import Coin
from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import SignDoc

from chain_module.address import to_text
from chain_module.auth import genesis as auth_genesis
from chain_module.auth.accounts import address_of
from chain_module.bank import genesis as bank_genesis
from chain_module.bank.messages import MESSAGES
from chain_module.genesis_form import Json
from chain_module.message import BlockContext
from chain_module.store.branch import Branch
from chain_module.store.state import CommittedState
from chain_module.store.version import no_version
from enclave.time import Time

CHAIN_ID: Final = "seedpact-test-1"
CONTEXT: Final = BlockContext(CHAIN_ID, 7, Time(1_700_000_000))
KINDS: Final = {kind.type_url: kind for kind in MESSAGES}
GAS_LIMIT: Final = 300_000
FUNDS: Final = 1_000_000
STORES: Final = ("auth", "bank")


@dataclass(frozen=True)
class Wallet:
    """A key of cosmpy and the number of its account."""

    number: int
    key: PrivateKey = field(repr=False)

    @cached_property
    def public_key(self) -> bytes:
        """33 bytes."""
        found: bytes = self.key.public_key.public_key_bytes
        return found

    @cached_property
    def address(self) -> bytes:
        """20 bytes."""
        return address_of(self.public_key)

    @cached_property
    def text(self) -> str:
        """bech32."""
        return to_text(self.address)


def wallet(number: int) -> Wallet:
    """The wallet of this account number; its key follows from it."""
    return Wallet(number, PrivateKey((number + 1).to_bytes(32, "big")))


WALLETS: Final = tuple(wallet(number) for number in range(4))
ALICE, BOB, CAROL, DAVE = WALLETS


def funded_state(*wallets: Wallet, funds: Mapping[str, int] | int = FUNDS) -> Branch:
    """A branch after a genesis in which the wallets have accounts and coins."""
    state = CommittedState(no_version(STORES)).branch()
    chosen = wallets or WALLETS
    accounts: list[Json] = [
        {
            "@type": auth_genesis.BASE_ACCOUNT,
            "address": one.text,
            "pub_key": None,
            "account_number": str(one.number),
            "sequence": "0",
        }
        for one in chosen
    ]
    held: list[Json] = [
        {
            "address": one.text,
            "coins": [{"denom": coin.denom, "amount": coin.amount} for coin in coins(funds)],
        }
        for one in chosen
    ]
    auth_genesis.import_genesis(state, {"accounts": accounts})
    bank_genesis.import_genesis(state, {"balances": held})
    return state


def coins(amounts: Mapping[str, int] | int) -> list[Any]:
    """Coins of protobuf, sorted; a number alone is useed."""
    by_denom = {"useed": amounts} if isinstance(amounts, int) else amounts
    return [Coin(denom=denom, amount=str(by_denom[denom])) for denom in sorted(by_denom)]


def send(
    sender: Wallet, receiver: Wallet | bytes, amount: Mapping[str, int] | int = 5
) -> bank_pb.MsgSend:
    """A MsgSend of protobuf."""
    return bank_pb.MsgSend(
        from_address=sender.text, to_address=_text(receiver), amount=coins(amount)
    )


def multi_send(
    sender: Wallet, shares: Sequence[tuple[Wallet | bytes, int]]
) -> bank_pb.MsgMultiSend:
    """A MsgMultiSend of useed."""
    outputs = [
        bank_types.Output(address=_text(receiver), coins=coins(amount))
        for receiver, amount in shares
    ]
    total = sum(amount for _, amount in shares)
    inputs = [bank_types.Input(address=sender.text, coins=coins(total))]
    return bank_pb.MsgMultiSend(inputs=inputs, outputs=outputs)


def transaction(
    *messages: Any,
    signers: Sequence[Wallet] = (ALICE,),
    sequences: Sequence[int] | int = 0,
    fee: str | None = "100useed",
    gas_limit: int = GAS_LIMIT,
    memo: str = "",
    timeout_height: int | None = None,
    chain_id: str = CHAIN_ID,
    numbers: Sequence[int] | None = None,
) -> Any:
    """A Tx of protobuf that cosmpy sealed and signed."""
    every = [sequences] * len(signers) if isinstance(sequences, int) else sequences
    made = Transaction()
    for message in messages:
        made.add_message(message)
    made.seal(
        [
            SigningCfg.direct(one.key.public_key, sequence)
            for one, sequence in zip(signers, every, strict=True)
        ],
        TxFee(fee, gas_limit),
        memo=memo,
        timeout_height=timeout_height,
    )
    for one, number in zip(signers, numbers or [one.number for one in signers], strict=True):
        made.sign(one.key, chain_id, number)
    return made.complete().tx


def signed(*messages: Any, **options: Any) -> bytes:
    """The bytes that cosmpy broadcasts for `transaction`."""
    encoded: bytes = transaction(*messages, **options).SerializeToString()
    return encoded


def sign_again(tx: Any, *wallets: Wallet, chain_id: str = CHAIN_ID) -> bytes:
    """The bytes of a Tx that was changed by hand, with signatures over what it is now."""
    body, auth_info = tx.body.SerializeToString(), tx.auth_info.SerializeToString()
    del tx.signatures[:]
    for one in wallets or (ALICE,):
        document = SignDoc(
            body_bytes=body,
            auth_info_bytes=auth_info,
            chain_id=chain_id,
            account_number=one.number,
        )
        tx.signatures.append(one.key.sign(document.SerializeToString()))
    encoded: bytes = tx.SerializeToString()
    return encoded


def _text(who: Wallet | bytes) -> str:
    return to_text(who if isinstance(who, bytes) else who.address)
