"""How a record ends: it expires with time, or is revoked for ever.

A CONFIRMED record has an entry on its machine and one in the order of expiry; EXPIRED and REVOKED
ones have neither. An EXPIRED node may renew, a REVOKED one never returns (`gates.check_use`).
"""

from __future__ import annotations

from dataclasses import replace

from chain_module.abci.common import Event
from chain_module.registration import events, freshness, keeper
from chain_module.store.types import StateStore
from enclave.registration.records import NodeRecord, NodeStatus
from enclave.time import Time


def expire(state: StateStore, gate_time: Time) -> tuple[Event, ...]:
    """Moves every record that is due at `gate_time` to EXPIRED."""
    said = []
    for node_id in keeper.due(state, gate_time):
        record = keeper.node(state, node_id)
        if record is None:
            raise LookupError(f"node {node_id.hex()} is due and has no record")
        keeper.remove_live(state, record)
        keeper.set_node(state, replace(record, status=NodeStatus.EXPIRED))
        said.append(events.expired(node_id))
    return tuple(said)


def revoke(state: StateStore, record: NodeRecord) -> tuple[Event, ...]:
    """Ends a node for ever: its record stays, REVOKED; its machine is free, its nonce gone."""
    keeper.remove_live(state, record)
    freshness.forget(state, record.node_id)
    keeper.set_node(state, replace(record, status=NodeStatus.REVOKED))
    return (events.revoked(record.node_id),)
