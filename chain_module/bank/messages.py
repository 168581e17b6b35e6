"""MsgSend and MsgMultiSend (cosmos.bank.v1beta1), as the Cosmos SDK checks and does them.

`decode` checks the form, `execute` the state. Module accounts receive nothing from users.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cosmpy.protos.cosmos.bank.v1beta1 import tx_pb2 as pb

from chain_module import gas
from chain_module.abci.common import Event
from chain_module.address import from_text, to_text
from chain_module.auth.accounts import MODULE_ACCOUNTS
from chain_module.bank.balances import give, move, take
from chain_module.bank.coins import Coins, CoinText, coins_text, read_coins, total
from chain_module.bank.errors import BankReason
from chain_module.errors import SdkReason, TxRefusal
from chain_module.events import event
from chain_module.message import BlockContext, Executed, MessageKind
from chain_module.store.types import StateReader, StateStore
from chain_module.wire import decode

SEND_URL: Final = "/cosmos.bank.v1beta1.MsgSend"
MULTI_SEND_URL: Final = "/cosmos.bank.v1beta1.MsgMultiSend"


@dataclass(frozen=True, slots=True)
class MsgSend:
    """Moves coins from one account to another."""

    sender: bytes
    """20 bytes, as all addresses here."""
    receiver: bytes
    coins: Coins
    """At least one; each positive."""

    def signers(self) -> tuple[bytes, ...]:
        """The sender."""
        return (self.sender,)

    def gas(self, _state: StateReader) -> int:
        """By the number of coins."""
        return gas.SEND + gas.COIN * (len(self.coins) - 1)

    def execute(self, state: StateStore, _context: BlockContext) -> Executed:
        """Raises TxRefusal UNAUTHORIZED or INSUFFICIENT_FUNDS."""
        require_open(self.receiver)
        events = move(state, self.coins, sender=self.sender, receiver=self.receiver)
        return Executed(b"", f"{SEND_URL}Response", events)


@dataclass(frozen=True, slots=True)
class Share:
    """One output of a MsgMultiSend."""

    receiver: bytes
    coins: Coins


@dataclass(frozen=True, slots=True)
class MsgMultiSend:
    """Moves coins from one account to several."""

    sender: bytes
    coins: Coins
    """The sum of the shares."""
    shares: tuple[Share, ...]

    def signers(self) -> tuple[bytes, ...]:
        """The sender."""
        return (self.sender,)

    def gas(self, _state: StateReader) -> int:
        """By the number of outputs, and of their coins."""
        further = sum(len(share.coins) - 1 for share in self.shares) + len(self.coins) - 1
        return gas.SEND + gas.MULTI_SEND_OUTPUT * len(self.shares) + gas.COIN * further

    def execute(self, state: StateStore, _context: BlockContext) -> Executed:
        """Raises TxRefusal UNAUTHORIZED or INSUFFICIENT_FUNDS."""
        for share in self.shares:
            require_open(share.receiver)
        sender = to_text(self.sender)
        events: list[Event] = [
            take(state, self.sender, self.coins),
            event("message", ("sender", sender)),
        ]
        for share in self.shares:
            events.append(give(state, share.receiver, share.coins))
            recipient, amount = to_text(share.receiver), coins_text(share.coins)
            events.append(event("transfer", ("recipient", recipient), ("amount", amount)))
        return Executed(b"", f"{MULTI_SEND_URL}Response", tuple(events))


def require_open(receiver: bytes) -> None:
    """Raises TxRefusal UNAUTHORIZED for the account of a module."""
    if receiver in MODULE_ACCOUNTS:
        raise TxRefusal(
            SdkReason.UNAUTHORIZED,
            expected="a receiver that is not an account of the chain itself",
            found=f"{to_text(receiver)} ({MODULE_ACCOUNTS[receiver]})",
        )


def decode_send(value: bytes) -> MsgSend:
    """Raises TxRefusal TX_PARSE_ERROR, INVALID_ADDRESS or INVALID_COINS."""
    message = decode(pb.MsgSend, value)
    return MsgSend(
        from_text(message.from_address), from_text(message.to_address), _coins(message.amount)
    )


def decode_multi_send(value: bytes) -> MsgMultiSend:
    """Reads exactly one input, and outputs that sum to it.

    Raises:
        TxRefusal: as `decode_send`; NO_INPUTS, MULTIPLE_SENDERS, NO_OUTPUTS or
            INPUT_OUTPUT_MISMATCH.
    """
    message = decode(pb.MsgMultiSend, value)
    inputs, outputs = message.inputs, message.outputs
    if not inputs:
        raise TxRefusal(BankReason.NO_INPUTS, expected="one input", found="none")
    if len(inputs) > 1:
        found = f"{len(inputs)} inputs"
        raise TxRefusal(BankReason.MULTIPLE_SENDERS, expected="one input", found=found)
    if not outputs:
        raise TxRefusal(BankReason.NO_OUTPUTS, expected="an output", found="none")
    spent = _coins(inputs[0].coins)
    shares = tuple(Share(from_text(output.address), _coins(output.coins)) for output in outputs)
    received = total(share.coins for share in shares)
    if received != spent:
        raise TxRefusal(
            BankReason.INPUT_OUTPUT_MISMATCH,
            expected=f"outputs of {coins_text(spent)}",
            found=coins_text(received),
        )
    return MsgMultiSend(from_text(inputs[0].address), spent, shares)


MESSAGES: Final = (
    MessageKind(SEND_URL, decode_send),
    MessageKind(MULTI_SEND_URL, decode_multi_send),
)


def _coins(found: Iterable[CoinText]) -> Coins:
    coins = read_coins(found)
    if not coins:
        raise TxRefusal(SdkReason.INVALID_COINS, expected="at least one coin", found="none")
    return coins
