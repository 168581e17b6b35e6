"""Policy: each predicate alone, their combinations, and the floor that none can widen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.attestation.policy import (
    AdvisoriesIn,
    AllOf,
    AnyOf,
    FmspcNotDenied,
    MachineListed,
    MeasurementIn,
    MinimumEvaluationNumber,
    PlatformFlagsAllowed,
    Policy,
    Predicate,
    TcbStatusIn,
    UnsafeAcceptAny,
    check_floor,
    predicates,
)
from enclave.attestation.types import (
    Measurement,
    PlatformFlags,
    SgxMeasurement,
    TcbStatus,
    TdxMeasurement,
    Tee,
    VerifiedReport,
)
from enclave.errors import Code, Refusal
from tests.enclave.attestation.blueprints import MEASUREMENTS, measurements

SGX: Final = SgxMeasurement(b"\x11" * 32, b"\x22" * 32, 3, 0x0405)
TDX: Final = MEASUREMENTS[Tee.TDX]

REPORT: Final = VerifiedReport(
    tee=Tee.SGX,
    version=3,
    measurement=SGX,
    report_data=bytes(64),
    tcb_status=TcbStatus.SW_HARDENING_NEEDED,
    advisories=("INTEL-SA-00615",),
    evaluation_number=17,
    fmspc=bytes.fromhex("00906ed50000"),
    platform_id=b"\x05" * 32,
    platform=PlatformFlags(dynamic_platform=True, cached_keys=True, smt_enabled=True),
    attestation_id=b"\x06" * 32,
)
POLICY: Final = Policy(
    serial=1,
    frozen=False,
    measurements=(TDX, SGX),
    tcb_statuses=(TcbStatus.UP_TO_DATE, TcbStatus.SW_HARDENING_NEEDED),
    advisories=("INTEL-SA-00615",),
    minimum_evaluation_number=17,
    denied_fmspcs=(bytes(6),),
    max_quote_age_blocks=100,
    require_machine_list=False,
    one_node_per_machine=False,
    allow_dynamic_platform=True,
    allow_cached_keys=True,
    allow_smt=True,
    upgrades=(),
)


def verdict(predicate: Predicate, report: VerifiedReport = REPORT) -> Code | None:
    try:
        predicate.check(report)
    except Refusal as refusal:
        return refusal.code
    return None


def gate(changes: Mapping[str, Any]) -> Code | None:
    return verdict(predicates(replace(POLICY, **changes)))


def test_the_policy_lets_its_report_in() -> None:
    assert gate({}) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"measurements": (TDX,)}, Code.MEASUREMENT_NOT_ALLOWED),
        ({"tcb_statuses": (TcbStatus.UP_TO_DATE,)}, Code.TCB_STATUS_NOT_ALLOWED),
        ({"advisories": ()}, Code.ADVISORY_NOT_ALLOWED),
        ({"minimum_evaluation_number": 18}, Code.EVALUATION_NUMBER_TOO_LOW),
        ({"denied_fmspcs": (REPORT.fmspc,)}, Code.FMSPC_DENIED),
        ({"allow_dynamic_platform": False}, Code.PLATFORM_FLAG_NOT_ALLOWED),
        ({"allow_cached_keys": False}, Code.PLATFORM_FLAG_NOT_ALLOWED),
        ({"allow_smt": False}, Code.PLATFORM_FLAG_NOT_ALLOWED),
        ({"measurements": ()}, Code.EMPTY_POLICY),
        ({"tcb_statuses": ()}, Code.EMPTY_POLICY),
        ({"measurements": (), "tcb_statuses": ()}, Code.EMPTY_POLICY),
    ],
    ids=str,
)
def test_each_rule_of_gate_5_has_its_code(changes: dict[str, object], code: Code) -> None:
    assert gate(changes) is code


def test_the_rules_are_asked_in_the_order_of_the_specification() -> None:
    """With everything wrong, taking the first fault away shows the next."""
    wrong: dict[str, object] = {
        "measurements": (TDX,),
        "tcb_statuses": (TcbStatus.UP_TO_DATE,),
        "advisories": (),
        "minimum_evaluation_number": 18,
        "denied_fmspcs": (REPORT.fmspc,),
        "allow_smt": False,
    }
    codes = []
    while wrong:
        codes.append(gate(wrong))
        wrong.pop(next(iter(wrong)))
    assert codes == [
        Code.MEASUREMENT_NOT_ALLOWED,
        Code.TCB_STATUS_NOT_ALLOWED,
        Code.ADVISORY_NOT_ALLOWED,
        Code.EVALUATION_NUMBER_TOO_LOW,
        Code.FMSPC_DENIED,
        Code.PLATFORM_FLAG_NOT_ALLOWED,
    ]


@pytest.mark.parametrize(
    ("listed", "allowed"),
    [
        (SGX, True),
        (replace(SGX, isv_svn=SGX.isv_svn - 1), True),
        (replace(SGX, isv_svn=SGX.isv_svn + 1), False),
        (replace(SGX, isv_prod_id=SGX.isv_prod_id + 1), False),
        (replace(SGX, isv_prod_id=SGX.isv_prod_id - 1), False),
        (replace(SGX, mr_enclave=bytes(32)), False),
        (replace(SGX, mr_signer=bytes(32)), False),
        (TDX, False),
    ],
    ids=["same", "older", "newer", "product", "lower-product", "code", "signer", "tdx"],
)
def test_an_enclave_matches_by_code_signer_product_and_minimum_version(
    listed: Measurement, *, allowed: bool
) -> None:
    expected = None if allowed else Code.MEASUREMENT_NOT_ALLOWED
    assert verdict(MeasurementIn((listed,))) is expected


def test_a_td_is_no_enclave() -> None:
    report = replace(REPORT, tee=Tee.TDX, measurement=TDX)
    assert verdict(MeasurementIn((SGX,)), report) is Code.MEASUREMENT_NOT_ALLOWED


@pytest.mark.parametrize("part", ["mr_td", 0, 1, 2, 3])
def test_a_td_matches_by_all_five_registers(part: str | int) -> None:
    report = replace(REPORT, tee=Tee.TDX, measurement=TDX)
    assert verdict(MeasurementIn((TDX,)), report) is None
    rtmrs = list(getattr(TDX, "rtmrs", ()))
    if isinstance(part, int):
        rtmrs[part] = bytes(48)
    other = replace(TDX, **({"mr_td": bytes(48)} if part == "mr_td" else {"rtmrs": tuple(rtmrs)}))
    assert verdict(MeasurementIn((other,)), report) is Code.MEASUREMENT_NOT_ALLOWED


@pytest.mark.parametrize("found", TcbStatus)
@pytest.mark.parametrize("listed", TcbStatus)
def test_a_status_must_be_listed_and_revoked_never_helps(
    found: TcbStatus, listed: TcbStatus
) -> None:
    report = replace(REPORT, tcb_status=found)
    allowed = found is listed and found is not TcbStatus.REVOKED
    expected = None if allowed else Code.TCB_STATUS_NOT_ALLOWED
    assert verdict(TcbStatusIn((listed,)), report) is expected


def test_every_advisory_must_be_listed() -> None:
    report = replace(REPORT, advisories=("INTEL-SA-00001", "INTEL-SA-00002"))
    assert verdict(AdvisoriesIn(("INTEL-SA-00001", "INTEL-SA-00002", "X")), report) is None
    assert verdict(AdvisoriesIn(("INTEL-SA-00001",)), report) is Code.ADVISORY_NOT_ALLOWED
    assert verdict(AdvisoriesIn(()), replace(REPORT, advisories=())) is None


@pytest.mark.parametrize(("minimum", "allowed"), [(16, True), (17, True), (18, False)])
def test_the_evaluation_number_has_a_minimum(minimum: int, *, allowed: bool) -> None:
    expected = None if allowed else Code.EVALUATION_NUMBER_TOO_LOW
    assert verdict(MinimumEvaluationNumber(minimum)) is expected


def test_a_denied_cpu_family_is_out() -> None:
    assert verdict(FmspcNotDenied(())) is None
    assert verdict(FmspcNotDenied((REPORT.fmspc,))) is Code.FMSPC_DENIED


@pytest.mark.parametrize("flag", ["dynamic_platform", "cached_keys", "smt_enabled"])
def test_a_flag_matters_only_where_it_is_set(flag: str) -> None:
    clear = PlatformFlags(dynamic_platform=False, cached_keys=False, smt_enabled=False)
    nothing = PlatformFlagsAllowed(dynamic_platform=False, cached_keys=False, smt=False)
    assert verdict(nothing, replace(REPORT, platform=clear)) is None
    one = replace(REPORT, platform=replace(clear, **{flag: True}))
    assert verdict(nothing, one) is Code.PLATFORM_FLAG_NOT_ALLOWED


def test_a_machine_must_be_listed() -> None:
    assert verdict(MachineListed(frozenset({REPORT.platform_id}))) is None
    assert verdict(MachineListed(frozenset({bytes(32)}))) is Code.MACHINE_NOT_LISTED
    assert verdict(MachineListed(frozenset())) is Code.MACHINE_NOT_LISTED


YES: Final = UnsafeAcceptAny()
NO: Final = FmspcNotDenied((REPORT.fmspc,))
OTHER_NO: Final = MinimumEvaluationNumber(99)


@pytest.mark.parametrize(
    ("predicate", "code"),
    [
        (AllOf(()), Code.EMPTY_POLICY),
        (AnyOf(()), Code.EMPTY_POLICY),
        (MeasurementIn(()), Code.EMPTY_POLICY),
        (TcbStatusIn(()), Code.EMPTY_POLICY),
        (AllOf((YES, YES)), None),
        (AllOf((YES, NO)), Code.FMSPC_DENIED),
        (AllOf((OTHER_NO, NO)), Code.EVALUATION_NUMBER_TOO_LOW),
        (AnyOf((NO, YES)), None),
        (AnyOf((YES, NO)), None),
        (AnyOf((NO, OTHER_NO)), Code.EVALUATION_NUMBER_TOO_LOW),
        (AllOf((YES, AnyOf(()))), Code.EMPTY_POLICY),
        (AnyOf((NO, AllOf(()))), Code.EMPTY_POLICY),
        (AnyOf((AllOf((YES, NO)), AllOf((YES,)))), None),
    ],
    ids=range(13),
)
def test_combinations(predicate: Predicate, code: Code | None) -> None:
    assert verdict(predicate) is code


@given(st.lists(st.booleans(), min_size=1, max_size=6))
def test_all_and_any_are_the_words(holds: list[bool]) -> None:
    children = [YES if one else NO for one in holds]
    assert (verdict(AllOf(children)) is None) == all(holds)
    assert (verdict(AnyOf(children)) is None) == any(holds)


def without_version(measurement: Measurement) -> tuple[bytes, int]:
    """All but the isv_svn of Phala's text, and the isv_svn (attestation.md trap 7)."""
    text = measurement.encoded
    if isinstance(measurement, TdxMeasurement):
        return text, 0
    return text[:34] + text[36:], int.from_bytes(text[34:36], "little")


