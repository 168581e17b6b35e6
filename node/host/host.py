"""`Host`: owns the way to the chain and to the enclave, and runs the event loop.

Blocks are looked at in their order, once each. A handler that fails is logged and asked again at
the next event that it wants; it never stops the others. A node that is far behind starts again at
the newest block, so a handler that must miss nothing looks at the state, not at events alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from node.chain_client import ChainClient, ChainEvent, ChainFailure
from node.chain_client.events import events_of
from node.enclave_client import EnclaveClient
from node.failure import NodeFailure
from node.log import Log

NEW_BLOCK: Final = "new_block"
"""The type of the event that each block has, before its own and its transactions'."""
MAX_BEHIND: Final = 100
"""Blocks; what is older is not looked at any more."""
POLL_SECS: Final = 0.5


class EventHandler(Protocol):
    """Turns events of the chain into requests to the enclave."""

    @property
    def events(self) -> frozenset[str]:
        """The types that it wants now.

        A block's events are fetched only for those who want them: a full block has thousands, and
        this process has others to serve.
        """
        ...

    def handle(self, host: Host, event: ChainEvent) -> None:
        """Does what the event asks for. May raise NodeFailure."""
        ...


@dataclass
class Host:
    """One enclave's host.

    Args:
        chain: the node's own.
        enclave: the node's own.
        handlers: in the order in which they see an event.
        log: gets what handlers could not do.
        patience: seconds of silence of the chain after which it is said, once.
    """

    chain: ChainClient
    enclave: EnclaveClient
    handlers: Sequence[EventHandler]
    log: Log
    patience: float = 30.0

    def run(self, stop: threading.Event, *, from_height: int = 0) -> None:
        """Works until `stop` is set.

        Args:
            stop: ends it, between two events.
            from_height: the first block; 0: the newest.
        """
        height, heard, said = from_height, time.monotonic(), False
        while not stop.is_set():
            try:
                height = self._catch_up(height, stop)
                heard, said = time.monotonic(), False
            except ChainFailure as failure:
                # A node that starts has no engine yet; one that restarts has none for a moment.
                if not said and time.monotonic() - heard >= self.patience:
                    self.log("warning", "chain_away", code=failure.code, found=failure.found)
                    said = True
            stop.wait(POLL_SECS)

    def _catch_up(self, height: int, stop: threading.Event) -> int:
        """Looks at the blocks from `height` on (0: the newest); the next one to look at."""
        status = self.chain.status()
        newest = status.latest_height
        if status.catching_up or newest == 0:
            return height
        height = max(height, newest - MAX_BEHIND) if height else newest
        while height <= newest and not stop.is_set() and self._block(height):
            height += 1
        return height

    def _block(self, height: int) -> bool:
        """Shows a block to the handlers; False where its results are still to come."""
        wanted = {kind for handler in self.handlers for kind in handler.events}
        found = events_of(self.chain.engine, height) if wanted - {NEW_BLOCK} else []
        if found is None:
            return False
        for event in (ChainEvent(NEW_BLOCK, {}, height), *found):
            for handler in self.handlers:
                if event.type in handler.events:
                    self._handle(handler, event)
        return True

    def _handle(self, handler: EventHandler, event: ChainEvent) -> None:
        try:
            handler.handle(self, event)
        except NodeFailure as failure:
            self.log(
                "warning",
                "handler_failed",
                handler=type(handler).__name__,
                type=event.type,
                height=event.height,
                reason=str(failure),
            )
