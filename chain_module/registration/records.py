"""Records that the chain alone reads, as plain values, and their way to and from protobuf.

What enclaves read too is in `enclave.registration.records`. Decoding checks form alone: these
bytes come from the chain's own state or its genesis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chain_module import address
from enclave.attestation.limits import MAX_COLLATERAL_BYTES
from enclave.attestation.pck_extension import FMSPC_BYTES
from enclave.attestation.policy import Policy
from enclave.attestation.types import Measurement, Tee
from enclave.crypto.primitives import check_length
from enclave.errors import Code, Refusal
from enclave.registration.measurement_codec import (
    enum_value,
    measurement_from_proto,
    measurement_to_proto,
)
from enclave.registration.network import HASH_BYTES, NetworkInputs
from enclave.registration.network_codec import network_from_proto, network_to_proto
from enclave.registration.policy_codec import policy_from_proto, policy_to_proto
from enclave.registration.records import Machine, time_from_proto, time_to_proto
from enclave.time import Time
from enclave.wire import encode, strict_decode
from seedpact.registration.v1 import genesis_pb2, types_pb2

MAX_RECORD_BYTES: Final = 128 * 1024
MAX_NOTE_CHARS: Final = 128
MAX_REGISTERS: Final = 100
"""In one block: what an enclave takes in one request."""
MAX_PERIOD_SECS: Final = 2**40
MAX_BLOCKS: Final = 2**32
MAX_GAS: Final = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What a genesis fixes about registration, besides policy and floor."""

    max_registers_per_block: int
    register_gas: int
    """Flat, the confirm included."""
    registration_period_secs: int
    """From a confirm to its record's expiry."""
    anchor_window_blocks: int
    """How many anchors are kept."""
    operator_interval_blocks: int
    """From one confirm of an operator to the next: at least so many blocks. 0: no limit."""
    authority: bytes
    """20 bytes: who may change the policy and revoke nodes; empty: nobody."""


@dataclass(frozen=True, slots=True)
class StoredCollateral:
    """Collateral that the chain keeps for one FMSPC and kind of TEE."""

    fmspc: bytes
    tee: Tee
    collateral: bytes
    """JSON, without `pck_certificate_chain`."""
    evaluation_number: int


@dataclass(frozen=True, slots=True)
class CollateralPart:
    """The newest that the chain has seen of a CRL, or of a QE identity."""

    statement: bytes
    """A CRL in DER, or the JSON of a QE identity."""
    signature: bytes
    """Of a QE identity; empty for a CRL, which carries its own."""
    issuer_chain: str
    """PEM; empty for the root CA's CRL."""


@dataclass(frozen=True, slots=True)
class HeldPolicy:
    """The narrower policy that the chain's gates hold until a widening takes effect."""

    policy: Policy
    until_height: int
    """The first block for which the wider one is in force."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What InitChain found. It never changes."""

    network_id: bytes
    network: NetworkInputs
    genesis_time: Time
    founder: Measurement
    """The bootstrap enclave's code."""


def check_params(params: Params) -> None:
    """The bounds of each field. Raises Refusal BAD_VALUE."""
    for name, value, low, high in (
        ("max_registers_per_block", params.max_registers_per_block, 1, MAX_REGISTERS),
        ("register_gas", params.register_gas, 1, MAX_GAS),
        ("registration_period_secs", params.registration_period_secs, 1, MAX_PERIOD_SECS),
        ("anchor_window_blocks", params.anchor_window_blocks, 1, MAX_BLOCKS),
        ("operator_interval_blocks", params.operator_interval_blocks, 0, MAX_BLOCKS),
    ):
        if not low <= value <= high:
            raise Refusal(Code.BAD_VALUE, expected=f"{name} {low} to {high}", found=str(value))


def params_from_proto(message: genesis_pb2.Params) -> Params:
    """Raises Refusal BAD_VALUE; TxRefusal INVALID_ADDRESS."""
    params = Params(
        max_registers_per_block=message.max_registers_per_block,
        register_gas=message.register_gas,
        registration_period_secs=message.registration_period_secs,
        anchor_window_blocks=message.anchor_window_blocks,
        operator_interval_blocks=message.operator_interval_blocks,
        authority=address.from_text(message.authority) if message.authority else b"",
    )
    check_params(params)
    return params