@given(st.data(), st.sampled_from(Tee))
def test_a_list_takes_its_code_in_this_or_a_later_version(data: st.DataObject, tee: Tee) -> None:
    listed, found = data.draw(measurements(tee)), data.draw(measurements(tee))
    report = replace(REPORT, tee=tee, measurement=found)
    (code, version), (found_code, found_version) = map(without_version, (listed, found))
    allowed = found_code == code and found_version >= version
    expected = None if allowed else Code.MEASUREMENT_NOT_ALLOWED
    assert verdict(MeasurementIn((listed,)), report) is expected
    assert verdict(MeasurementIn((listed, found)), report) is None


def floor(
    report: VerifiedReport = REPORT,
    *,
    worst: TcbStatus = TcbStatus.SW_HARDENING_NEEDED,
    own: Measurement = SGX,
    approved: Collection[Measurement] = (),
) -> Code | None:
    try:
        check_floor(report, worst_tcb_status=worst, own=own, approved=approved)
    except Refusal as refusal:
        return refusal.code
    return None


@pytest.mark.parametrize("worst", TcbStatus)
@pytest.mark.parametrize("found", TcbStatus)
def test_the_floor_bounds_the_status_by_severity(found: TcbStatus, worst: TcbStatus) -> None:
    code = floor(replace(REPORT, tcb_status=found), worst=worst)
    assert code is (None if found.value <= worst.value else Code.BELOW_FLOOR)


def test_the_floor_takes_its_own_code_and_signed_code_exactly() -> None:
    newer = replace(SGX, isv_svn=SGX.isv_svn + 1)
    report = replace(REPORT, measurement=newer)
    assert floor() is None
    assert floor(report) is Code.MEASUREMENT_UNSIGNED
    assert floor(report, approved=frozenset({newer})) is None
    assert floor(report, approved=frozenset({SGX, TDX})) is Code.MEASUREMENT_UNSIGNED
    assert floor(own=TDX) is Code.MEASUREMENT_UNSIGNED
    assert floor(own=TDX, approved=(SGX,)) is None
