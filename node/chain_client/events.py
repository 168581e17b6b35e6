"""Events in the chain's order, by looking at each new block.

A poll instead of a socket: it loses nothing across a reconnect, and blocks come once a second or
so. Which events a block had is CometBFT's answer, unproven.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from chain_module.abci.common import Event
from node.chain_client.failures import failed, failure_of_engine
from node.chain_client.transactions import tx_hash
from node.engine_rpc import EngineRpc, EngineRpcFailure

POLL_SECS: Final = 0.2
OF_THE_BLOCK: Final = -1


@dataclass(frozen=True, slots=True)
class ChainEvent:
    """One event of a block."""

    type: str
    attributes: Mapping[str, str]
    height: int
    tx_index: int = OF_THE_BLOCK
    """Of the transaction that had it; -1: the block itself."""
    tx_hash: str = ""
    """64 characters of upper-case hex, or empty."""


def follow(
    engine: EngineRpc, event_type: str, *, from_height: int = 0, timeout: float | None = None
) -> Iterator[ChainEvent]:
    """As `ChainClient.subscribe`. Raises ChainFailure."""
    deadline = None if timeout is None else time.monotonic() + timeout
    newest = newest_height(engine)
    height = from_height or newest + 1
    while True:
        while height <= newest and (found := events_of(engine, height)) is not None:
            yield from (event for event in found if event.type == event_type)
            height += 1
        if deadline is not None and time.monotonic() >= deadline:
            return
        time.sleep(POLL_SECS)
        newest = newest_height(engine)


def events_of(engine: EngineRpc, height: int) -> list[ChainEvent] | None:
    """Every event of a block: its own first, then its transactions'.

    Returns:
        None for a moment after the block, while the engine does not have its results yet.

    Raises:
        ChainFailure.
    """
    try:
        results = engine.block_results(height)
        txs = engine.block(height).txs if results and results.tx_results else ()
    except EngineRpcFailure as failure:
        raise failure_of_engine(failure) from None
    if results is None:
        return None
    if len(txs) != len(results.tx_results):
        found = f"{len(results.tx_results)} results of {len(txs)} transactions"
        raise failed(engine.address, f"{found} in block {height}")
    events = [ChainEvent(event.type, _facts(event), height) for event in results.events]
    for index, (raw, result) in enumerate(zip(txs, results.tx_results, strict=True)):
        name = tx_hash(raw)
        events += [
            ChainEvent(event.type, _facts(event), height, index, name) for event in result.events
        ]
    return events


def newest_height(engine: EngineRpc) -> int:
    """Of the newest block. Raises ChainFailure."""
    try:
        return engine.status().latest_height
    except EngineRpcFailure as failure:
        raise failure_of_engine(failure) from None


def _facts(event: Event) -> dict[str, str]:
    return {fact.key: fact.value for fact in event.attributes}
