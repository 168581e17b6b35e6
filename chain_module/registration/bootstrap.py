"""The bootstrap node in the genesis (protocol.md section 9): its keys, its evidence, its record.

State rules alone: the quote is parsed and what it binds is compared. Whether it is genuine is the
question of `genesis validate` and of `start` before the first block; `evidence_of_founder` says
what they verify, and `check_verified` what has to come out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import Final

from chain_module.errors import TxRefusal
from chain_module.genesis_form import BadGenesis, BadGenesisCode
from chain_module.registration.facts import check_same_platform, facts_of, report_of
from chain_module.registration.gates import check_agreement
from chain_module.registration.genesis import Genesis, GenesisNetwork
from chain_module.registration.identity import NetworkGenesis
from chain_module.registration.lifecycle import later
from chain_module.registration.records import Identity
from enclave.attestation.collateral import Collateral
from enclave.attestation.policy import MachineListed, check_floor, predicates
from enclave.attestation.report_data import bootstrap_report_data, check_report_data
from enclave.attestation.types import TcbStatus, VerifiedReport
from enclave.crypto.labels import Mode
from enclave.crypto.seed_envelope import ENVELOPE_BYTES, node_id
from enclave.errors import Code, Refusal
from enclave.registration.network import HASH_BYTES, Floor
from enclave.registration.records import NodeRecord, NodeStatus, Verdict, verdict_of
from enclave.time import Time

FIRST_EPOCH: Final = 0


@dataclass(frozen=True, slots=True)
class FounderEvidence:
    """What is to be verified before the first block: the quote, at genesis time."""

    quote: bytes
    collateral: bytes
    floor: Floor
    gate_time: Time
    report_data: bytes
    """64 bytes: what the quote must bind."""


def bootstrapped(
    network: NetworkGenesis, made: GenesisNetwork, *, operator: bytes, verdict: Verdict
) -> Genesis:
    """The genesis with what the bootstrap enclave made: its network and its one record.

    Args:
        network: the genesis before the bootstrap.
        made: what the enclave published; `from_height` of its keys is set here.
        operator: 20 bytes, the bootstrap node's account.
        verdict: of its verified quote.
    """
    genesis = network.registration
    return Genesis(
        floor=genesis.floor,
        policy=genesis.policy,
        params=genesis.params,
        machines=genesis.machines,
        network=made,
        nodes=(founders_record(network, made, operator=operator, verdict=verdict),),
    )


def founders_record(
    network: NetworkGenesis, made: GenesisNetwork, *, operator: bytes, verdict: Verdict
) -> NodeRecord:
    """The bootstrap node's record: no envelope (zeros), no register's transaction (zeros)."""
    time = network.genesis_time
    period = network.registration.params.registration_period_secs
    return NodeRecord(
        node_id=node_id(network.registration.floor.mode, made.exchange_key),
        operator=operator,
        exchange_key=made.exchange_key,
        tls_key=made.tls_key,
        epoch=FIRST_EPOCH,
        report_data=founders_report_data(network, made),
        envelope=bytes(ENVELOPE_BYTES),
        verdict=verdict,
        quote_hash=hashlib.sha256(made.quote).digest(),
        register_tx_hash=bytes(HASH_BYTES),
        height=network.inputs.initial_height,
        time=time,
        expires_at=later(time, seconds=period),
        status=NodeStatus.CONFIRMED,
    )


def founders_report_data(network: NetworkGenesis, made: GenesisNetwork) -> bytes:
    """64 bytes: what the quote of the bootstrap enclave that made these keys must bind."""
    return bootstrap_report_data(
        network.registration.floor.mode,
        network_id=network.network_id,
        exchange_key=made.exchange_key,
        pk_io=made.keys.pk_io,
        kem_io=made.keys.kem_io,
        tls_key=made.tls_key,
    )


def check_bootstrapped(network: NetworkGenesis) -> Identity:
    """What InitChain demands of a genesis; returns what the chain keeps of its identity.

    `registration.network` is there, with the keys of epoch 0; there is one record, and it is the
    bootstrap node's in every field; the quote binds these keys for this network, and the floor and
    the policy of this genesis take what the record says of it.

    Raises:
        BadGenesis: NOT_BOOTSTRAPPED, RECORD_MISMATCH, or the code of the gate that says no.
    """
    made, nodes = network.registration.network, network.registration.nodes
    if made is None:
        raise BadGenesis(
            "registration.network",
            expected="what the bootstrap enclave made (`seedpactd genesis bootstrap`)",
            found="none",
            code=BadGenesisCode.NOT_BOOTSTRAPPED,
        )
    if len(nodes) != 1:
        raise BadGenesis(
            "registration.nodes",
            expected="the bootstrap node's record alone",
            found=f"{len(nodes)} records",
            code=BadGenesisCode.RECORD_MISMATCH,
        )
    keys = (made.keys.epoch, made.keys.from_height)
    if keys != (FIRST_EPOCH, network.inputs.initial_height):
        raise BadGenesis(
            "registration.network.keys",
            expected=f"epoch {FIRST_EPOCH} from height {network.inputs.initial_height}",
            found=f"epoch {made.keys.epoch} from height {made.keys.from_height}",
            code=BadGenesisCode.RECORD_MISMATCH,
        )
    (record,) = nodes
    expected = founders_record(network, made, operator=record.operator, verdict=record.verdict)
    wrong = [
        field.name
        for field in fields(record)
        if getattr(record, field.name) != getattr(expected, field.name)
    ]
    if wrong:
        raise BadGenesis(
            "registration.nodes[0]",
            expected="the bootstrap node's record, as registration.network has it",
            found=f"another {', '.join(wrong)}",
            code=BadGenesisCode.RECORD_MISMATCH,
        )
    try:
        _check_founder(network, made, record)
    except Refusal as refusal:
        raise _named(refusal, refusal.code) from None
    except TxRefusal as refusal:
        raise _named(refusal, refusal.reason.name) from None
    return Identity(
        network_id=network.network_id,
        network=network.inputs,
        genesis_time=network.genesis_time,
        founder=record.verdict.measurement,
    )


def evidence_of_founder(network: NetworkGenesis) -> FounderEvidence:
    """What to verify. Raises BadGenesis NOT_BOOTSTRAPPED."""
    made = network.registration.network
    if made is None:
        raise BadGenesis(
            "registration.network",
            expected="a bootstrap",
            found="none",
            code=BadGenesisCode.NOT_BOOTSTRAPPED,
        )
    return FounderEvidence(
        quote=made.quote,
        collateral=made.collateral,
        floor=network.registration.floor,
        gate_time=network.genesis_time,
        report_data=founders_report_data(network, made),
    )


def check_verified(network: NetworkGenesis, report: VerifiedReport) -> None:
    """The verified quote is the record's, in every field of its verdict. Raises Refusal."""
    check_report_data(report.report_data, expected=evidence_of_founder(network).report_data)
    (record,) = network.registration.nodes
    if verdict_of(report) != record.verdict:
        raise Refusal(
            Code.RECORD_MISMATCH,
            expected=f"the verdict of the record, {record.verdict.tcb_status.text}",
            found=f"another, {report.tcb_status.text}",
        )


