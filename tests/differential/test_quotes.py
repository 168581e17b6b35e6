"""Two verifiers that share no code judge the same evidence: ours and @phala/dcap-qvl.

Each place where they differ is named below, with the rule that the JavaScript verifier does not
have. Anything else is a failure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.attestation.collateral import Collateral
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.quote import parse_quote
from enclave.attestation.types import SgxMeasurement, TcbStatus, TdxMeasurement, VerifiedReport
from enclave.attestation.verifier import verify_quote
from enclave.errors import Refusal
from enclave.software.blueprint import DAY, Blueprint, QuoteKind
from enclave.software.issuer import issue
from node.attest.bad_cases import BadCase, cases_of, spoil
from tests.differential.javascript import Case, JavascriptVerifier, Verdict
from tests.enclave.attestation.blueprints import REPORT_DATA, ROOT, blueprints, good
from tests.enclave.attestation.real_evidence import VECTORS, Vector

# The JavaScript verifier knows TD 1.0 and TD 1.5, and refuses the body type of TD 1.5-ex.
KINDS: Final = tuple(kind for kind in QuoteKind if kind is not QuoteKind.TDX_V5_TD15_EX)

# What it accepts and we refuse, or judges otherwise: it looks into CRLs for revoked serial
# numbers, but at no window, issuer or signature of them; it compares no PCE; it has no rule for
# the TDX module and none for TD 1.5's second TCB.
ACCEPTED_BY_JAVASCRIPT: Final = {
    BadCase.ROOT_CRL_EXPIRED,
    BadCase.PCK_CRL_EXPIRED,
    BadCase.ROOT_CRL_FROM_FUTURE,
    BadCase.PCK_CRL_FROM_FUTURE,
    BadCase.ROOT_CRL_FORGED,
    BadCase.PCK_CRL_FORGED,
    BadCase.WRONG_CRL,
    BadCase.WRONG_PCE,
    BadCase.MODULE_REVOKED,
    BadCase.MODULE_UNKNOWN,
}
OTHER_STATUS_IN_JAVASCRIPT: Final = {
    BadCase.MODULE_OUT_OF_DATE: "UpToDate",
    BadCase.TD_RELAUNCH_ADVISED: "UpToDate",
    BadCase.TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED: "ConfigurationNeeded",
}

RELAUNCH: Final = (
    TcbStatus.TD_RELAUNCH_ADVISED,
    TcbStatus.TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
)

# On the real vectors they differ in one. This host's module level is UpToDate in Intel's module
# identities, which the JavaScript verifier does not read: it compares the module's SVNs with the
# platform's TCB levels instead, and finds an older one.
REAL_DIFFERENCE: Final = "tdx4-gcp-cos113-uptodate"
REAL_DIFFERENCE_IN_JAVASCRIPT: Final = (
    "OutOfDate",
    ("INTEL-SA-00960", "INTEL-SA-00982", "INTEL-SA-00986"),
)


@pytest.fixture(scope="module")
def javascript() -> Iterator[JavascriptVerifier]:
    verifier = JavascriptVerifier()
    yield verifier
    verifier.close()


def ours(case: Case) -> VerifiedReport | Refusal:
    try:
        collateral = Collateral.parse(case.collateral)
        return verify_quote(case.quote, collateral, root_der=case.root, now=case.now)
    except Refusal as refusal:
        return refusal


def code_of(report: VerifiedReport) -> bytes:
    match report.measurement:
        case SgxMeasurement() as sgx:
            return sgx.mr_enclave
        case TdxMeasurement() as tdx:
            return tdx.mr_td


def assert_same(report: VerifiedReport | Refusal, verdict: Verdict) -> None:
    """Both refuse, or both read and judge alike."""
    if isinstance(report, Refusal) or verdict.refused is not None:
        assert isinstance(report, Refusal), verdict.refused
        assert verdict.refused is not None, report
        return
    assert (verdict.status, verdict.advisories) == (report.tcb_status.text, report.advisories)
    assert (verdict.code, verdict.report_data) == (code_of(report), report.report_data)


def case_of(blueprint: Blueprint, *, root: bytes = ROOT) -> Case:
    evidence = issue(blueprint, REPORT_DATA)
    now = blueprint.issued_at + DAY
    return Case(quote=evidence.quote, collateral=evidence.collateral, root=root, now=now)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.text)
def test_software_quotes_are_accepted_under_the_development_root(
    javascript: JavascriptVerifier, kind: QuoteKind
) -> None:
    case = case_of(good(kind))
    verdict = javascript.judge(case)
    assert verdict.refused is None
    assert verdict.status == "UpToDate"
    assert_same(ours(case), verdict)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.text)
def test_software_quotes_are_refused_under_intels_root(
    javascript: JavascriptVerifier, kind: QuoteKind
) -> None:
    case = case_of(good(kind), root=INTEL_SGX_ROOT_CA_DER)
    assert javascript.judge(case).refused is not None
    assert isinstance(ours(case), Refusal)


@given(blueprint=blueprints(KINDS).filter(lambda found: found.tcb_status not in RELAUNCH))
def test_law_software_quotes_are_judged_alike(
    javascript: JavascriptVerifier, blueprint: Blueprint
) -> None:
    """Both accept whatever the attestor can issue, and read the same in it."""
    case = case_of(blueprint)
    verdict = javascript.judge(case)
    assert verdict.refused is None
    assert_same(ours(case), verdict)


@given(kind=st.sampled_from(KINDS), data=st.data())
def test_law_a_flipped_bit_of_the_signed_part_is_refused_by_both(
    javascript: JavascriptVerifier, kind: QuoteKind, data: st.DataObject
) -> None:
    case = case_of(good(kind))
    place = data.draw(st.integers(0, len(parse_quote(case.quote).signed) - 1))
    quote = bytearray(case.quote)
    quote[place] ^= 1 << data.draw(st.integers(0, 7))
    flipped = replace(case, quote=bytes(quote))
    assert javascript.judge(flipped).refused is not None
    assert isinstance(ours(flipped), Refusal)


@pytest.mark.parametrize(
    ("kind", "bad"),
    [(kind, bad) for kind in KINDS for bad in cases_of(kind)],
    ids=lambda value: value.text if isinstance(value, QuoteKind) else None,
)
def test_bad_cases_are_judged_alike_but_for_the_named(
    javascript: JavascriptVerifier, kind: QuoteKind, bad: BadCase
) -> None:
    case = case_of(spoil(good(kind), bad))
    report, verdict = ours(case), javascript.judge(case)
    if bad in ACCEPTED_BY_JAVASCRIPT:
        assert isinstance(report, Refusal)
        assert verdict.refused is None
    elif bad in OTHER_STATUS_IN_JAVASCRIPT:
        assert not isinstance(report, Refusal)
        assert verdict.status == OTHER_STATUS_IN_JAVASCRIPT[bad] != report.tcb_status.text
    else:
        assert_same(report, verdict)


def test_it_does_not_know_the_body_of_td_15_ex(javascript: JavascriptVerifier) -> None:
    case = case_of(good(QuoteKind.TDX_V5_TD15_EX))
    assert not isinstance(ours(case), Refusal)
    verdict = javascript.judge(case)
    assert verdict.refused is not None
    assert "decode quote" in verdict.refused


@pytest.mark.parametrize("vector", VECTORS.values(), ids=lambda vector: vector.name)
def test_real_evidence_is_judged_alike_but_for_one(
    javascript: JavascriptVerifier, vector: Vector
) -> None:
    case = Case(
        quote=vector.quote,
        collateral=vector.collateral,
        root=INTEL_SGX_ROOT_CA_DER,
        now=vector.time,
    )
    report, verdict = ours(case), javascript.judge(case)
    if vector.name == REAL_DIFFERENCE:
        assert not isinstance(report, Refusal)
        assert (report.tcb_status, report.advisories) == (TcbStatus.UP_TO_DATE, ())
        assert (verdict.status, verdict.advisories) == REAL_DIFFERENCE_IN_JAVASCRIPT
    else:
        assert_same(report, verdict)


def test_the_real_difference_is_among_the_vectors() -> None:
    assert REAL_DIFFERENCE in VECTORS
