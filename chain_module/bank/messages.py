"""MsgSend and MsgMultiSend (cosmos.bank.v1beta1), as the Cosmos SDK checks and does them.

An outline counts and prices, reading checks the form, `execute` the state. Module accounts receive
nothing from users.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Sized
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

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
from chain_module.limits import MAX_MULTI_SEND_BYTES, MAX_OUTPUTS, MAX_SEND_BYTES
from chain_module.message import BlockContext, Executed, MessageKind, Outline, flat
from chain_module.store.types import StateStore
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


def outline_send(value: bytes) -> Outline:
    """A MsgSend, priced by its number of coins.

    Raises:
        TxRefusal: TX_TOO_LARGE or TX_PARSE_ERROR; when it is read, INVALID_ADDRESS or
            INVALID_COINS.
    """
    _require_size(value, MAX_SEND_BYTES)
    message = decode(pb.MsgSend, value)
    cost = gas.SEND + gas.COIN * _further([message.amount])
    return Outline(
        message.from_address,
        flat(cost),
        partial(_read_send, message.from_address, message.to_address, message.amount),
    )


def outline_multi_send(value: bytes) -> Outline:
    """A MsgMultiSend of one input, priced by its outputs and their coins.

    Raises:
        TxRefusal: TX_TOO_LARGE, TX_PARSE_ERROR, NO_INPUTS, MULTIPLE_SENDERS, NO_OUTPUTS or
            TOO_MANY_OUTPUTS; when it is read, INVALID_ADDRESS, INVALID_COINS or
            INPUT_OUTPUT_MISMATCH.
    """
    _require_size(value, MAX_MULTI_SEND_BYTES)
    message = decode(pb.MsgMultiSend, value)
    inputs, outputs = message.inputs, message.outputs
    if not inputs:
        raise TxRefusal(BankReason.NO_INPUTS, expected="one input", found="none")
    if len(inputs) > 1:
        found = f"{len(inputs)} inputs"
        raise TxRefusal(BankReason.MULTIPLE_SENDERS, expected="one input", found=found)
    if not outputs:
        raise TxRefusal(BankReason.NO_OUTPUTS, expected="an output", found="none")
    if len(outputs) > MAX_OUTPUTS:
        raise TxRefusal(
            BankReason.TOO_MANY_OUTPUTS,
            expected=f"at most {MAX_OUTPUTS} outputs",
            found=str(len(outputs)),
        )
    further = _further([inputs[0].coins, *(output.coins for output in outputs)])
    cost = gas.SEND + gas.MULTI_SEND_OUTPUT * len(outputs) + gas.COIN * further
    read = partial(_read_multi_send, inputs[0].address, inputs[0].coins, outputs)
    return Outline(inputs[0].address, flat(cost), read)


MESSAGES: Final = (
    MessageKind(SEND_URL, outline_send),
    MessageKind(MULTI_SEND_URL, outline_multi_send),
)


class _Output(Protocol):
    """An output as protobuf has it."""

    address: str
    coins: Iterable[CoinText]


def _read_send(sender: str, receiver: str, amount: Iterable[CoinText]) -> MsgSend:
    return MsgSend(from_text(sender), from_text(receiver), _coins(amount))


def _read_multi_send(
    sender: str, coins: Iterable[CoinText], outputs: Iterable[_Output]
) -> MsgMultiSend:
    spent = _coins(coins)
    shares = tuple(Share(from_text(output.address), _coins(output.coins)) for output in outputs)
    received = total(share.coins for share in shares)
    if received != spent:
        raise TxRefusal(
            BankReason.INPUT_OUTPUT_MISMATCH,
            expected=f"outputs of {coins_text(spent)}",
            found=coins_text(received),
        )
    return MsgMultiSend(from_text(sender), spent, shares)


def _further(lists: Sequence[Sized]) -> int:
    """Coins beyond the first of each list; one without a coin is refused when it is read."""
    return max(sum(map(len, lists)) - len(lists), 0)


def _require_size(value: bytes, most: int) -> None:
    if len(value) > most:
        raise TxRefusal(
            SdkReason.TX_TOO_LARGE,
            expected=f"a message of at most {most} bytes",
            found=f"{len(value)} bytes",
        )


def _coins(found: Iterable[CoinText]) -> Coins:
    coins = read_coins(found)
    if not coins:
        raise TxRefusal(SdkReason.INVALID_COINS, expected="at least one coin", found="none")
    return coins
