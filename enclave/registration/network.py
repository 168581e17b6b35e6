"""Identity of a network, and its floor (protocol.md section 4).

`network_id` exists before the first seed; no enclave takes it ready-made, each computes it from
these inputs and seals both with its keys. The floor is what no vote can change. Whether the
genesis file says the same is the chain's question, not this file's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from enclave.attestation.development_root import development_root_der
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.policy import UpgradeApproval
from enclave.attestation.types import Measurement, TcbStatus, tee_of
from enclave.crypto.labels import Mode, Name, label
from enclave.crypto.primitives import check_length, check_tls_key, ed25519_verifies
from enclave.crypto.transcript import MAX_INTEGER, H
from enclave.errors import Code, Refusal

MAX_CHAIN_ID: Final = 50
"""Characters; CometBFT's MaxChainIDLen."""
MAX_UPGRADE_KEYS: Final = 32
MAX_ROOT_BYTES: Final = 4096
HASH_BYTES: Final = 32

MODE_NUMBER: Final = {Mode.HARDWARE: 1, Mode.SOFTWARE: 2}
"""`seedpact.registration.v1.Mode`, as it is hashed."""


@dataclass(frozen=True, slots=True)
class Floor:
    """What a policy can only narrow."""

    mode: Mode
    attestation_root: bytes
    """DER of the certificate that every quote must chain to."""
    upgrade_keys: tuple[bytes, ...]
    """Ed25519, strictly ascending."""
    threshold: int
    """t of the upgrade keys; 0 with no keys."""
    worst_tcb_status: TcbStatus


@dataclass(frozen=True, slots=True)
class NetworkInputs:
    """Everything that `network_id` is computed from."""

    chain_id: str
    genesis_time_unix_nanos: int
    initial_height: int
    genesis_validators_hash: bytes
    consensus_params_hash: bytes
    floor: Floor
    app_state_hash: bytes

    @property
    def genesis_time(self) -> int:
        """Whole unix seconds."""
        return self.genesis_time_unix_nanos // 10**9


def network_id(inputs: NetworkInputs) -> bytes:
    """32 bytes; the fields in the order of section 4."""
    mode, floor = inputs.floor.mode, inputs.floor
    floor_hash = H(
        label(mode, Name.FLOOR),
        MODE_NUMBER[mode],
        floor.attestation_root,
        list(floor.upgrade_keys),
        floor.threshold,
        int(floor.worst_tcb_status),
    )
    return H(
        label(mode, Name.NETWORK),
        inputs.chain_id,
        inputs.genesis_time_unix_nanos,
        inputs.initial_height,
        inputs.genesis_validators_hash,
        inputs.consensus_params_hash,
        floor_hash,
        inputs.app_state_hash,
    )


def check_inputs(inputs: NetworkInputs, *, mode: Mode) -> None:
    """The form of the inputs, and that an enclave of `mode` may serve this network.

    Raises:
        Refusal: BAD_VALUE, BAD_LENGTH, BAD_FLOOR, WRONG_MODE or WRONG_ROOT.
    """
    name = inputs.chain_id
    if not (0 < len(name) <= MAX_CHAIN_ID and name.isascii() and name.isprintable()):
        raise Refusal(
            Code.BAD_VALUE, expected=f"chain_id of 1 to {MAX_CHAIN_ID} ASCII", found=repr(name)
        )
    if not 0 < inputs.genesis_time_unix_nanos <= MAX_INTEGER:
        raise Refusal(
            Code.BAD_VALUE,
            expected="genesis time after the Unix epoch, of 64 bits in nanoseconds",
            found=f"{inputs.genesis_time_unix_nanos} ns",
        )
    if not 0 < inputs.initial_height < 2**63:
        raise Refusal(
            Code.BAD_VALUE, expected="initial height from 1", found=f"{inputs.initial_height}"
        )
    check_length("genesis_validators_hash", inputs.genesis_validators_hash, HASH_BYTES)
    check_length("consensus_params_hash", inputs.consensus_params_hash, HASH_BYTES)
    check_length("app_state_hash", inputs.app_state_hash, HASH_BYTES)
    _check_floor_form(inputs.floor)
    _check_floor_fits(inputs, mode)