def params_to_proto(params: Params) -> genesis_pb2.Params:
    """The protobuf of `params`."""
    return genesis_pb2.Params(
        max_registers_per_block=params.max_registers_per_block,
        register_gas=params.register_gas,
        registration_period_secs=params.registration_period_secs,
        anchor_window_blocks=params.anchor_window_blocks,
        operator_interval_blocks=params.operator_interval_blocks,
        authority=address.to_text(params.authority) if params.authority else "",
    )


def decode_params(data: bytes) -> Params:
    """Key "params". Raises Refusal or TxRefusal for a fault of form."""
    return params_from_proto(strict_decode(genesis_pb2.Params, data, max_bytes=MAX_RECORD_BYTES))


def encode_params(params: Params) -> bytes:
    """The bytes of key "params"."""
    return encode(params_to_proto(params))


def decode_collateral(data: bytes) -> StoredCollateral:
    """Key "collateral/..". Raises Refusal for a fault of form."""
    message = strict_decode(types_pb2.StoredCollateral, data, max_bytes=MAX_RECORD_BYTES)
    check_length("fmspc", message.fmspc, FMSPC_BYTES)
    if len(message.collateral) > MAX_COLLATERAL_BYTES:
        raise Refusal(
            Code.TOO_LARGE,
            expected=f"a collateral of at most {MAX_COLLATERAL_BYTES} bytes",
            found=f"{len(message.collateral)} bytes",
        )
    return StoredCollateral(
        message.fmspc,
        enum_value(Tee, message.tee),
        message.collateral,
        message.evaluation_number,
    )


def encode_collateral(stored: StoredCollateral) -> bytes:
    """The bytes of key "collateral/.."."""
    return encode(
        types_pb2.StoredCollateral(
            fmspc=stored.fmspc,
            tee=types_pb2.TeeKind.Name(stored.tee),
            collateral=stored.collateral,
            evaluation_number=stored.evaluation_number,
        )
    )


def decode_collateral_part(data: bytes) -> CollateralPart:
    """Keys "crls/.." and "qe_identities/..". Raises Refusal for a fault of form."""
    message = strict_decode(types_pb2.CollateralPart, data, max_bytes=MAX_RECORD_BYTES)
    return CollateralPart(message.statement, message.signature, message.issuer_chain)


def encode_collateral_part(part: CollateralPart) -> bytes:
    """The bytes of such a key."""
    return encode(
        types_pb2.CollateralPart(
            statement=part.statement, signature=part.signature, issuer_chain=part.issuer_chain
        )
    )


def decode_held_policy(data: bytes) -> HeldPolicy:
    """Key "held_policy". Raises Refusal for a fault of form."""
    message = strict_decode(types_pb2.HeldPolicy, data, max_bytes=MAX_RECORD_BYTES)
    return HeldPolicy(policy_from_proto(message.policy), message.until_height)


def encode_held_policy(held: HeldPolicy) -> bytes:
    """The bytes of key "held_policy"."""
    policy = policy_to_proto(held.policy)
    return encode(types_pb2.HeldPolicy(policy=policy, until_height=held.until_height))


def decode_identity(data: bytes) -> Identity:
    """Key "identity". Raises Refusal for a fault of form."""
    message = strict_decode(types_pb2.Identity, data, max_bytes=MAX_RECORD_BYTES)
    check_length("network_id", message.network_id, HASH_BYTES)
    return Identity(
        network_id=message.network_id,
        network=network_from_proto(message.network),
        genesis_time=time_from_proto(message.genesis_time),
        founder=measurement_from_proto(message.founder),
    )


def encode_identity(identity: Identity) -> bytes:
    """The bytes of key "identity"."""
    return encode(
        types_pb2.Identity(
            network_id=identity.network_id,
            network=network_to_proto(identity.network),
            genesis_time=time_to_proto(identity.genesis_time),
            founder=measurement_to_proto(identity.founder),
        )
    )


def machine_to_proto(machine: Machine) -> types_pb2.Machine:
    """The protobuf of `machine`."""
    return types_pb2.Machine(
        platform_id=machine.platform_id, note=machine.note, from_height=machine.from_height
    )
