"""The first look at a register: all six gates, in their order (protocol.md section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from chain_module.app.block import FirstLook, Looked
from chain_module.message import BlockContext
from chain_module.registration.errors import refusal_of
from chain_module.registration.gates import EvidenceOf, check_claim, check_verdict, evidence_of
from chain_module.registration.messages import MsgRegisterNode
from chain_module.store.types import StateReader
from enclave.attestation.types import VerifiedReport
from enclave.errors import Refusal
from enclave.registration.records import verdict_of


class VerifyQuote(Protocol):
    """Gate 3. Node brings it, so that a replay needs no verification library."""

    def __call__(self, evidence: EvidenceOf, *, now: int) -> VerifiedReport:
        """The report at `now`, in unix seconds. Raises Refusal."""
        ...


@dataclass(frozen=True, slots=True)
class FirstLooks:
    """First looks for the blocks of one node."""

    verify: VerifyQuote

    def at(self, context: BlockContext) -> FirstLook:
        """The look for the block of `context`, at its gate time."""

        def look(state: StateReader, register: MsgRegisterNode) -> Looked:
            check_claim(state, register, context)
            evidence = evidence_of(state, register)
            try:
                report = self.verify(evidence, now=context.gate_time.seconds)
            except Refusal as refusal:
                raise refusal_of(refusal) from None
            verdict = verdict_of(report)
            check_verdict(state, register, verdict, evidence, context)
            return Looked(evidence, verdict)

        return look
