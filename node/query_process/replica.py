"""The copy of the state in the query process, and when it may be read.

It is what the node's own state is, version by version, each with the app hash that the node has
computed. A query reads it once every version is there that was committed when the query came.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final

from chain_module.store.snapshot import read_snapshot
from chain_module.store.state import CommittedState
from chain_module.store.version import Version, no_version
from node.query_process.shared_height import SharedHeight
from node.query_process.wire import Channel, Kind, LinkEnded
from node.services.failures import QueryCode, unavailable
from node.storage import BlockReader, StoredBlock, StoredTx

WAIT_SECS: Final = 3.0
"""How long a query waits for a version that the node has."""


class Replica:
    """A `node.application.backend.Source`. One thread changes it, any reads."""

    def __init__(
        self,
        committed: SharedHeight,
        *,
        fetch: Callable[[bytes], bytes | None],
        initial_version: int,
        keep: int,
    ) -> None:
        """`fetch` reads a row of the node's index of blocks."""
        self._committed = committed
        self._blocks = BlockReader(fetch, where="the node's storage")
        self._initial_version = initial_version
        self._keep = keep
        self._changed = threading.Condition()
        self._state: CommittedState | None = None

    def begin(self, version: Version) -> None:
        """Takes the version that it begins with, the first time or again."""
        state = CommittedState(version, keep=self._keep)
        with self._changed:
            self._state = state
            self._changed.notify_all()

    def begin_empty(self, names: Sequence[str]) -> None:
        """Begins before the first block."""
        self.begin(no_version(names, initial_version=self._initial_version))

    def take(self, record: bytes) -> None:
        """Takes the next version. Raises StoreFault."""
        self.state.replay(record)
        with self._changed:
            self._changed.notify_all()

    @property
    def state(self) -> CommittedState:
        """The copy. Only once `height` was asked for, or it has begun."""
        if self._state is None:
            raise RuntimeError("a copy that has not begun")
        return self._state

    @property
    def here(self) -> int:
        """The height of the copy as it is; 0 before the first block."""
        newest = 0 if self._state is None else self._state.newest.number
        return newest if newest >= self._initial_version else 0

    @property
    def height(self) -> int:
        """The same once all is there that is committed now.

        Raises:
            QueryRefused: UNAVAILABLE, where it does not come in time.
        """
        wanted = self._committed.value
        with self._changed:
            if not self._changed.wait_for(lambda: self._reaches(wanted), WAIT_SECS):
                raise unavailable(
                    QueryCode.QUERIES_BEHIND,
                    expected=f"the state of block {wanted} in the process that answers queries",
                    found=f"that of {self.here or 'none'} after {WAIT_SECS:g} s; ask again",
                )
        return self.here

    def block(self, height: int) -> StoredBlock | None:
        """A committed block's facts, or None where it is not kept."""
        return self._blocks.block(height)

    def find_tx(self, tx_hash: bytes) -> StoredTx | None:
        """A committed transaction, or None."""
        return self._blocks.find_tx(tx_hash)

    def _reaches(self, wanted: int) -> bool:
        return self._state is not None and self.here >= wanted


def receive_version(channel: Channel, first: bytes) -> Version:
    """The version whose snapshot begins with these bytes, and goes on in the next messages.

    Raises:
        LinkEnded: something else came, or nothing.
        StoreFault: DAMAGED_SNAPSHOT, ROOT_MISMATCH.
    """
    return read_snapshot(_Pieces(channel, first).read)


class _Pieces:
    """The bytes of SNAPSHOT messages, up to the empty one."""

    def __init__(self, channel: Channel, first: bytes) -> None:
        self._channel = channel
        self._piece = first
        self._at = 0
        self._over = False

    def read(self, size: int) -> bytes:
        """The next bytes; fewer only at the end."""
        parts: list[bytes] = []
        while size and not self._over:
            part = self._piece[self._at : self._at + size]
            if not part:
                self._next()
                continue
            self._at += len(part)
            size -= len(part)
            parts.append(part)
        return b"".join(parts)

    def _next(self) -> None:
        kind, self._piece = self._channel.receive()
        if kind is not Kind.SNAPSHOT:
            raise LinkEnded(f"a message {kind.name} within a snapshot")
        self._at = 0
        self._over = not self._piece
