"""What the services see of the node: state, transactions, simulation and the engine.

Calls come from the server's threads, many at once, and from ABCI's query lane.
"""

from __future__ import annotations

from typing import Protocol

from chain_module.abci.responses import TxResult
from chain_module.store.version import Version
from enclave.errors import one_line
from node.engine_rpc import EngineRpc
from node.storage import StoredBlock, StoredTx


class HeightUnknown(Exception):
    """There is no state of that height here.

    Attributes:
        expected: which heights there are.
        found: the one that was asked for.
    """

    def __init__(self, *, expected: str, found: str) -> None:
        self.expected = one_line(expected)
        self.found = one_line(found)
        super().__init__(f"expected {self.expected}, found {self.found}")


class Backend(Protocol):
    """One node."""

    @property
    def engine(self) -> EngineRpc:
        """The RPC of this node's engine."""
        ...

    def reader(self, height: int = 0) -> Version:
        """The state after block `height`; 0 is the newest. Raises HeightUnknown."""
        ...

    def find_tx(self, tx_hash: bytes) -> StoredTx | None:
        """A committed transaction, or None."""
        ...

    def find_block(self, height: int) -> StoredBlock | None:
        """A committed block's facts, or None where it is not kept."""
        ...

    def simulate(self, raw: bytes) -> TxResult:
        """What a transaction would cost on the newest state. Raises TxRefusal, HeightUnknown."""
        ...
