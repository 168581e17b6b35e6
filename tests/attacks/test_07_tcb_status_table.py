"""Attack 7: every TCB status against every policy of one status, and an advisory off the list."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from enclave.attestation.policy import check_floor, predicates
from enclave.attestation.types import TcbStatus, Tee, VerifiedReport
from enclave.errors import Code, Refusal
from enclave.software.blueprint import QuoteKind
from enclave.software.issuer import issue
from node.attest.bad_cases import BadCase
from tests.attacks.attackers import GOOD, answer, bad, machine
from tests.enclave.attestation.blueprints import MEASUREMENTS, REPORT_DATA, good, verify
from tests.support.enclaves import policy

LISTABLE = [status for status in TcbStatus if status is not TcbStatus.REVOKED]
RELAUNCH = (TcbStatus.TD_RELAUNCH_ADVISED, TcbStatus.TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED)
WORST_OF_FLOOR = TcbStatus.OUT_OF_DATE_CONFIGURATION_NEEDED


@cache
def report_of(status: TcbStatus) -> VerifiedReport | Code:
    """A TD 1.5 alone can have every status."""
    blueprint = replace(good(QuoteKind.TDX_V5_TD15), tcb_status=status)
    try:
        return verify(issue(blueprint, REPORT_DATA), blueprint)
    except Refusal as refusal:
        return refusal.code


def judged(status: TcbStatus, listed: TcbStatus, worst: TcbStatus = WORST_OF_FLOOR) -> Code | None:
    report = report_of(status)
    if isinstance(report, Code):
        return report
    own = MEASUREMENTS[Tee.TDX]
    rules = policy(measurements=(own,), tcb_statuses=(listed,))
    try:
        predicates(rules).check(report)
        check_floor(report, worst_tcb_status=worst, own=own, approved=())
    except Refusal as refusal:
        return refusal.code
    return None


@pytest.mark.parametrize("listed", TcbStatus)
@pytest.mark.parametrize("status", TcbStatus)
def test_07_a_status_passes_where_it_is_listed_and_revoked_never(
    status: TcbStatus, listed: TcbStatus
) -> None:
    if status is TcbStatus.REVOKED:
        assert judged(status, listed) is Code.TCB_REVOKED
    elif status is listed:
        assert judged(status, listed) is None
    else:
        assert judged(status, listed) is Code.TCB_STATUS_NOT_ALLOWED


@pytest.mark.parametrize("worst", TcbStatus)
@pytest.mark.parametrize("status", LISTABLE)
def test_07_what_a_policy_lists_below_the_floor_does_not_pass(
    status: TcbStatus, worst: TcbStatus
) -> None:
    expected = None if status <= worst else Code.BELOW_FLOOR
    assert judged(status, status, worst) is expected


@pytest.mark.parametrize("listed", LISTABLE)
@pytest.mark.parametrize("status", [status for status in TcbStatus if status not in RELAUNCH])
def test_07_a_holder_answers_by_the_same_table(status: TcbStatus, listed: TcbStatus) -> None:
    attacker = machine(replace(GOOD, tcb_status=status))
    expected = None if status is listed else Code.TCB_STATUS_NOT_ALLOWED
    if status is TcbStatus.REVOKED:
        expected = Code.TCB_REVOKED
    assert answer(attacker, policy(tcb_statuses=(listed,))) is expected


@pytest.mark.parametrize(
    ("case", "code"),
    [
        (BadCase.QE_OUT_OF_DATE, Code.TCB_STATUS_NOT_ALLOWED),
        (BadCase.QE_REVOKED, Code.TCB_REVOKED),
    ],
)
def test_07_the_quoting_enclaves_status_counts_too(case: BadCase, code: Code) -> None:
    assert answer(bad(case)) is code


def test_07_an_advisory_that_is_not_listed_gets_no_envelope() -> None:
    two = machine(replace(GOOD, advisories=("INTEL-SA-00289", "INTEL-SA-00615")))
    assert answer(two, policy(advisories=("INTEL-SA-00289", "INTEL-SA-00615"))) is None
    assert answer(two, policy(advisories=("INTEL-SA-00615",))) is Code.ADVISORY_NOT_ALLOWED
    assert answer(two) is Code.ADVISORY_NOT_ALLOWED


def test_07_an_advisory_of_the_quoting_enclave_counts_too() -> None:
    attacker = machine(replace(GOOD, qe_advisories=("INTEL-SA-00477",)))
    assert answer(attacker) is Code.ADVISORY_NOT_ALLOWED
    assert answer(attacker, policy(advisories=("INTEL-SA-00477",))) is None


def test_07_a_policy_that_lists_no_status_lets_nobody_in() -> None:
    assert answer(machine(GOOD), policy(tcb_statuses=())) is Code.EMPTY_POLICY
