"""The identity of a network, its floor and its upgrades (docs/spec/protocol.md section 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.second_opinion.transcript import H

MODE_NUMBER: Final = {"hardware": 1, "software": 2}
"""`Mode` of proto/seedpact/registration/v1/types.proto."""


@dataclass(frozen=True, slots=True)
class Floor:
    """Section 4: what no vote can change."""

    mode: str
    attestation_root: bytes
    upgrade_keys: tuple[bytes, ...]
    threshold: int
    worst_tcb_status: int


@dataclass(frozen=True, slots=True)
class NetworkInputs:
    """Section 4: everything that the identity of a network is made of."""

    chain_id: str
    genesis_time_unix_nanos: int
    initial_height: int
    genesis_validators_hash: bytes
    consensus_params_hash: bytes
    floor: Floor
    app_state_hash: bytes


def floor_hash(floor: Floor) -> bytes:
    """The floor as one field of network_id."""
    return H(
        floor.mode,
        "floor",
        MODE_NUMBER[floor.mode],
        floor.attestation_root,
        floor.upgrade_keys,
        floor.threshold,
        floor.worst_tcb_status,
    )


def network_id(inputs: NetworkInputs) -> bytes:
    """The identity of a network, 32 bytes."""
    return H(
        inputs.floor.mode,
        "network",
        inputs.chain_id,
        inputs.genesis_time_unix_nanos,
        inputs.initial_height,
        inputs.genesis_validators_hash,
        inputs.consensus_params_hash,
        floor_hash(inputs.floor),
        inputs.app_state_hash,
    )


def upgrade_statement(
    mode: str, network_id: bytes, *, serial: int, tee_kind: int, measurement: bytes
) -> bytes:
    """What an upgrade key signs with Ed25519."""
    return H(mode, "upgrade", network_id, serial, tee_kind, measurement)


def sgx_measurement(mr_enclave: bytes, mr_signer: bytes, *, prod_id: int, svn: int) -> bytes:
    """68 bytes: mr_enclave, isv_prod_id and isv_svn little-endian, mr_signer."""
    return mr_enclave + prod_id.to_bytes(2, "little") + svn.to_bytes(2, "little") + mr_signer


def tdx_measurement(mr_td: bytes, rtmrs: Sequence[bytes]) -> bytes:
    """240 bytes: mr_td and RTMR0 to RTMR3."""
    return b"".join((mr_td, *rtmrs))
