"""`Host`: owns the way to the chain and to the enclave, and runs the event loop.

Blocks are looked at in their order, once each. A handler that fails is logged and asked again at
the next event that it wants; it never stops the others. One that meets a fault of its own code is
logged with its place, and left alone for ever more blocks, up to a limit; the loop goes on. A node
that is far behind starts again at the newest block, so a handler that must miss nothing looks at
the state, not at events alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from node.chain_client import ChainClient, ChainEvent, ChainFailure
from node.chain_client.events import events_of
from node.enclave_client import EnclaveClient
from node.failure import NodeFailure
from node.log import Log, place_of
from node.metrics import Metrics

NEW_BLOCK: Final = "new_block"
"""The type of the event that each block has, before its own and its transactions'."""
MAX_BEHIND: Final = 100
"""Blocks; what is older is not looked at any more."""
POLL_SECS: Final = 0.5
LAST_POLL_SECS: Final = 30.0
"""The loop's own faults make it slower, up to this."""
MAX_REST: Final = 64
"""Blocks for which a handler is left alone at most."""


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


@dataclass(frozen=True, slots=True)
class _Rest:
    """How long a handler is left alone after a fault."""

    until: int
    """The block at which it is asked again."""
    blocks: int


@dataclass
class Host:
    """One enclave's host.

    Args:
        chain: the node's own.
        enclave: the node's own.
        handlers: in the order in which they see an event.
        log: gets what handlers could not do.
        patience: seconds of silence of the chain after which it is said, once.
        metrics: count faults.
    """

    chain: ChainClient
    enclave: EnclaveClient
    handlers: Sequence[EventHandler]
    log: Log
    patience: float = 30.0
    metrics: Metrics = field(default_factory=Metrics)
    _rests: dict[int, _Rest] = field(default_factory=dict, init=False)

    def run(self, stop: threading.Event, *, from_height: int = 0) -> None:
        """Works until `stop` is set.

        Args:
            stop: ends it, between two events.
            from_height: the first block; 0: the newest.
        """
        height, heard, said, wait = from_height, time.monotonic(), False, POLL_SECS
        while not stop.is_set():
            try:
                height = self._catch_up(height, stop)
                heard, said, wait = time.monotonic(), False, POLL_SECS
            except ChainFailure as failure:
                # A node that starts has no engine yet; one that restarts has none for a moment.
                if not said and time.monotonic() - heard >= self.patience:
                    self.log("warning", "chain_away", code=failure.code, found=failure.found)
                    said = True
            except Exception as fault:  # noqa: BLE001 (this thread's end would end all renewals)
                self._fault("Host", fault, height)
                wait = min(2 * wait, LAST_POLL_SECS)
            stop.wait(wait)

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
        rest = self._rests.get(id(handler))
        if rest is not None and event.height < rest.until:
            return
        name = type(handler).__name__
        try:
            handler.handle(self, event)
        except NodeFailure as failure:
            self.log(
                "warning",
                "handler_failed",
                handler=name,
                type=event.type,
                height=event.height,
                reason=str(failure),
            )
        except Exception as fault:  # noqa: BLE001 (one handler's bug must not end the others)
            self._fault(name, fault, event.height)
            blocks = min(2 * rest.blocks, MAX_REST) if rest else 1
            self._rests[id(handler)] = _Rest(event.height + blocks, blocks)
            return
        self._rests.pop(id(handler), None)

    def _fault(self, handler: str, fault: Exception, height: int) -> None:
        """What nobody foresaw: where it was, and no word of what it was about."""
        self.metrics.host_fault(handler)
        self.log(
            "error",
            "host_fault",
            handler=handler,
            height=height,
            type=type(fault).__name__,
            at=place_of(fault),
        )
