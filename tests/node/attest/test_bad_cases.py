"""Every bad case, for every kind of quote that it is about: refused by its code, or judged."""

from __future__ import annotations

import pytest

from enclave.attestation.types import PlatformFlags, TcbStatus, VerifiedReport
from enclave.errors import Code, Refusal
from enclave.software.blueprint import QuoteKind
from enclave.software.issuer import issue
from node.attest.bad_cases import (
    BAD_CASES,
    EXAMPLE_ADVISORY,
    LOW_EVALUATION_NUMBER,
    BadCase,
    cases_of,
    spoil,
)
from tests.enclave.attestation.blueprints import REPORT_DATA, good, verify

REFUSED = [(kind, case) for kind in QuoteKind for case in cases_of(kind) if BAD_CASES[case].refusal]
JUDGED = [
    (kind, case) for kind in QuoteKind for case in cases_of(kind) if not BAD_CASES[case].refusal
]
STATUS = {
    BadCase.SW_HARDENING_NEEDED: TcbStatus.SW_HARDENING_NEEDED,
    BadCase.CONFIGURATION_NEEDED: TcbStatus.CONFIGURATION_NEEDED,
    BadCase.CONFIGURATION_AND_SW_HARDENING_NEEDED: (
        TcbStatus.CONFIGURATION_AND_SW_HARDENING_NEEDED
    ),
    BadCase.TD_RELAUNCH_ADVISED: TcbStatus.TD_RELAUNCH_ADVISED,
    BadCase.TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED: (
        TcbStatus.TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED
    ),
    BadCase.OUT_OF_DATE: TcbStatus.OUT_OF_DATE,
    BadCase.OUT_OF_DATE_CONFIGURATION_NEEDED: TcbStatus.OUT_OF_DATE_CONFIGURATION_NEEDED,
    BadCase.QE_OUT_OF_DATE: TcbStatus.OUT_OF_DATE,
    BadCase.MODULE_OUT_OF_DATE: TcbStatus.OUT_OF_DATE,
}


def name(value: object) -> str | None:
    return value.text if isinstance(value, QuoteKind) else None


def verified(kind: QuoteKind, case: BadCase) -> VerifiedReport:
    blueprint = spoil(good(kind), case)
    return verify(issue(blueprint, REPORT_DATA), blueprint)


@pytest.mark.parametrize(("kind", "case"), REFUSED, ids=name)
def test_verification_refuses_with_the_code_of_the_case(kind: QuoteKind, case: BadCase) -> None:
    with pytest.raises(Refusal) as refused:
        verified(kind, case)
    assert refused.value.code is BAD_CASES[case].refusal


@pytest.mark.parametrize(("kind", "case"), JUDGED, ids=name)
def test_a_policy_sees_what_the_case_did(kind: QuoteKind, case: BadCase) -> None:
    """One thing differs from the good report of the same kind, and it is the case's."""
    report = verified(kind, case)
    assert report.tcb_status is STATUS.get(case, TcbStatus.UP_TO_DATE)
    assert report.advisories == ((EXAMPLE_ADVISORY,) if case is BadCase.ADVISORY else ())
    low = case in (BadCase.LOW_EVALUATION, BadCase.LOW_QE_EVALUATION)
    expected = LOW_EVALUATION_NUMBER if low else good(kind).evaluation_number
    assert report.evaluation_number == expected
    assert report.platform == PlatformFlags(
        dynamic_platform=case is BadCase.DYNAMIC_PLATFORM,
        cached_keys=case is BadCase.CACHED_KEYS,
        smt_enabled=case is BadCase.SMT_ENABLED,
    )


def test_every_case_is_in_the_table() -> None:
    assert list(BAD_CASES) == list(BadCase)


@pytest.mark.parametrize("case", [BadCase.SERVICE_TD, BadCase.MODULE_REVOKED])
def test_a_case_that_means_nothing_for_a_kind_is_refused(case: BadCase) -> None:
    with pytest.raises(Refusal) as refused:
        spoil(good(QuoteKind.SGX_V3), case)
    assert refused.value.code is Code.BAD_VALUE
