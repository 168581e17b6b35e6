"""Waiting for a block: confirm by commit, never by what a mempool accepted.

A mempool may forget a transaction that it took, so it is offered again now and then; its sequence
lets it be executed once. A node that restarts meanwhile is asked again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from node.chain_client.failures import LATER, ChainCode, ChainFailure, TxRefused
from node.chain_client.transactions import SignedTx

POLL_SECS: Final = 0.2
RESEND_POLLS: Final = 25
"""A transaction is offered again this often."""


@dataclass(frozen=True, slots=True)
class Committed:
    """A transaction in a block."""

    hash: str
    height: int
    code: int
    """0: done."""
    codespace: str
    log: str
    gas_wanted: int
    gas_used: int

    def refusal(self) -> TxRefused | None:
        """Why it failed, or None."""
        if self.code == 0:
            return None
        return TxRefused(
            codespace=self.codespace,
            number=self.code,
            log=self.log,
            tx_hash=self.hash,
            height=self.height,
        )


class Sender(Protocol):
    """What waiting needs of a `ChainClient`."""

    def tx(self, tx_hash: str) -> Committed | None:
        """A transaction in a block, or None."""
        ...

    def height(self) -> int:
        """Of the newest block."""
        ...

    def broadcast(self, raw: bytes) -> str:
        """Offers a transaction. Raises TxRefused."""
        ...


def wait_for(
    chain: Sender, tx: SignedTx, *, timeout: float, waiting: Callable[[int], None] | None
) -> Committed:
    """As `ChainClient.wait`."""
    deadline, newest, polls = time.monotonic() + timeout, 0, 0
    refused: TxRefused | None = None
    while True:
        found, height = _look(chain, tx, deadline)
        if found is not None:
            return found
        if height > newest and waiting is not None:
            waiting(height)
        newest, polls = max(height, newest), polls + 1
        if tx.timeout_height and newest > tx.timeout_height + 1:
            raise _not_committed(tx, f"block {newest}, and its last one was {tx.timeout_height}")
        if time.monotonic() >= deadline:
            raise _not_committed(tx, f"none up to block {newest} within {timeout:.0f} s")
        if polls % RESEND_POLLS == 0:
            # In a block, and not yet in the index: the mempool refuses its used sequence.
            if refused is not None:
                raise refused
            refused = _offered_again(chain, tx)
        time.sleep(POLL_SECS)


def _look(chain: Sender, tx: SignedTx, deadline: float) -> tuple[Committed | None, int]:
    """The transaction, if it is in a block, and the newest height; 0 where nobody answers."""
    try:
        return chain.tx(tx.hash), chain.height()
    except ChainFailure as failure:
        if failure.code not in LATER or time.monotonic() >= deadline:
            raise
        return None, 0


def _offered_again(chain: Sender, tx: SignedTx) -> TxRefused | None:
    try:
        chain.broadcast(tx.raw)
    except TxRefused as refused:
        return refused
    except ChainFailure as failure:
        if failure.code not in LATER:
            raise
    return None


def _not_committed(tx: SignedTx, found: str) -> ChainFailure:
    return ChainFailure(
        ChainCode.TX_NOT_COMMITTED, expected=f"a block with transaction {tx.hash}", found=found
    )
