"""Chains and verdicts for tests of the gates."""

from __future__ import annotations

from typing import Any, Final

from chain_module.registration.gates import check_claim, check_verdict, evidence_of
from chain_module.registration.messages import MsgRegisterNode
from enclave.attestation.types import TdxMeasurement
from enclave.registration.records import Verdict, verdict_from_proto
from tests.support.registration_chain import (
    RegistrationChain,
    open_genesis,
    reason_of,
)

ALICE: Final = bytes([1]) * 20
BOB: Final = bytes([2]) * 20
TD: Final = TdxMeasurement(bytes([3]) * 48, (bytes(48), bytes(48), bytes(48), bytes(48)))


def ready(**genesis: Any) -> RegistrationChain:
    """A chain whose anchors are old enough to bind."""
    chain = RegistrationChain(open_genesis(**genesis))
    chain.commit_until(8)
    return chain


def verdict(chain: RegistrationChain, register: MsgRegisterNode) -> Verdict:
    """What a holder says of it."""
    return verdict_from_proto(chain.ask(register).verdict)


def judged(
    chain: RegistrationChain, register: MsgRegisterNode, *, found: Verdict | None = None
) -> str:
    """What gates 4 to 6 say of a register on the holder's verdict, or on `found`."""
    said = found or verdict(chain, register)
    evidence = evidence_of(chain.block, register)
    return reason_of(lambda: check_verdict(chain.block, register, said, evidence, chain.context))


def claimed(chain: RegistrationChain, register: MsgRegisterNode) -> str:
    """What gate 2 says."""
    return reason_of(lambda: check_claim(chain.block, register, chain.context))
