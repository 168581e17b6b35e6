"""The records of the registration store as plain values, and their way to and from protobuf.

Decoding checks form: exact sizes, known enums, order. It decides nothing about trust: who brought
the bytes, and whether the chain committed them, is `context`'s matter.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from enclave.attestation.pck_extension import FMSPC_BYTES
from enclave.attestation.policy import Policy
from enclave.attestation.types import Measurement, TcbStatus, Tee, VerifiedReport
from enclave.crypto.key_schedule import PREV_SEED_BYTES
from enclave.crypto.primitives import (
    check_exchange_key,
    check_kem_key,
    check_length,
    check_tls_key,
)
from enclave.crypto.seed_envelope import ENVELOPE_BYTES, REPORT_DATA_BYTES
from enclave.errors import Code, Refusal
from enclave.registration.measurement_codec import (
    enum_value,
    measurement_from_proto,
    measurement_to_proto,
)
from enclave.registration.network import HASH_BYTES
from enclave.registration.policy_codec import MAX_POLICY_BYTES, policy_from_proto
from enclave.time import Time, check_height
from enclave.wire import check_present, encode, strict_decode
from seedpact.registration.v1 import types_pb2 as pb

MAX_RECORD_BYTES: Final = 16 * 1024
OPERATOR_BYTES: Final = 20
NODE_ID_BYTES: Final = 32
PLATFORM_ID_BYTES: Final = 32


class NodeStatus(enum.IntEnum):
    """Status of a node's record; the numbers of `seedpact.registration.v1`."""

    CONFIRMED = 1
    EXPIRED = 2
    REVOKED = 3


@dataclass(frozen=True, slots=True)
class NetworkKeys:
    """The public keys of one epoch."""

    epoch: int
    pk_io: bytes
    kem_io: bytes
    from_height: int
    prev_seed: bytes
    """48 bytes; empty for epoch 0."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A recent header of the chain."""

    height: int
    hash: bytes
    time: Time


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that may host a node from a height on."""

    platform_id: bytes
    note: str
    from_height: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verification found, without any library's text."""

    tee: Tee
    tcb_status: TcbStatus
    measurement: Measurement
    advisories: tuple[str, ...]
    fmspc: bytes
    platform_id: bytes


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """A node of the network, as the chain stores it."""

    node_id: bytes
    operator: bytes
    exchange_key: bytes
    tls_key: bytes
    epoch: int
    report_data: bytes
    envelope: bytes
    verdict: Verdict
    quote_hash: bytes
    register_tx_hash: bytes
    height: int
    time: Time
    expires_at: Time
    status: NodeStatus


def decode_policy(data: bytes) -> Policy:
    """`registration/policy`. Raises Refusal: TOO_LARGE or MALFORMED_POLICY."""
    return policy_from_proto(
        strict_decode(pb.Policy, data, max_bytes=MAX_POLICY_BYTES, code=Code.MALFORMED_POLICY)
    )


def decode_network_keys(data: bytes) -> NetworkKeys:
    """`registration/network/<epoch>`. Raises Refusal for any fault of form."""
    message = strict_decode(pb.NetworkKeys, data, max_bytes=MAX_RECORD_BYTES)
    check_exchange_key(message.pk_io)
    check_kem_key(message.kem_io)
    check_length("prev_seed", message.prev_seed, PREV_SEED_BYTES if message.epoch else 0)
    return NetworkKeys(
        epoch=message.epoch,
        pk_io=message.pk_io,
        kem_io=message.kem_io,
        from_height=message.from_height,
        prev_seed=message.prev_seed,
    )


def network_keys_to_proto(keys: NetworkKeys) -> pb.NetworkKeys:
    """The protobuf of `keys`."""
    return pb.NetworkKeys(
        epoch=keys.epoch,
        pk_io=keys.pk_io,
        kem_io=keys.kem_io,
        from_height=keys.from_height,
        prev_seed=keys.prev_seed,
    )


def decode_anchor(data: bytes) -> Anchor:
    """`registration/anchors/<height>`. Raises Refusal for any fault of form."""
    message = strict_decode(pb.Anchor, data, max_bytes=MAX_RECORD_BYTES)
    check_present(message, "time")
    check_height(message.height)
    check_length("anchor hash", message.hash, HASH_BYTES)
    return Anchor(message.height, message.hash, time_from_proto(message.time))


def anchor_to_proto(anchor: Anchor) -> pb.Anchor:
    """The protobuf of `anchor`."""
    return pb.Anchor(height=anchor.height, hash=anchor.hash, time=time_to_proto(anchor.time))


