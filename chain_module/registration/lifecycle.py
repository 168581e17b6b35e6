"""A confirm's writes: the record of a node that joins or renews, and all that goes with it.

A CONFIRMED record has an entry on its machine and one in the order of expiry (`ending` takes them
away). What was used once (attestation ids) stays used for ever. No check is here.
"""

from __future__ import annotations

import hashlib

from chain_module.abci.common import Event
from chain_module.message import BlockContext
from chain_module.registration import events, keeper
from chain_module.registration.confirm_tx import CONFIRM_NODE
from chain_module.registration.gates import EvidenceOf
from chain_module.registration.kept_collateral import keep_collateral
from chain_module.registration.messages import MsgRegisterNode
from chain_module.store.types import StateStore
from enclave.registration.records import NodeRecord, NodeStatus, Verdict
from enclave.time import Time


def apply_confirm(
    state: StateStore,
    register: MsgRegisterNode,
    *,
    verdict: Verdict,
    envelope: bytes,
    evidence: EvidenceOf,
    context: BlockContext,
    register_tx_hash: bytes,
) -> tuple[Event, ...]:
    """Writes the record of a register whose gates and confirm hold; returns the confirm's events.

    Args:
        state: past every check, on the transaction's own branch.
        register: of this block.
        verdict: the confirm's.
        envelope: the confirm's, 48 bytes.
        evidence: the register's.
        context: of the block.
        register_tx_hash: SHA-256 of the register's transaction.
    """
    node_id = register.node_id(state)
    previous = keeper.node(state, node_id)
    if previous is not None:
        keeper.remove_live(state, previous)
    period = keeper.params(state).registration_period_secs
    record = NodeRecord(
        node_id=node_id,
        operator=register.operator,
        exchange_key=register.exchange_key,
        tls_key=register.tls_key,
        epoch=register.epoch,
        report_data=evidence.facts.report_data,
        envelope=envelope,
        verdict=verdict,
        quote_hash=hashlib.sha256(register.quote).digest(),
        register_tx_hash=register_tx_hash,
        height=context.height,
        time=context.gate_time,
        expires_at=later(context.gate_time, seconds=period),
        status=NodeStatus.CONFIRMED,
    )
    keeper.set_node(state, record)
    keeper.add_live(state, record)
    keeper.set_owner(state, evidence.facts.attestation_id, node_id)
    keeper.set_anchor_height_of(state, node_id, register.anchor_height)
    keeper.set_last_confirm_of(state, register.operator, context.height)
    keep_collateral(state, evidence.parsed)
    return events.confirmed(node_id, register.operator, height=context.height, action=CONFIRM_NODE)


def later(time: Time, *, seconds: int) -> Time:
    """So many seconds after `time`."""
    return Time(time.seconds + seconds, time.nanos)
