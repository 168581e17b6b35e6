"""Events of transactions, in the chain's order, by looking at each new block.

A poll instead of a socket: it loses nothing across a reconnect, and a block comes once a second at
most. Which events a transaction had is CometBFT's answer, unproven.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from node.chain_client.failures import failure_of_engine
from node.chain_client.transactions import tx_hash
from node.engine_rpc import EngineRpc, EngineRpcFailure

POLL_SECS: Final = 0.2


@dataclass(frozen=True, slots=True)
class ChainEvent:
    """One event of a transaction in a block."""

    type: str
    attributes: Mapping[str, str]
    height: int
    tx_index: int
    tx_hash: str


def follow(
    engine: EngineRpc, event_type: str, *, from_height: int = 0, timeout: float | None = None
) -> Iterator[ChainEvent]:
    """As `ChainClient.subscribe`. Raises ChainFailure."""
    deadline = None if timeout is None else time.monotonic() + timeout
    newest = _newest(engine)
    height = from_height or newest + 1
    while True:
        while height <= newest:
            yield from of_block(engine, height, event_type)
            height += 1
        if deadline is not None and time.monotonic() >= deadline:
            return
        time.sleep(POLL_SECS)
        newest = _newest(engine)


def of_block(engine: EngineRpc, height: int, event_type: str) -> list[ChainEvent]:
    """The events of one type in one block. Raises ChainFailure."""
    try:
        txs = engine.block(height).txs
        results = engine.block_results(height)
        while results is None:  # stored a moment after the block
            time.sleep(POLL_SECS)
            results = engine.block_results(height)
    except EngineRpcFailure as failure:
        raise failure_of_engine(failure) from None
    return [
        ChainEvent(
            event_type,
            {fact.key: fact.value for fact in event.attributes},
            height,
            index,
            tx_hash(raw),
        )
        for index, (raw, result) in enumerate(zip(txs, results.tx_results, strict=True))
        for event in result.events
        if event.type == event_type
    ]


def _newest(engine: EngineRpc) -> int:
    try:
        return engine.status().latest_height
    except EngineRpcFailure as failure:
        raise failure_of_engine(failure) from None
