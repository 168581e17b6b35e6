"""What a module's messages are to those who run transactions.

A module exports `MESSAGES`: its message kinds by type URL. A message is read in two steps, since
its sender is nobody before its signature is checked: `tx` makes its outline, checks signatures and
charges the gas; only then `app` reads it in full and executes it. What is wrong with it then is a
failure that its sender has paid for (docs/adr/0025).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from chain_module.abci.common import Event
from chain_module.store.types import StateReader, StateStore
from enclave.time import Time


@dataclass(frozen=True, slots=True)
class BlockContext:
    """What execution may know of the block that it is part of."""

    chain_id: str
    height: int
    gate_time: Time
    """The time in header `height` - 1; genesis time at the initial height."""


@dataclass(frozen=True, slots=True)
class Executed:
    """What a message did, besides its writes."""

    response: bytes
    """The encoded Msg..Response."""
    response_type_url: str
    events: tuple[Event, ...] = ()


class Message(Protocol):
    """A message that was read in full: its form was checked."""

    def execute(self, state: StateStore, context: BlockContext) -> Executed:
        """Does it. Raises TxRefusal, and the caller throws the writes away."""
        ...


@dataclass(frozen=True, slots=True)
class Outline:
    """What is known of a message before its signature is checked: who signs, and what it costs.

    Making one costs a bounded time a byte: its size is looked at, its protobuf is decoded strictly,
    its entries are counted, and nothing of what they hold is read.
    """

    signer: str
    """The account that must sign, as the message writes it: not yet an address."""
    gas: Callable[[StateReader], int]
    """What executing it costs: flat, known before it runs."""
    read: Callable[[], Message]
    """Checks the form of everything in it. Raises TxRefusal."""


@dataclass(frozen=True, slots=True)
class MessageKind:
    """How messages of one type URL are read.

    Args of `outline`: the value of the Any, bounded by the transaction's size. Raises TxRefusal.
    """

    type_url: str
    outline: Callable[[bytes], Outline]

    def decode(self, value: bytes) -> Message:
        """The message, read in full. Raises TxRefusal."""
        return self.outline(value).read()


def flat(amount: int) -> Callable[[StateReader], int]:
    """The gas of a message that costs the same in every state."""
    return lambda _state: amount
