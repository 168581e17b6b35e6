"""`NodeBackend`: what the services read of this node. Any thread may call it."""

from __future__ import annotations

from typing import Protocol

from chain_module.abci.responses import TxResult
from chain_module.app.check import simulate
from chain_module.app.view import block_context
from chain_module.store.branch import Branch
from chain_module.store.errors import StoreFault
from chain_module.store.state import CommittedState
from chain_module.store.version import Version
from node.engine_rpc import EngineRpc
from node.services.backend import HeightUnknown
from node.storage import StoredBlock, StoredTx


class Source(Protocol):
    """The state and the blocks of a node: its storage, or the copy in its query process."""

    @property
    def height(self) -> int:
        """Of the newest block that is to be read; 0 before the first. Asked before `state`."""
        ...

    @property
    def state(self) -> CommittedState:
        """The state."""
        ...

    def find_tx(self, tx_hash: bytes) -> StoredTx | None:
        """A committed transaction, or None."""
        ...

    def block(self, height: int) -> StoredBlock | None:
        """A committed block's facts, or None where it is not kept."""
        ...


class NodeBackend:
    """A `node.services.Backend` over a node's state and its engine."""

    def __init__(self, storage: Source, engine: EngineRpc) -> None:
        self._storage = storage
        self.engine = engine

    def reader(self, height: int = 0) -> Version:
        """The state after block `height`; 0 is the newest. Raises HeightUnknown."""
        if not self._storage.height:
            raise HeightUnknown(expected="a committed block", found="none yet")
        state = self._storage.state
        if not height:
            return state.newest
        try:
            found = state.at(height)
        except StoreFault as fault:
            raise HeightUnknown(expected=fault.expected, found=fault.found) from None
        if not any(found.trees.values()):
            # What a chain that begins above height 1 has before its first block.
            raise HeightUnknown(expected=f"a version from {height + 1} on", found=str(height))
        return found

    def find_tx(self, tx_hash: bytes) -> StoredTx | None:
        """A committed transaction, or None."""
        return self._storage.find_tx(tx_hash)

    def find_block(self, height: int) -> StoredBlock | None:
        """A committed block's facts, or None where it is not kept."""
        return self._storage.block(height)

    def simulate(self, raw: bytes) -> TxResult:
        """What a transaction would cost on the newest state. Raises TxRefusal, HeightUnknown."""
        version = self.reader()
        context = block_context(version, height=version.number + 1)
        return simulate(Branch(version), raw, context=context)
