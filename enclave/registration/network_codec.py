"""The inputs of network_id to and from protobuf. Form of the wire only; meaning: `network`."""

from __future__ import annotations

from enclave.attestation.types import TcbStatus
from enclave.crypto.labels import Mode
from enclave.errors import Code, Refusal
from enclave.registration.measurement_codec import enum_value
from enclave.registration.network import MODE_NUMBER, Floor, NetworkInputs
from seedpact.registration.v1 import types_pb2 as pb

_MODE_BY_NUMBER = {number: mode for mode, number in MODE_NUMBER.items()}


def mode_from_proto(number: int) -> Mode:
    """Raises Refusal: BAD_VALUE."""
    if number not in _MODE_BY_NUMBER:
        raise Refusal(
            Code.BAD_VALUE, expected="mode hardware or software", found=f"number {number}"
        )
    return _MODE_BY_NUMBER[number]


def mode_to_proto(mode: Mode) -> str:
    """The name of `mode` in protobuf, which every generated constructor takes."""
    return pb.Mode.Name(MODE_NUMBER[mode])


def floor_from_proto(message: pb.Floor) -> Floor:
    """Raises Refusal: BAD_VALUE for an unknown enum; `network.check_inputs` checks the rest."""
    return Floor(
        mode=mode_from_proto(message.mode),
        attestation_root=message.attestation_root,
        upgrade_keys=tuple(message.upgrade_keys),
        threshold=message.threshold,
        worst_tcb_status=enum_value(TcbStatus, message.worst_tcb_status),
    )


def floor_to_proto(floor: Floor) -> pb.Floor:
    """The protobuf of `floor`."""
    return pb.Floor(
        mode=mode_to_proto(floor.mode),
        attestation_root=floor.attestation_root,
        upgrade_keys=floor.upgrade_keys,
        threshold=floor.threshold,
        worst_tcb_status=pb.TcbStatus.Name(floor.worst_tcb_status),
    )


def network_from_proto(message: pb.NetworkInputs) -> NetworkInputs:
    """Raises Refusal: BAD_VALUE for an unknown enum; `network.check_inputs` checks the rest."""
    return NetworkInputs(
        chain_id=message.chain_id,
        genesis_time_unix_nanos=message.genesis_time_unix_nanos,
        initial_height=message.initial_height,
        genesis_validators_hash=message.genesis_validators_hash,
        consensus_params_hash=message.consensus_params_hash,
        floor=floor_from_proto(message.floor),
        app_state_hash=message.app_state_hash,
    )


def network_to_proto(inputs: NetworkInputs) -> pb.NetworkInputs:
    """The protobuf of `inputs`."""
    return pb.NetworkInputs(
        chain_id=inputs.chain_id,
        genesis_time_unix_nanos=inputs.genesis_time_unix_nanos,
        initial_height=inputs.initial_height,
        genesis_validators_hash=inputs.genesis_validators_hash,
        consensus_params_hash=inputs.consensus_params_hash,
        floor=floor_to_proto(inputs.floor),
        app_state_hash=inputs.app_state_hash,
    )
