"""What an enclave says of one registration, and that it says nothing."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from enclave.errors import Refusal
from enclave.registration.records import Verdict, verdict_from_proto
from seedpact.enclave.v1 import service_pb2 as pb

ENVELOPE_BYTES: Final = 48


class NodeCode(enum.StrEnum):
    """Refusals that come from this node and not from its enclave."""

    REGISTER_QUARANTINED = "register_quarantined"


@dataclass(frozen=True, slots=True)
class Envelope:
    """The enclave confirms."""

    envelope: bytes
    """48 bytes."""
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Refused:
    """The enclave does not confirm, or is not asked any more about this registration."""

    code: str
    """One of `enclave.errors.Code`, as text, or of `NodeCode`."""
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Away:
    """There is no enclave to ask, or it did not answer in time."""

    reason: str


Outcome: TypeAlias = Envelope | Refused


class MalformedAnswerError(Exception):
    """The answer is none that an enclave of this version gives."""


def outcomes_of(response: pb.ConfirmNodesResponse, *, asked: int) -> Sequence[Outcome]:
    """The outcomes in the order of the registrations. Raises MalformedAnswerError."""
    if len(response.confirmations) != asked:
        raise MalformedAnswerError
    return [_outcome(confirmation) for confirmation in response.confirmations]


def _outcome(confirmation: pb.Confirmation) -> Outcome:
    if confirmation.HasField("refusal"):
        error = confirmation.refusal
        return Refused(error.code, error.expected, error.found)
    if len(confirmation.envelope) != ENVELOPE_BYTES:
        raise MalformedAnswerError
    try:
        verdict = verdict_from_proto(confirmation.verdict)
    except Refusal:
        raise MalformedAnswerError from None
    return Envelope(confirmation.envelope, verdict)
