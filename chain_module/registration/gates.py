"""The chain's gates for a register (protocol.md section 5), without verifying the quote.

Gate 1 is passed when a `MsgRegisterNode` is decoded. `check_claim` is gate 2. Gate 3 is the
business of those who propose and vote (`enclave.registration.verification`); its verdict comes
back in the confirm. `check_verdict` is gates 4 to 6 on that verdict and on what the quote itself
says, in the enclave's order, with what the chain alone can know: one use of a quote, one node a
key, one live node a machine, and collateral that never goes back. The state decides, so they run
again just before each confirm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chain_module.errors import TxRefusal
from chain_module.message import BlockContext
from chain_module.registration import keeper
from chain_module.registration.context import proven_context
from chain_module.registration.errors import RegistrationReason, refusal_of
from chain_module.registration.facts import (
    Facts,
    check_same_platform,
    facts_of,
    platform_of,
    report_of,
)
from chain_module.registration.kept_collateral import check_not_older, kept_for
from chain_module.registration.messages import MsgRegisterNode
from chain_module.store.types import StateReader
from enclave.attestation.collateral import Collateral
from enclave.attestation.policy import MachineListed, check_floor, predicates
from enclave.attestation.quote import Quote, parse_quote
from enclave.attestation.report_data import check_report_data
from enclave.attestation.types import VerifiedReport
from enclave.crypto.seed_envelope import node_id
from enclave.errors import Code, Refusal
from enclave.registration.context import ProvenContext
from enclave.registration.gates import check_state, expected_report_data
from enclave.registration.network import Floor, check_approvals
from enclave.registration.records import NodeRecord, NodeStatus, Verdict

_BLOCKS_WITHOUT_REGISTERS: Final = 2
"""InitChain's writes belong to the first block's version, so header 1 proves nothing."""


@dataclass(frozen=True, slots=True)
class EvidenceOf:
    """A register's quote with the collateral that counts for it, read and not verified."""

    quote: Quote
    collateral: bytes
    """JSON: the register's own, or what the chain keeps."""
    parsed: Collateral
    facts: Facts


def check_claim(state: StateReader, register: MsgRegisterNode, context: BlockContext) -> None:
    """Gate 2: freeze, epoch, anchor, and the operator's rate.

    Raises:
        TxRefusal: TOO_EARLY, FROZEN, STALE_EPOCH, UNKNOWN_ANCHOR, STALE_QUOTE or RATE_LIMITED.
    """
    first = keeper.identity(state).network.initial_height + _BLOCKS_WITHOUT_REGISTERS
    if context.height < first:
        raise TxRefusal(
            RegistrationReason.TOO_EARLY,
            expected=f"a register at height {first} or later",
            found=f"height {context.height}",
        )
    try:
        believed = proven_context(state, context, anchors=[register.anchor_height])
        check_state(register, context=believed)
    except Refusal as refusal:
        raise refusal_of(refusal) from None
    _check_rate(state, register.operator, context)


def evidence_of(state: StateReader, register: MsgRegisterNode) -> EvidenceOf:
    """The register's evidence, with the stored collateral where it brings none.

    Raises:
        TxRefusal: what is malformed, not of this root, or about another kind of TEE;
            COLLATERAL_MISSING.
    """
    floor = keeper.identity(state).network.floor
    try:
        if register.collateral:
            parsed, quote = Collateral.parse(register.collateral), parse_quote(register.quote)
            collateral = register.collateral
        else:
            quote = parse_quote(register.quote)
            collateral = _kept_collateral(state, quote, floor)
            parsed = Collateral.parse(collateral)
        return EvidenceOf(quote, collateral, parsed, facts_of(quote, parsed, floor=floor))
    except Refusal as refusal:
        raise refusal_of(refusal) from None


def check_verdict(
    state: StateReader,
    register: MsgRegisterNode,
    verdict: Verdict,
    evidence: EvidenceOf,
    context: BlockContext,
) -> None:
    """Gates 4 to 6 on a verdict over `evidence`.

    Raises:
        TxRefusal: the code of the first rule that says no.
    """
    facts = evidence.facts
    platform_id = facts.platform.platform_id
    believed = proven_context(state, context, machines=[platform_id])
    floor = keeper.identity(state).network.floor
    try:
        check_same_platform(facts, evidence.parsed)
        check_agreement(facts, verdict)
        report = report_of(facts, verdict)
        check_use(state, register, facts)
        _check_binding(register, facts, believed, floor)
        _check_policy(state, report, believed, floor)
        check_not_older(state, evidence.parsed)
        if believed.policy.require_machine_list:
            MachineListed(believed.machines).check(report)
    except Refusal as refusal:
        raise refusal_of(refusal) from None
    if believed.policy.one_node_per_machine:
        _check_machine_free(state, platform_id, node_id(floor.mode, register.exchange_key))


