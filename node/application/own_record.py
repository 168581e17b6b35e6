"""What the chain says of this node's own enclave."""

from __future__ import annotations

from chain_module.registration import keeper
from chain_module.store.types import StateReader


def expiry_of(state: StateReader, node_id: bytes | None) -> int:
    """Unix seconds at which the record expires; 0 where there is none. `node_id`: 32 bytes."""
    record = None if node_id is None else keeper.node(state, node_id)
    return 0 if record is None else record.expires_at.seconds
