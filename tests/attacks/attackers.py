"""Attackers' machines: they issue whatever a blueprint says; and what a holder answers them.

The holder is a whole enclave that was bootstrapped; the attacker's register is right in everything
but what its blueprint spoils.
"""

from __future__ import annotations

from typing import Final

from enclave.attestation.policy import Policy
from enclave.attestation.types import Evidence, Measurement
from enclave.crypto.labels import Mode
from enclave.errors import Code
from enclave.software.attestor import ISSUED_BEFORE_GENESIS
from enclave.software.blueprint import Blueprint, QuoteKind
from enclave.software.issuer import Issuer
from node.attest.bad_cases import BadCase, spoil
from seedpact.enclave.v1 import service_pb2 as pb
from tests.attacks.forgery import Forgery, confirm
from tests.support.enclaves import CHAIN_ID, CODE, GENESIS_TIME, Node, policy
from tests.support.world import Ledger, network

ENVELOPE_BYTES: Final = 48
GOOD: Final = Blueprint(
    kind=QuoteKind.SGX_V3,
    measurement=CODE,
    chain_id=CHAIN_ID,
    ppid=b"an attacker's id",
    issued_at=GENESIS_TIME - ISSUED_BEFORE_GENESIS,
)


class BlueprintAttestor:
    """An `Attestor` whose platform is a blueprint, good or bad."""

    def __init__(self, blueprint: Blueprint) -> None:
        self._issuer = Issuer(blueprint)

    @property
    def mode(self) -> Mode:
        """Always software."""
        return Mode.SOFTWARE

    def measurement(self) -> Measurement:
        """What the blueprint says."""
        return self._issuer.blueprint.measurement

    def quote(self, report_data: bytes, *, chain_id: str, genesis_time: int) -> Evidence:
        """A quote of the blueprint; the network is the blueprint's own."""
        del chain_id, genesis_time
        return self._issuer.issue(report_data)


def machine(blueprint: Blueprint) -> Node:
    """A machine of this blueprint."""
    return Node("attacker's machine", attestor=BlueprintAttestor(blueprint))


def bad(case: BadCase) -> Node:
    """A machine whose evidence has one named fault."""
    return machine(spoil(GOOD, case))


def holder_of(rules: Policy | None = None) -> tuple[Ledger, Node]:
    """A network of one holder under these rules."""
    ledger, (holder,) = network("holder")
    ledger.policy = rules or policy()
    return ledger, holder


def verdict(confirmation: pb.Confirmation) -> Code | None:
    """The code of a refusal, or None for an envelope; never both, never neither."""
    assert confirmation.HasField("refusal") != bool(confirmation.envelope)
    if confirmation.HasField("refusal"):
        return Code(confirmation.refusal.code)
    assert len(confirmation.envelope) == ENVELOPE_BYTES
    return None


def answer(attacker: Node, rules: Policy | None = None) -> Code | None:
    """What a holder says to the attacker's register; an honest one beside it gets its envelope."""
    ledger, holder = holder_of(rules)
    newcomer = Forgery().newcomer(ledger, attacker)
    (confirmation,) = confirm(ledger, holder, newcomer)
    return verdict(confirmation)
