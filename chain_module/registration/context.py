"""What the chain's own gates believe of it: the state as it is where they run.

Enclaves see S(height - 2), the newest state that can be proven (`proofs`). Changes that widen wait
until both see them (section 5), so what passes the chain's gates passes an enclave's.
"""

from __future__ import annotations

from collections.abc import Iterable

from chain_module.message import BlockContext
from chain_module.registration import keeper
from chain_module.store.types import StateReader
from enclave.registration.context import ProvenContext


def proven_context(
    state: StateReader,
    context: BlockContext,
    *,
    anchors: Iterable[int] = (),
    machines: Iterable[bytes] = (),
) -> ProvenContext:
    """The context of the chain's gates.

    Args:
        state: before the register's confirm.
        context: of the block.
        anchors: heights of the anchors that are asked for.
        machines: platform ids of the machines that are asked for.
    """
    epochs = keeper.epochs_until(state, context.height)
    known = (keeper.anchor(state, height) for height in sorted(set(anchors)))
    listed = (keeper.machine(state, platform_id) for platform_id in sorted(set(machines)))
    return ProvenContext(
        network_id=keeper.identity(state).network_id,
        height=context.height,
        gate_time=context.gate_time,
        epoch=epochs[-1].epoch,
        policy=keeper.policy_in_force(state, context.height),
        network_keys=epochs,
        anchors={anchor.height: anchor for anchor in known if anchor is not None},
        machines=frozenset(
            machine.platform_id
            for machine in listed
            if machine is not None and machine.from_height <= context.height
        ),
    )
