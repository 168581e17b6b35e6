"""MsgFreshness: an operator publishes the nonce of its enclave's start (protocol.md section 7).

The chain keeps the newest nonce of each node, with its height, so that the enclave can have it
proven. What a nonce is worth, and for how long, the enclave decides: to the chain it is 32 bytes,
and one that was published before may be published again. A CONFIRMED and an EXPIRED node has this
door (an expired holder confirms as well), a REVOKED one does not, and its entry goes: nobody may
renew it, so it must not be there to be proven.

The record is all that a node can make the state grow by, and its fee pays for each write. The
limit keeps one operator from filling blocks that others need, and bounds the record's own list.
"""

from __future__ import annotations

from chain_module import address
from chain_module.abci.common import Event
from chain_module.errors import TxRefusal
from chain_module.registration import events, keeper, keys
from chain_module.registration.errors import RegistrationReason
from chain_module.store.types import StateReader, StateStore
from enclave.registration.freshness import (
    MAX_RECENT,
    RECENT_BLOCKS,
    Freshness,
    decode_freshness,
    encode_freshness,
    within_recent,
)
from enclave.registration.records import NodeRecord, NodeStatus


def newest(state: StateReader, node_id: bytes) -> Freshness | None:
    """The newest nonce of a node."""
    data = state.store(keys.STORE).get(keys.freshness(node_id))
    return None if data is None else decode_freshness(data)


def publish(
    state: StateStore, node_id: bytes, nonce: bytes, *, signer: bytes, height: int
) -> tuple[Event, ...]:
    """Block `height` has a nonce of this node; returns events.

    Raises:
        TxRefusal: NO_SUCH_NODE, OPERATOR_MISMATCH, NODE_REVOKED or FRESHNESS_LIMITED.
    """
    record = keeper.node(state, node_id)
    if record is None:
        raise TxRefusal(
            RegistrationReason.NO_SUCH_NODE, expected="a node's id", found=node_id.hex()
        )
    _check_record(record, signer)
    before = newest(state, node_id)
    recent = () if before is None else within_recent(before.recent_heights, height)
    if len(recent) >= MAX_RECENT:
        raise TxRefusal(
            RegistrationReason.FRESHNESS_LIMITED,
            expected=f"block {recent[0] + RECENT_BLOCKS} or later: at most {MAX_RECENT} nonces of "
            f"a node in any {RECENT_BLOCKS} blocks",
            found=f"block {height}, and {len(recent)} since block {recent[0]}",
        )
    value = Freshness(nonce, height, (*recent, height))
    state.store(keys.STORE).set(keys.freshness(node_id), encode_freshness(value))
    return (events.freshness(node_id, record.operator, nonce=nonce),)


def forget(state: StateStore, node_id: bytes) -> None:
    """The node is revoked."""
    state.store(keys.STORE).delete(keys.freshness(node_id))


def _check_record(record: NodeRecord, signer: bytes) -> None:
    if signer != record.operator:
        raise TxRefusal(
            RegistrationReason.OPERATOR_MISMATCH,
            expected=f"the record's operator, {address.to_text(record.operator)}",
            found=address.to_text(signer),
        )
    if record.status is NodeStatus.REVOKED:
        raise TxRefusal(
            RegistrationReason.NODE_REVOKED,
            expected="a node that is not revoked",
            found=f"node {record.node_id.hex()}, REVOKED",
        )
