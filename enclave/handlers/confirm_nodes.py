"""confirm_nodes: verify each newcomer, and encrypt the seed for those that pass (section 7).

A batch, because a block's registers come together. The chain's proof, the nonce of this start and
the enclave's own standing are checked once; then each newcomer runs all gates by itself, and one
that fails stops no other. Deterministic: any number of calls with equal input gives equal bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from enclave.attestation.collateral import Collateral
from enclave.attestation.policy import MeasurementIn
from enclave.attestation.types import VerifiedReport
from enclave.crypto.key_schedule import IoKeys
from enclave.crypto.seed_envelope import node_id, seal_seed
from enclave.errors import Code, Refusal
from enclave.framework.enclave import Enclave
from enclave.framework.states import Operation
from enclave.handlers.context import check_not_forked, holder_chain
from enclave.proven.chain import ProvenChain
from enclave.registration.context import ProvenContext
from enclave.registration.gates import (
    Admitted,
    Newcomer,
    admitted_code,
    check_claim,
    check_report,
)
from enclave.registration.network import Floor
from enclave.registration.records import NodeRecord, NodeStatus, verdict_of, verdict_to_proto
from enclave.registration.verification import verify_newcomer
from seedpact.enclave.v1 import service_pb2 as pb

A = TypeVar("A")
B = TypeVar("B")

MAX_NEWCOMERS: Final = 100


class ConfirmNodes:
    """HOLDER stays HOLDER; its newest trusted header is sealed before the answer."""

    operation: Final = Operation.CONFIRM_NODES
    request: Final = pb.ConfirmNodesRequest

    def handle(self, enclave: Enclave, request: pb.ConfirmNodesRequest) -> pb.ConfirmNodesResponse:
        """A confirmation or a refusal for each newcomer, in order.

        Raises:
            Refusal: for the whole batch where this enclave may not confirm at all: TOO_LARGE,
                BAD_VALUE, FORKED, NOT_FRESH, RECORD_MISMATCH, NODE_REVOKED, EPOCH_UNKNOWN,
                MEASUREMENT_NOT_ALLOWED, NETWORK_KEYS_MISMATCH; as `holder_chain`.
        """
        count = len(request.newcomers)
        if count > MAX_NEWCOMERS:
            raise Refusal(
                Code.TOO_LARGE, expected=f"at most {MAX_NEWCOMERS} newcomers", found=str(count)
            )
        if len(set(request.collaterals)) != len(request.collaterals):
            raise Refusal(
                Code.BAD_VALUE, expected="each distinct collateral once", found="one twice"
            )
        if len(request.collaterals) > count:
            raise Refusal(
                Code.TOO_LARGE,
                expected=f"at most {count} collaterals for {count} newcomers",
                found=str(len(request.collaterals)),
            )
        check_not_forked(enclave)
        chain = holder_chain(enclave, request.chain)
        context = chain.context(enclave.keys.network_id)
        check_fresh(enclave, chain)
        check_standing(enclave, context, chain.own_record())
        floor = enclave.keys.network.floor
        batch = _Batch(
            context=context,
            floor=floor,
            admitted=admitted_code(context, floor=floor, own=enclave.measurement),
            collaterals=[_parse(data) for data in request.collaterals],
            seed=enclave.keys.seed(context.epoch),
            keys=enclave.keys.io_keys(context.epoch),
        )
        return pb.ConfirmNodesResponse(confirmations=_confirm_all(batch, request.newcomers))


@dataclass(frozen=True, slots=True, repr=False)
class _Batch:
    """What all newcomers of one request share; the seed and its keys are derived once."""

    context: ProvenContext
    floor: Floor
    admitted: Admitted
    collaterals: Sequence[Collateral | Refusal]
    seed: bytes
    keys: IoKeys


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A newcomer whose quote is verified."""

    newcomer: Newcomer
    report: VerifiedReport


def check_fresh(enclave: Enclave, chain: ProvenChain) -> None:
    """The chain went on after this start, at most 1,000 headers ago. Raises Refusal: NOT_FRESH."""
    if chain.freshness is not None:
        enclave.start_nonce = enclave.start_nonce.after(chain.freshness, enclave.entropy)
    enclave.start_nonce.check(chain.height)


