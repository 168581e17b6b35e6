"""What a module's messages are to those who run transactions.

A module exports `MESSAGES`: its message kinds by type URL. `tx` decodes with them and charges
their gas; `app` executes them. A message knows no transaction beyond what `Delivery` says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from chain_module.abci.common import Event
from chain_module.store.types import StateReader, StateStore
from enclave.registration.records import Time


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
    """A decoded message whose form was checked."""

    def signers(self) -> tuple[bytes, ...]:
        """Raw addresses (20 bytes) that must sign, in order, each once."""
        ...

    def gas(self, state: StateReader) -> int:
        """What executing it costs: flat, known before it runs."""
        ...

    def execute(self, state: StateStore, context: BlockContext) -> Executed:
        """Does it. Raises TxRefusal, and the caller throws the writes away."""
        ...


@dataclass(frozen=True, slots=True)
class MessageKind:
    """How messages of one type URL are read.

    Args of `decode`: the value of the Any, bounded by the transaction's size. It is strict and
    checks the form; it raises TxRefusal.
    """

    type_url: str
    decode: Callable[[bytes], Message]