def check_agreement(facts: Facts, verdict: Verdict) -> None:
    """A verdict says what the quote says, where the quote says it.

    Raises:
        TxRefusal: VERDICT_MISMATCH.
    """
    for name, claimed, read in (
        ("TEE", verdict.tee.name, facts.tee.name),
        ("measurement", verdict.measurement.encoded.hex(), facts.measurement.encoded.hex()),
        ("FMSPC", verdict.fmspc.hex(), facts.platform.fmspc.hex()),
        ("platform id", verdict.platform_id.hex(), facts.platform.platform_id.hex()),
    ):
        if claimed != read:
            raise TxRefusal(
                RegistrationReason.VERDICT_MISMATCH,
                expected=f"the quote's {name}, {read}",
                found=claimed,
            )


def check_use(state: StateReader, register: MsgRegisterNode, facts: Facts) -> None:
    """Of gate 4 what the state knows: one id, one node, one use; and who may renew.

    Before the binding is compared: a quote that was used is `already_registered` for whoever
    shows it again.

    Raises:
        TxRefusal: ALREADY_REGISTERED, NODE_REVOKED, OPERATOR_MISMATCH or ANCHOR_NOT_NEWER.
    """
    owner = keeper.owner_of(state, facts.attestation_id)
    if owner is not None:
        raise TxRefusal(
            RegistrationReason.ALREADY_REGISTERED,
            expected="a quote that no node has used",
            found=f"attestation id {facts.attestation_id.hex()}, used by node {owner.hex()}",
        )
    mode = keeper.identity(state).network.floor.mode
    record = keeper.node(state, node_id(mode, register.exchange_key))
    if record is not None:
        _check_renewal(state, register, record)


def _check_rate(state: StateReader, operator: bytes, context: BlockContext) -> None:
    interval = keeper.params(state).operator_interval_blocks
    last = keeper.last_confirm_of(state, operator)
    if last is not None and context.height - last < interval:
        raise TxRefusal(
            RegistrationReason.RATE_LIMITED,
            expected=f"a register of this operator at height {last + interval} or later",
            found=f"height {context.height}",
        )


def _kept_collateral(state: StateReader, quote: Quote, floor: Floor) -> bytes:
    fmspc = platform_of(quote, floor=floor).fmspc
    kept = kept_for(state, quote, fmspc)
    if kept is None:
        raise TxRefusal(
            RegistrationReason.COLLATERAL_MISSING,
            expected=f"collateral, since the chain has none for {quote.tee.name} {fmspc.hex()}",
            found="an empty one",
        )
    return kept


def _check_renewal(state: StateReader, register: MsgRegisterNode, record: NodeRecord) -> None:
    if record.status is NodeStatus.REVOKED:
        raise TxRefusal(
            RegistrationReason.NODE_REVOKED,
            expected="a node that is not revoked",
            found=f"node {record.node_id.hex()}, REVOKED",
        )
    if record.operator != register.operator:
        raise TxRefusal(
            RegistrationReason.OPERATOR_MISMATCH,
            expected=f"the operator of node {record.node_id.hex()}, {record.operator.hex()}",
            found=register.operator.hex(),
        )
    newest = keeper.anchor_height_of(state, record.node_id)
    if newest is not None and register.anchor_height <= newest:
        raise TxRefusal(
            RegistrationReason.ANCHOR_NOT_NEWER,
            expected=f"a quote with an anchor above height {newest}",
            found=f"height {register.anchor_height}",
        )


def _check_binding(
    register: MsgRegisterNode, facts: Facts, believed: ProvenContext, floor: Floor
) -> None:
    check_report_data(facts.report_data, expected=expected_report_data(register, believed, floor))
    if facts.debug:
        raise Refusal(Code.DEBUG_ENCLAVE, expected="the debug attribute clear", found="set")


def _check_policy(
    state: StateReader, report: VerifiedReport, believed: ProvenContext, floor: Floor
) -> None:
    """Gate 5. Whose own code the floor admits: the founder's, since the state knows no other."""
    policy = believed.policy
    predicates(policy).check(report)
    check_floor(
        report,
        worst_tcb_status=floor.worst_tcb_status,
        own=keeper.identity(state).founder,
        approved=check_approvals(policy.upgrades, floor=floor, network=believed.network_id),
    )


def _check_machine_free(state: StateReader, platform_id: bytes, node: bytes) -> None:
    """A node's own entry is its renewal."""
    others = [found for found in keeper.live_nodes_on(state, platform_id) if found != node]
    if others:
        raise TxRefusal(
            RegistrationReason.MACHINE_IN_USE,
            expected=f"no live node on machine {platform_id.hex()}",
            found=f"node {others[0].hex()}",
        )
