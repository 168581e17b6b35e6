"""The policy record to and from protobuf (protocol.md sections 5 and 7). Form only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from enclave.attestation.pck_extension import FMSPC_BYTES
from enclave.attestation.policy import Policy, UpgradeApproval, UpgradeSignature
from enclave.attestation.types import TcbStatus
from enclave.crypto.primitives import KEY_BYTES, SIGNATURE_BYTES
from enclave.errors import Code, Refusal
from enclave.registration.measurement_codec import (
    enum_value,
    measurement_from_proto,
    measurement_to_proto,
)
from seedpact.registration.v1 import types_pb2 as pb

MAX_POLICY_BYTES: Final = 64 * 1024
MAX_ENTRIES: Final = 256
"""Of any list in a policy."""
MAX_ADVISORY_CHARS: Final = 32

T = TypeVar("T", str, bytes, TcbStatus)


def policy_from_proto(message: pb.Policy) -> Policy:
    """The policy that the record says.

    Raises:
        Refusal: MALFORMED_POLICY for a fault of the policy's own form, BAD_LENGTH or BAD_VALUE
            for one inside a measurement.
    """
    statuses = [enum_value(TcbStatus, number) for number in message.tcb_statuses]
    _check_list("tcb_statuses", statuses)
    _check_list("advisories", message.advisories)
    _check_list("denied_fmspcs", message.denied_fmspcs)
    _require(
        "measurements", len(message.measurements), holds=len(message.measurements) <= MAX_ENTRIES
    )
    _require("upgrades", len(message.upgrades), holds=len(message.upgrades) <= MAX_ENTRIES)
    _require("tcb_statuses without Revoked", "Revoked", holds=TcbStatus.REVOKED not in statuses)
    for advisory in message.advisories:
        short = 0 < len(advisory) <= MAX_ADVISORY_CHARS and advisory.isascii()
        _require(
            f"an advisory of 1 to {MAX_ADVISORY_CHARS} ASCII characters", advisory, holds=short
        )
    for fmspc in message.denied_fmspcs:
        _require(f"FMSPCs of {FMSPC_BYTES} bytes", fmspc.hex(), holds=len(fmspc) == FMSPC_BYTES)
    return Policy(
        serial=message.serial,
        frozen=message.frozen,
        measurements=tuple(measurement_from_proto(entry) for entry in message.measurements),
        tcb_statuses=tuple(statuses),
        advisories=tuple(message.advisories),
        minimum_evaluation_number=message.minimum_evaluation_number,
        denied_fmspcs=tuple(message.denied_fmspcs),
        max_quote_age_blocks=message.max_quote_age_blocks,
        require_machine_list=message.require_machine_list,
        one_node_per_machine=message.one_node_per_machine,
        allow_dynamic_platform=message.allow_dynamic_platform,
        allow_cached_keys=message.allow_cached_keys,
        allow_smt=message.allow_smt,
        upgrades=tuple(_approval_from_proto(entry) for entry in message.upgrades),
    )


def policy_to_proto(policy: Policy) -> pb.Policy:
    """The protobuf of `policy`."""
    return pb.Policy(
        serial=policy.serial,
        frozen=policy.frozen,
        measurements=[measurement_to_proto(entry) for entry in policy.measurements],
        tcb_statuses=[pb.TcbStatus.Name(status) for status in policy.tcb_statuses],
        advisories=policy.advisories,
        minimum_evaluation_number=policy.minimum_evaluation_number,
        denied_fmspcs=policy.denied_fmspcs,
        max_quote_age_blocks=policy.max_quote_age_blocks,
        require_machine_list=policy.require_machine_list,
        one_node_per_machine=policy.one_node_per_machine,
        allow_dynamic_platform=policy.allow_dynamic_platform,
        allow_cached_keys=policy.allow_cached_keys,
        allow_smt=policy.allow_smt,
        upgrades=[_approval_to_proto(entry) for entry in policy.upgrades],
    )


def _approval_from_proto(message: pb.UpgradeApproval) -> UpgradeApproval:
    _require("signatures", len(message.signatures), holds=len(message.signatures) <= MAX_ENTRIES)
    for signature in message.signatures:
        _require(
            f"a key of {KEY_BYTES} bytes", len(signature.key), holds=len(signature.key) == KEY_BYTES
        )
        fits = len(signature.signature) == SIGNATURE_BYTES
        _require(f"a signature of {SIGNATURE_BYTES} bytes", len(signature.signature), holds=fits)
    return UpgradeApproval(
        serial=message.serial,
        measurement=measurement_from_proto(message.measurement),
        signatures=tuple(UpgradeSignature(s.key, s.signature) for s in message.signatures),
    )


def _approval_to_proto(approval: UpgradeApproval) -> pb.UpgradeApproval:
    return pb.UpgradeApproval(
        serial=approval.serial,
        measurement=measurement_to_proto(approval.measurement),
        signatures=[
            pb.UpgradeSignature(key=s.key, signature=s.signature) for s in approval.signatures
        ],
    )


def _check_list(name: str, entries: Sequence[T]) -> None:
    _require(
        f"{name} of at most {MAX_ENTRIES} entries", len(entries), holds=len(entries) <= MAX_ENTRIES
    )
    ascending = list(entries) == sorted(set(entries))
    _require(f"{name}, strictly ascending", "repeated or out of order", holds=ascending)


def _require(expected: str, found: object, *, holds: bool) -> None:
    if not holds:
        raise Refusal(Code.MALFORMED_POLICY, expected=expected, found=str(found))
