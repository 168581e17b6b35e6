"""What an enclave believes of the chain when it confirms, renews or imports.

`ProvenContext` is the type of that belief; nothing else about the chain reaches a handler. The
light client will build it from signed headers and ICS-23 proofs, and from nothing else
(protocol.md sections 7 and 8). Until then `unproven_context` reads it from the host's request, in
software mode only, and the service says so at every start; in hardware mode it refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from enclave.attestation.policy import Policy
from enclave.crypto.key_schedule import NETWORK_ID_BYTES
from enclave.crypto.labels import Mode
from enclave.crypto.primitives import check_length
from enclave.errors import Code, Refusal
from enclave.registration.records import (
    Anchor,
    NetworkKeys,
    NodeRecord,
    Time,
    check_height,
    decode_anchor,
    decode_machine,
    decode_network_keys,
    decode_node_record,
    decode_policy,
    time_from_proto,
)
from seedpact.enclave.v1 import service_pb2 as pb

MAX_ANCHORS: Final = 128
MAX_MACHINES: Final = 128
MAX_EPOCHS: Final = 1024


@dataclass(frozen=True, slots=True)
class ProvenContext:
    """The chain at one height, as far as one request needs it."""

    network_id: bytes
    height: int
    """The block that is proposed (confirm), or the header that proves the record (import)."""
    gate_time: Time
    """The time in header `height` - 1 (confirm), or in the proving header (import). No clock."""
    epoch: int
    """The current one."""
    policy: Policy
    network_keys: tuple[NetworkKeys, ...]
    """Epochs 0 .. `epoch`, ascending, none missing."""
    own_record: NodeRecord | None
    anchors: Mapping[int, Anchor]
    """By height."""
    machines: frozenset[bytes]
    """Platform ids on the machine list at `height`."""

    @property
    def current_keys(self) -> NetworkKeys:
        """The public keys of `epoch`."""
        return self.network_keys[-1]


def unproven_context(request: pb.ChainContext, *, mode: Mode) -> ProvenContext:
    """The context as the host claims it. Software mode only.

    Raises:
        Refusal: UNPROVEN_CONTEXT in hardware mode; else for any fault of form.
    """
    if mode is not Mode.SOFTWARE:
        raise Refusal(
            Code.UNPROVEN_CONTEXT,
            expected="signed headers and ICS-23 proofs of the chain's state",
            found="the host's word, which hardware mode never takes",
        )
    check_length("network_id", request.network_id, NETWORK_ID_BYTES)
    check_height(request.height)
    _check_count("anchors", len(request.anchors), MAX_ANCHORS)
    _check_count("machines", len(request.machines), MAX_MACHINES)
    _check_count("network_keys", len(request.network_keys), MAX_EPOCHS)
    anchors = (decode_anchor(data) for data in request.anchors)
    machines = (decode_machine(data) for data in request.machines)
    return ProvenContext(
        network_id=request.network_id,
        height=request.height,
        gate_time=time_from_proto(request.gate_time),
        epoch=request.epoch,
        policy=decode_policy(request.policy),
        network_keys=_every_epoch(request),
        own_record=decode_node_record(request.own_record) if request.own_record else None,
        anchors={anchor.height: anchor for anchor in anchors},
        machines=frozenset(m.platform_id for m in machines if m.from_height <= request.height),
    )


def _every_epoch(request: pb.ChainContext) -> tuple[NetworkKeys, ...]:
    keys = tuple(decode_network_keys(data) for data in request.network_keys)
    found = [entry.epoch for entry in keys]
    if request.epoch >= MAX_EPOCHS or found != list(range(request.epoch + 1)):
        raise Refusal(
            Code.BAD_VALUE,
            expected=f"network_keys of the epochs 0 to {request.epoch}, ascending",
            found=f"epochs {found[:8]}",
        )
    return keys


def _check_count(name: str, count: int, limit: int) -> None:
    if count > limit:
        raise Refusal(Code.TOO_LARGE, expected=f"at most {limit} {name}", found=str(count))
