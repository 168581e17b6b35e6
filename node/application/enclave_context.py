"""What this node shows its enclave for one block, and its registers as the enclave takes them.

The enclave is shown the state two blocks below the proposed one, the newest that can be proven,
under the header one below it (protocol.md section 1).
"""

from __future__ import annotations

from collections.abc import Sequence

from chain_module.message import BlockContext
from chain_module.registration import keeper
from chain_module.registration.gates import EvidenceOf
from chain_module.registration.messages import MsgRegisterNode
from chain_module.registration.proofs import BLOCKS_AHEAD, prove_registration
from chain_module.store.errors import StoreFault
from chain_module.store.state import CommittedState
from node.enclave_client import Registration
from seedpact.enclave.v1 import chain_pb2

Register = tuple[MsgRegisterNode, EvidenceOf]
"""A register with its evidence."""


def enclave_context(
    state: CommittedState,
    context: BlockContext,
    registers: Sequence[Register],
    *,
    node_id: bytes,
    steps: Sequence[chain_pb2.HeaderStep],
) -> chain_pb2.ChainProof | None:
    """What an enclave is shown for one block, or None where that state is not kept here.

    Args:
        state: at the block before that of `context`.
        context: of the block that is proposed.
        registers: those that it shall confirm.
        node_id: the enclave's own.
        steps: to the header below the block, from where the enclave's light client stands.
    """
    try:
        provable = state.at(context.height - BLOCKS_AHEAD)
        listed = keeper.newest_policy(provable).require_machine_list
        machines = [evidence.facts.platform.platform_id for _, evidence in registers]
        proof = prove_registration(
            provable,
            node_id=node_id,
            anchors=[register.anchor_height for register, _ in registers],
            machines=machines if listed else (),
        )
    except StoreFault:
        return None
    proof.steps.extend(steps)
    return proof


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