def unsafe_settings(network: NetworkGenesis) -> tuple[str, ...]:
    """What a network for real use would not have, and is legal all the same.

    What no chain may have is refused: `read_network` and `check_bootstrapped`.
    """
    genesis = network.registration
    floor, policy = genesis.floor, genesis.policy
    found = {
        "software mode: it protects nothing": floor.mode is Mode.SOFTWARE,
        "no machine list: a forged quote of any machine passes": not policy.require_machine_list,
        "platforms with the dynamic platform flag": policy.allow_dynamic_platform,
        "platforms with cached keys": policy.allow_cached_keys,
        "platforms with SMT": policy.allow_smt,
        f"a floor that takes {floor.worst_tcb_status.text}": floor.worst_tcb_status
        >= TcbStatus.OUT_OF_DATE,
        "a policy that takes platforms that are OutOfDate": any(
            status >= TcbStatus.OUT_OF_DATE for status in policy.tcb_statuses
        ),
    }
    return tuple(text for text, holds in found.items() if holds)


def _check_founder(network: NetworkGenesis, made: GenesisNetwork, record: NodeRecord) -> None:
    genesis = network.registration
    collateral = Collateral.parse(made.collateral)
    facts = facts_of(made.quote, collateral, floor=genesis.floor)
    check_same_platform(facts, collateral)
    check_agreement(facts, record.verdict)
    check_report_data(facts.report_data, expected=record.report_data)
    if facts.debug:
        raise Refusal(Code.DEBUG_ENCLAVE, expected="the debug attribute clear", found="set")
    report = report_of(facts, record.verdict)
    predicates(genesis.policy).check(report)
    own = record.verdict.measurement
    worst = genesis.floor.worst_tcb_status
    check_floor(report, worst_tcb_status=worst, own=own, approved=())
    if genesis.policy.require_machine_list:
        listed = [machine.platform_id for machine in genesis.machines]
        MachineListed(listed).check(report)


def _named(refusal: Refusal | TxRefusal, code: str) -> BadGenesis:
    return BadGenesis(
        "registration.network", expected=refusal.expected, found=refusal.found, code=code
    )