def decode_machine(data: bytes) -> Machine:
    """`registration/machines/<platform_id>`. Raises Refusal for any fault of form."""
    message = strict_decode(pb.Machine, data, max_bytes=MAX_RECORD_BYTES)
    check_length("platform_id", message.platform_id, PLATFORM_ID_BYTES)
    return Machine(message.platform_id, message.note, message.from_height)


def decode_node_record(data: bytes) -> NodeRecord:
    """`registration/nodes/<node_id>`. Raises Refusal for any fault of form."""
    message = strict_decode(pb.NodeRecord, data, max_bytes=MAX_RECORD_BYTES)
    check_present(message, "verdict", "time", "expires_at")
    check_length("node_id", message.node_id, NODE_ID_BYTES)
    check_length("operator", message.operator, OPERATOR_BYTES)
    check_exchange_key(message.exchange_key)
    check_tls_key(message.tls_key)
    check_length("report_data", message.report_data, REPORT_DATA_BYTES)
    check_length("envelope", message.envelope, ENVELOPE_BYTES)
    check_length("quote_hash", message.quote_hash, HASH_BYTES)
    check_length("register_tx_hash", message.register_tx_hash, HASH_BYTES)
    return NodeRecord(
        node_id=message.node_id,
        operator=message.operator,
        exchange_key=message.exchange_key,
        tls_key=message.tls_key,
        epoch=message.epoch,
        report_data=message.report_data,
        envelope=message.envelope,
        verdict=verdict_from_proto(message.verdict),
        quote_hash=message.quote_hash,
        register_tx_hash=message.register_tx_hash,
        height=message.height,
        time=time_from_proto(message.time),
        expires_at=time_from_proto(message.expires_at),
        status=enum_value(NodeStatus, message.status),
    )


def encode_node_record(record: NodeRecord) -> bytes:
    """The bytes that the chain stores for `record`."""
    return encode(
        pb.NodeRecord(
            node_id=record.node_id,
            operator=record.operator,
            exchange_key=record.exchange_key,
            tls_key=record.tls_key,
            epoch=record.epoch,
            report_data=record.report_data,
            envelope=record.envelope,
            verdict=verdict_to_proto(record.verdict),
            quote_hash=record.quote_hash,
            register_tx_hash=record.register_tx_hash,
            height=record.height,
            time=time_to_proto(record.time),
            expires_at=time_to_proto(record.expires_at),
            status=pb.NodeStatus.Name(record.status),
        )
    )


def verdict_of(report: VerifiedReport) -> Verdict:
    """What of a verified report goes on the chain."""
    return Verdict(
        tee=report.tee,
        tcb_status=report.tcb_status,
        measurement=report.measurement,
        advisories=report.advisories,
        fmspc=report.fmspc,
        platform_id=report.platform_id,
    )


def verdict_from_proto(message: pb.Verdict) -> Verdict:
    """Raises Refusal for any fault of form."""
    advisories = tuple(message.advisories)
    if list(advisories) != sorted(set(advisories)):
        raise Refusal(
            Code.BAD_VALUE, expected="advisories, strictly ascending", found=", ".join(advisories)
        )
    check_length("fmspc", message.fmspc, FMSPC_BYTES)
    check_length("platform_id", message.platform_id, PLATFORM_ID_BYTES)
    return Verdict(
        tee=enum_value(Tee, message.tee),
        tcb_status=enum_value(TcbStatus, message.tcb_status),
        measurement=measurement_from_proto(message.measurement),
        advisories=advisories,
        fmspc=message.fmspc,
        platform_id=message.platform_id,
    )


def verdict_to_proto(verdict: Verdict) -> pb.Verdict:
    """The protobuf of `verdict`."""
    return pb.Verdict(
        tee=pb.TeeKind.Name(verdict.tee),
        tcb_status=pb.TcbStatus.Name(verdict.tcb_status),
        measurement=measurement_to_proto(verdict.measurement),
        advisories=verdict.advisories,
        fmspc=verdict.fmspc,
        platform_id=verdict.platform_id,
    )


def time_from_proto(message: pb.Time) -> Time:
    """Raises Refusal: BAD_VALUE, where nanos are outside one second."""
    if not 0 <= message.nanos < 10**9 or message.seconds < 0:
        raise Refusal(
            Code.BAD_VALUE,
            expected="seconds from 0, nanos 0 .. 999,999,999",
            found=f"{message.seconds} s, {message.nanos} ns",
        )
    return Time(message.seconds, message.nanos)


def time_to_proto(time: Time) -> pb.Time:
    """The protobuf of `time`."""
    return pb.Time(seconds=time.seconds, nanos=time.nanos)
