"""What is believed of the chain when block `height` is proposed: by its gates, and by enclaves.

`proven_context` is for the chain's own gates: the state as it is where they run. `chain_context`
is what a node tells an enclave: the state S(height - 2), the newest that can be proven. Changes
that widen wait until both see them (section 5), so what passes the first passes the second.
"""

from __future__ import annotations

from collections.abc import Iterable

from chain_module.message import BlockContext
from chain_module.registration import keeper
from chain_module.registration.records import machine_to_proto
from chain_module.store.types import StateReader
from enclave.registration.context import ProvenContext
from enclave.registration.policy_codec import policy_to_proto
from enclave.registration.records import (
    Time,
    anchor_to_proto,
    encode_node_record,
    network_keys_to_proto,
    time_to_proto,
)
from enclave.registration.wire import encode
from seedpact.enclave.v1 import service_pb2 as pb


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
        own_record=None,
        anchors={anchor.height: anchor for anchor in known if anchor is not None},
        machines=frozenset(
            machine.platform_id
            for machine in listed
            if machine is not None and machine.from_height <= context.height
        ),
    )


def chain_context(
    reader: StateReader,
    *,
    height: int,
    gate_time: Time,
    node_id: bytes,
    anchors: Iterable[int] = (),
    machines: Iterable[bytes] = (),
) -> pb.ChainContext:
    """The context that an enclave is told for block `height`; unproven as yet.

    Args:
        reader: S(height - 2).
        height: of the block that is proposed.
        gate_time: the time in header `height` - 1.
        node_id: whose record the enclave needs: its own.
        anchors: heights of the registers' anchors.
        machines: platform ids of the registers' machines.
    """
    epochs = keeper.epochs_until(reader, height)
    known = (keeper.anchor(reader, anchor) for anchor in sorted(set(anchors)))
    listed = (keeper.machine(reader, platform_id) for platform_id in sorted(set(machines)))
    record = keeper.node(reader, node_id)
    return pb.ChainContext(
        network_id=keeper.identity(reader).network_id,
        height=height,
        gate_time=time_to_proto(gate_time),
        epoch=epochs[-1].epoch,
        policy=encode(policy_to_proto(keeper.newest_policy(reader))),
        network_keys=[encode(network_keys_to_proto(entry)) for entry in epochs],
        own_record=b"" if record is None else encode_node_record(record),
        anchors=[encode(anchor_to_proto(anchor)) for anchor in known if anchor is not None],
        machines=[encode(machine_to_proto(machine)) for machine in listed if machine is not None],
    )
