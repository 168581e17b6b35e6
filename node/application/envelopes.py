"""Envelopes from this node's enclave, for the registers of one block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chain_module.app.block import Pending
from chain_module.app.proposals import Envelopes
from chain_module.message import BlockContext
from node.application.enclave_context import Register, enclave_context, registration_of
from node.chain_proof import ReadyPath
from node.confirmer import Away, Confirmer, Envelope, Refused
from node.log import Log
from node.metrics import Metrics
from node.storage import Storage
from seedpact.enclave.v1 import chain_pb2

PREPARE_DEADLINE_SECS: Final = 0.25
PROCESS_DEADLINE_SECS: Final = 0.5
"""The enclave's alone (protocol.md section 6)."""


class EnclaveEnvelopes:
    """An `EnvelopeSource` that asks the enclave, and judges its answers by this node's own."""

    def __init__(
        self,
        confirmer: Confirmer,
        storage: Storage,
        path: ReadyPath,
        *,
        log: Log,
        metrics: Metrics,
    ) -> None:
        self._confirmer = confirmer
        self._path = path
        self._storage = storage
        self._log = log
        self._metrics = metrics

    @property
    def node_id(self) -> bytes | None:
        """The enclave's, once it has said it."""
        return self._confirmer.node_id

    def for_proposal(self, context: BlockContext) -> Envelopes:
        """What PrepareProposal asks with."""
        return lambda registers: self._ask(context, registers, PREPARE_DEADLINE_SECS)

    def for_judgement(self, context: BlockContext) -> Envelopes:
        """What ProcessProposal asks with."""

        def ask(registers: Sequence[Pending]) -> Sequence[bytes | None]:
            answers = self._ask(context, registers, PROCESS_DEADLINE_SECS)
            missing = sum(envelope is None for envelope in answers)
            self._metrics.confirms_judged(compared=len(answers) - missing, not_compared=missing)
            return answers

        return ask

    def committed(self, context: BlockContext) -> None:
        """Makes ready what the next block's requests rest on, outside the block path; waits.

        Args:
            context: of the next block.
        """
        self._path.make(context.height - 1)

    def prefetch(self, context: BlockContext, registers: Sequence[Register]) -> None:
        """Has the envelopes made ready, outside the block path.

        Args:
            context: of the next block.
            registers: waiting ones, each with its evidence.
        """
        request = self._context(context, registers)
        if request is not None:
            packed = [registration_of(*register) for register in registers]
            self._confirmer.prefetch(context.height, request, packed)

    def _ask(
        self, context: BlockContext, registers: Sequence[Pending], deadline: float
    ) -> Sequence[bytes | None]:
        known = [(p.message, p.evidence) for p in registers if p.evidence is not None]
        request = self._context(context, known)
        if request is None:
            return [None] * len(registers)
        outcomes = self._confirmer.confirm(
            request,
            [registration_of(*register) for register in known],
            height=context.height,
            deadline=deadline,
        )
        if isinstance(outcomes, Away):
            self._log("info", "enclave away", height=context.height, reason=outcomes.reason)
            return [None] * len(registers)
        return [
            self._envelope(pending, outcome)
            for pending, outcome in zip(registers, outcomes, strict=True)
        ]

    def _context(
        self, context: BlockContext, registers: Sequence[Register]
    ) -> chain_pb2.ChainProof | None:
        node_id, steps = self._confirmer.node_id, self._path.steps(context.height - 1)
        if node_id is None or steps is None:
            return None
        return enclave_context(
            self._storage.state, context, registers, node_id=node_id, steps=steps
        )

    def _envelope(self, pending: Pending, outcome: Envelope | Refused) -> bytes | None:
        """The envelope, if the enclave found what this node found. Else a fault, and logged."""
        register = pending.tx_hash.hex()
        if isinstance(outcome, Refused):
            self._log(
                "warning",
                "enclave refuses what the gates pass",
                register=register,
                code=outcome.code,
                expected=outcome.expected,
                found=outcome.found,
            )
            return None
        if outcome.verdict != pending.verdict:
            self._log("error", "enclave found another verdict", register=register)
            return None
        return outcome.envelope
