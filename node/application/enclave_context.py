"""What this node tells its enclave for one block, and its registers as the enclave takes them.

The enclave is told the state two blocks below the proposed one, the newest that can be proven
(protocol.md section 1), at gate time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chain_module.message import BlockContext
from chain_module.registration.context import chain_context
from chain_module.registration.gates import EvidenceOf
from chain_module.registration.messages import MsgRegisterNode
from chain_module.store.errors import StoreFault
from chain_module.store.state import CommittedState
from node.enclave_client import Registration
from seedpact.enclave.v1 import service_pb2 as pb

Register = tuple[MsgRegisterNode, EvidenceOf]
"""A register with its evidence."""

PROVABLE_DEPTH: Final = 2
"""When block h is proposed, the newest state that can be proven is that after block h - 2."""


def enclave_context(
    state: CommittedState,
    context: BlockContext,
    registers: Sequence[Register],
    *,
    node_id: bytes,
) -> pb.ChainContext | None:
    """What an enclave is told for one block, or None where that state is not kept here.

    Args:
        state: at the block before that of `context`.
        context: of the block that is proposed.
        registers: those that it shall confirm.
        node_id: the enclave's own.
    """
    try:
        provable = state.at(context.height - PROVABLE_DEPTH)
    except StoreFault:
        return None
    return chain_context(
        provable,
        height=context.height,
        gate_time=context.gate_time,
        node_id=node_id,
        anchors=[register.anchor_height for register, _ in registers],
        machines=[evidence.facts.platform.platform_id for _, evidence in registers],
    )


def registration_of(register: MsgRegisterNode, evidence: EvidenceOf) -> Registration:
    """A register as the enclave takes it."""
    return Registration(
        operator=register.operator,
        exchange_key=register.exchange_key,
        kem_ciphertext=register.kem_ciphertext,
        epoch=register.epoch,
        anchor_height=register.anchor_height,
        anchor_hash=register.anchor_hash,
        tls_key=register.tls_key,
        quote=register.quote,
        collateral=evidence.collateral,
    )