def check_approvals(
    approvals: tuple[UpgradeApproval, ...], *, floor: Floor, network: bytes
) -> frozenset[Measurement]:
    """The measurements that at least t upgrade keys of the floor signed for this network.

    An approval that falls short approves nothing and fails nothing: the policy is the chain's, and
    one bad line in it must not stop the others. Duplicate keys count once, other keys not at all.
    """
    return frozenset(
        approval.measurement
        for approval in approvals
        if 0 < floor.threshold <= _signers(approval, floor=floor, network=network)
    )


def upgrade_statement(
    mode: Mode, *, network: bytes, serial: int, measurement: Measurement
) -> bytes:
    """What an upgrade key signs: H("upgrade", network_id, serial, TEE kind, measurement)."""
    tee = int(tee_of(measurement))
    return H(label(mode, Name.UPGRADE), network, serial, tee, measurement.encoded)


def _signers(approval: UpgradeApproval, *, floor: Floor, network: bytes) -> int:
    statement = upgrade_statement(
        floor.mode, network=network, serial=approval.serial, measurement=approval.measurement
    )
    signed = {
        one.key
        for one in approval.signatures
        if one.key in floor.upgrade_keys and ed25519_verifies(one.key, one.signature, statement)
    }
    return len(signed)


def _check_floor_form(floor: Floor) -> None:
    keys = floor.upgrade_keys
    for key in keys:
        _check_upgrade_key(key)
    if len(keys) > MAX_UPGRADE_KEYS or list(keys) != sorted(set(keys)):
        raise Refusal(
            Code.BAD_FLOOR,
            expected=f"at most {MAX_UPGRADE_KEYS} upgrade keys, strictly ascending",
            found=f"{len(keys)} keys, repeated or out of order",
        )
    lowest = 1 if keys else 0
    if not lowest <= floor.threshold <= len(keys):
        raise Refusal(
            Code.BAD_FLOOR,
            expected=f"threshold {lowest} to {len(keys)}",
            found=str(floor.threshold),
        )
    if floor.worst_tcb_status is TcbStatus.REVOKED:
        raise Refusal(Code.BAD_FLOOR, expected="a status better than Revoked", found="Revoked")
    if not 0 < len(floor.attestation_root) <= MAX_ROOT_BYTES:
        raise Refusal(
            Code.BAD_FLOOR,
            expected=f"a root certificate of at most {MAX_ROOT_BYTES} bytes",
            found=f"{len(floor.attestation_root)} bytes",
        )


def _check_upgrade_key(key: bytes) -> None:
    """A point of small order would let one signature pass for many statements."""
    try:
        check_tls_key(key)
    except Refusal as refusal:
        raise Refusal(
            Code.BAD_FLOOR, expected=f"upgrade key: {refusal.expected}", found=refusal.found
        ) from None


def _check_floor_fits(inputs: NetworkInputs, mode: Mode) -> None:
    """Hardware serves Intel's root alone; software the development root of this network alone."""
    if inputs.floor.mode is not mode:
        raise Refusal(
            Code.WRONG_MODE,
            expected=f"a network of {mode.value} mode",
            found=f"a floor of {inputs.floor.mode.value} mode",
        )
    if mode is Mode.HARDWARE:
        wanted, name = INTEL_SGX_ROOT_CA_DER, "Intel's SGX Root CA"
    else:
        wanted, name = development_root_der(inputs.chain_id), "this network's development root"
    if inputs.floor.attestation_root != wanted:
        found = _fingerprint(inputs.floor.attestation_root)
        raise Refusal(Code.WRONG_ROOT, expected=f"{name}, {_fingerprint(wanted)}", found=found)


def _fingerprint(der: bytes) -> str:
    return f"SHA-256 {hashlib.sha256(der).hexdigest()}"
