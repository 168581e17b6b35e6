"""Attack 10: collateral dated in the future; a wall clock that differs from block time.

Only gate time counts, so all nodes decide alike, whatever their clocks say.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from enclave.errors import Code
from enclave.software.blueprint import DAY
from node.attest.bad_cases import BadCase
from tests.attacks.attackers import GOOD, answer, bad, holder_of, machine, verdict
from tests.attacks.forgery import Forgery, confirm
from tests.enclave.attestation.real_evidence import VECTORS, VERIFIED
from tests.support.enclaves import GENESIS_TIME
from tests.support.refusals import refused
from tests.support.world import network

FUTURE = {
    BadCase.TCB_INFO_FROM_FUTURE: Code.COLLATERAL_NOT_YET_VALID,
    BadCase.QE_IDENTITY_FROM_FUTURE: Code.COLLATERAL_NOT_YET_VALID,
    BadCase.ROOT_CRL_FROM_FUTURE: Code.COLLATERAL_NOT_YET_VALID,
    BadCase.PCK_CRL_FROM_FUTURE: Code.COLLATERAL_NOT_YET_VALID,
    BadCase.PCK_FROM_FUTURE: Code.CERTIFICATE_NOT_YET_VALID,
}


@pytest.mark.parametrize(("case", "code"), FUTURE.items())
def test_10_collateral_of_the_future_gets_no_envelope(case: BadCase, code: Code) -> None:
    assert answer(bad(case)) is code


@pytest.mark.parametrize(("seconds", "code"), [(0, None), (1, Code.COLLATERAL_NOT_YET_VALID)])
def test_10_gate_time_decides_to_the_second(seconds: int, code: Code | None) -> None:
    ledger, holder = holder_of()
    # The nonce of the holder's start is two blocks old when it confirms, and headers time blocks.
    gate_time = ledger.time(ledger.height + 1).seconds
    attacker = machine(replace(GOOD, issued_at=gate_time + seconds))
    (confirmation,) = confirm(ledger, holder, Forgery().newcomer(ledger, attacker))
    assert ledger.time(ledger.height - 1).seconds == gate_time
    assert verdict(confirmation) is code


@pytest.mark.parametrize("year", [2040, 2062, 2095])
def test_10_a_wall_clock_of_another_decade_changes_nothing(year: int) -> None:
    """Good at a gate time far from any clock of this machine."""
    then = (year - 1970) * 365 * DAY
    evidence = machine(replace(GOOD, issued_at=then, valid_for=60 * DAY))
    ledger, holder = holder_of()
    newcomer = Forgery().newcomer(ledger, evidence)
    # The ledger's clock is the header's: the collateral has another decade, so it is refused ..
    (confirmation,) = confirm(ledger, holder, newcomer)
    assert verdict(confirmation) is not None
    # .. and with a header of that decade it is taken.
    ledger.later = then + DAY - GENESIS_TIME
    ledger.height += 1
    (confirmation,) = confirm(ledger, holder, newcomer)
    assert verdict(confirmation) is None


@pytest.mark.parametrize("name", VERIFIED)
def test_10_intels_evidence_verifies_at_its_own_time_and_not_at_the_clocks(name: str) -> None:
    vector = VECTORS[name]
    assert vector.verify().tcb_status is vector.status
    with refused(Code.COLLATERAL_NOT_YET_VALID):
        vector.verify(now=vector.window[0] - 365 * DAY)


def test_10_two_nodes_decide_alike() -> None:
    """The same newcomer, two holders with other entropy: equal bytes."""
    ledger, (holder, other) = network("holder", "other")
    newcomer = Forgery().newcomer(ledger, machine(GOOD))
    first = confirm(ledger, holder, newcomer)
    assert verdict(first[0]) is None
    assert confirm(ledger, other, newcomer) == first