def check_standing(enclave: Enclave, context: ProvenContext, record: NodeRecord | None) -> None:
    """Whether this enclave may confirm on this chain: its record, its code, its keys.

    An EXPIRED record does not stop it: a network that expires together would be dead.
    """
    if record is None or record.node_id != enclave.keys.node_id:
        raise Refusal(
            Code.RECORD_MISMATCH,
            expected=f"the record of node {enclave.keys.node_id.hex()}",
            found="none" if record is None else f"that of {record.node_id.hex()}",
        )
    if record.status is NodeStatus.REVOKED:
        raise Refusal(Code.NODE_REVOKED, expected="a node that is not revoked", found="REVOKED")
    MeasurementIn(context.policy.measurements).check_measurement(record.verdict.measurement)
    own, proven = enclave.keys.io_keys(context.epoch), context.current_keys
    if (own.pk_io, own.kem_public) != (proven.pk_io, proven.kem_io):
        raise Refusal(
            Code.NETWORK_KEYS_MISMATCH,
            expected=f"pk_io {own.pk_io.hex()} and its kem_io",
            found=f"pk_io {proven.pk_io.hex()}",
        )


def _confirm_all(batch: _Batch, requests: Iterable[pb.Newcomer]) -> list[pb.Confirmation]:
    """Stage by stage for all, not newcomer by newcomer.

    Every newcomer passes the gates in their order, and its first refusal is its answer. But the
    code of one stage stays in the processor's caches, which takes a tenth off the whole.
    """
    newcomers = _each(requests, lambda request: _claim(batch, request))
    candidates = _each(newcomers, lambda newcomer: _verify(batch, newcomer))
    admitted = _each(candidates, lambda candidate: _judge(batch, candidate))
    confirmations = _each(admitted, lambda candidate: _confirm(batch, candidate))
    return [_answer(outcome) for outcome in confirmations]


def _each(items: Iterable[A | Refusal], stage: Callable[[A], B]) -> list[B | Refusal]:
    return [_outcome(item, stage) for item in items]


def _outcome(item: A | Refusal, stage: Callable[[A], B]) -> B | Refusal:
    """What the stage makes of it; who was refused before stays so, and stops no other."""
    if isinstance(item, Refusal):
        return item
    try:
        return stage(item)
    except Refusal as refusal:
        return refusal


def _claim(batch: _Batch, request: pb.Newcomer) -> Newcomer:
    newcomer = _newcomer(request, batch.collaterals)
    check_claim(newcomer, context=batch.context)
    return newcomer


def _verify(batch: _Batch, newcomer: Newcomer) -> _Candidate:
    report = verify_newcomer(newcomer, context=batch.context, floor=batch.floor)
    return _Candidate(newcomer, report)


def _judge(batch: _Batch, candidate: _Candidate) -> _Candidate:
    check_report(
        candidate.report,
        candidate.newcomer,
        context=batch.context,
        floor=batch.floor,
        admitted=batch.admitted,
    )
    return candidate


def _confirm(batch: _Batch, candidate: _Candidate) -> pb.Confirmation:
    newcomer, report = candidate.newcomer, candidate.report
    envelope = seal_seed(
        batch.seed,
        keys=batch.keys,
        exchange_key=newcomer.exchange_key,
        kem_ciphertext=newcomer.kem_ciphertext,
        report_data=report.report_data,
    )
    return pb.Confirmation(
        node_id=node_id(batch.keys.mode, newcomer.exchange_key),
        envelope=envelope,
        verdict=verdict_to_proto(verdict_of(report)),
    )


def _answer(outcome: pb.Confirmation | Refusal) -> pb.Confirmation:
    if not isinstance(outcome, Refusal):
        return outcome
    error = pb.Error(code=outcome.code, expected=outcome.expected, found=outcome.found)
    return pb.Confirmation(refusal=error)


def _parse(data: bytes) -> Collateral | Refusal:
    """A collateral that does not parse refuses its own newcomers alone."""
    try:
        return Collateral.parse(data)
    except Refusal as refusal:
        return refusal


def _newcomer(request: pb.Newcomer, collaterals: Sequence[Collateral | Refusal]) -> Newcomer:
    if request.collateral_index >= len(collaterals):
        raise Refusal(
            Code.BAD_VALUE,
            expected=f"a collateral_index below {len(collaterals)}",
            found=str(request.collateral_index),
        )
    collateral = collaterals[request.collateral_index]
    if isinstance(collateral, Refusal):
        raise collateral
    return Newcomer(
        operator=request.operator,
        exchange_key=request.exchange_key,
        kem_ciphertext=request.kem_ciphertext,
        epoch=request.epoch,
        anchor_height=request.anchor_height,
        anchor_hash=request.anchor_hash,
        tls_key=request.tls_key,
        quote=request.quote,
        collateral=collateral,
    )
