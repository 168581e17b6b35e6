"""Which way a policy goes, field by field; and the law behind it, on the real predicates."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_module.registration.policy_change import Change, change_of, covers
from enclave.attestation.policy import (
    MachineListed,
    MeasurementIn,
    Policy,
    UpgradeApproval,
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
    tee_of,
)
from enclave.errors import Refusal
from tests.support.enclaves import policy

FEW: Final = st.integers(min_value=0, max_value=2)
TWO: Final = st.integers(min_value=0, max_value=1)
SGX: Final = st.builds(
    lambda code, svn: SgxMeasurement(bytes([code]) * 32, bytes(32), 0, svn), TWO, TWO
)
TDX: Final = st.builds(
    lambda code: TdxMeasurement(bytes([code]) * 48, (bytes(48),) * 4), st.just(0)
)
CODES: Final[st.SearchStrategy[Measurement]] = SGX | TDX
STATUSES: Final = st.sampled_from([status for status in TcbStatus if status < TcbStatus.REVOKED])
ADVISORIES: Final = st.sampled_from(["INTEL-SA-00001", "INTEL-SA-00002"])
FMSPCS: Final = st.sampled_from([bytes(6), bytes(5) + b"\1"])
MACHINES: Final = st.sampled_from([hashlib.sha256(bytes([n])).digest() for n in range(2)])
APPROVALS: Final = st.builds(UpgradeApproval, FEW, CODES, st.just(()))


def few(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A short list, each once."""
    return st.lists(values, max_size=3, unique=True).map(tuple)


POLICIES: Final = st.builds(
    Policy,
    serial=st.just(1),
    frozen=st.booleans(),
    measurements=few(CODES),
    tcb_statuses=few(STATUSES),
    advisories=few(ADVISORIES),
    minimum_evaluation_number=FEW,
    denied_fmspcs=few(FMSPCS),
    max_quote_age_blocks=FEW,
    require_machine_list=st.booleans(),
    one_node_per_machine=st.booleans(),
    allow_dynamic_platform=st.booleans(),
    allow_cached_keys=st.booleans(),
    allow_smt=st.booleans(),
    upgrades=few(APPROVALS),
)
FLAGS: Final = st.builds(
    PlatformFlags,
    dynamic_platform=st.booleans(),
    cached_keys=st.booleans(),
    smt_enabled=st.booleans(),
)


@st.composite
def reports(draw: st.DrawFn) -> VerifiedReport:
    """A report of few codes, so that policies often differ about it."""
    code = draw(CODES)
    return VerifiedReport(
        tee=tee_of(code),
        version=3 if tee_of(code) is Tee.SGX else 4,
        measurement=code,
        report_data=bytes(64),
        tcb_status=draw(STATUSES),
        advisories=draw(few(ADVISORIES)),
        evaluation_number=draw(FEW),
        fmspc=draw(FMSPCS),
        platform_id=draw(MACHINES),
        platform=draw(FLAGS),
        attestation_id=bytes(32),
    )


def accepts(rules: Policy, report: VerifiedReport, *, age: int, listed: bool) -> bool:
    """Everything of gates 2, 5 and 6 that a policy decides about one report."""
    try:
        predicates(rules).check(report)
        if rules.require_machine_list:
            MachineListed([report.platform_id] if listed else []).check(report)
    except Refusal:
        return False
    return not rules.frozen and age <= rules.max_quote_age_blocks


LOOSE: Final = policy(
    tcb_statuses=tuple(TcbStatus)[:-1],
    advisories=("INTEL-SA-00001", "INTEL-SA-00002"),
    allow_dynamic_platform=True,
    allow_cached_keys=True,
    allow_smt=True,
)
"""Takes nearly every report, so that a field that differs decides."""


@given(st.data())
def test_what_the_narrower_accepts_the_wider_accepts(data: st.DataObject) -> None:
    """Policies that differ in one or two fields: whole random ones seldom cover each other."""
    names = [field.name for field in dataclasses.fields(Policy)]
    changed = data.draw(st.lists(st.sampled_from(["measurements", *names]), max_size=2))
    codes = data.draw(few(CODES).filter(bool))
    old, new = (
        dataclasses.replace(
            LOOSE, **{"measurements": codes, **{name: getattr(drawn, name) for name in changed}}
        )
        for drawn in (data.draw(POLICIES), data.draw(POLICIES))
    )
    report, age = data.draw(reports()), data.draw(FEW)
    listed = data.draw(st.booleans())
    before = accepts(old, report, age=age, listed=listed)
    after = accepts(new, report, age=age, listed=listed)
    match change_of(old, new):
        case Change.NARROWS:
            assert after <= before
        case Change.WIDENS:
            assert before <= after
        case Change.NONE:
            assert before == after
        case Change.MIXED:
            assert not covers(old, new)
            assert not covers(new, old)


@given(POLICIES, POLICIES, POLICIES)
def test_covering_is_an_order(one: Policy, two: Policy, three: Policy) -> None:
    assert covers(one, one)
    if covers(one, two) and covers(two, three):
        assert covers(one, three)
    assert (
        change_of(one, two)
        is {
            Change.NARROWS: Change.WIDENS,
            Change.WIDENS: Change.NARROWS,
            Change.NONE: Change.NONE,
            Change.MIXED: Change.MIXED,
        }[change_of(two, one)]
    )


A: Final = SgxMeasurement(bytes([1]) * 32, bytes(32), 0, 1)
A_LATER: Final = dataclasses.replace(A, isv_svn=2)
B: Final = SgxMeasurement(bytes([2]) * 32, bytes(32), 0, 0)
UP: Final = TcbStatus.UP_TO_DATE
HARDENING: Final = TcbStatus.SW_HARDENING_NEEDED

NARROWER: Final[dict[str, tuple[Any, Any]]] = {
    "frozen": (False, True),
    "measurements": ((A, B), (A,)),
    "tcb_statuses": ((UP, HARDENING), (UP,)),
    "advisories": (("INTEL-SA-00001",), ()),
    "minimum_evaluation_number": (1, 2),
    "denied_fmspcs": ((), (bytes(6),)),
    "max_quote_age_blocks": (10, 9),
    "require_machine_list": (False, True),
    "one_node_per_machine": (False, True),
    "allow_dynamic_platform": (True, False),
    "allow_cached_keys": (True, False),
    "allow_smt": (True, False),
    "upgrades": ((UpgradeApproval(1, B, ()),), ()),
}
"""For each field a wide value, and a narrow one."""


def test_every_field_has_a_direction() -> None:
    assert {*NARROWER, "serial"} == {field.name for field in dataclasses.fields(Policy)}


@pytest.mark.parametrize("field", NARROWER)
def test_each_field_narrows_and_widens(field: str) -> None:
    wide, narrow = (policy(**{field: value}) for value in NARROWER[field])
    assert change_of(wide, narrow) is Change.NARROWS
    assert change_of(narrow, wide) is Change.WIDENS
    assert change_of(wide, dataclasses.replace(wide, serial=9)) is Change.NONE


@pytest.mark.parametrize("field", [name for name in NARROWER if name != "frozen"])
def test_one_field_against_another_is_mixed(field: str) -> None:
    wide, narrow = NARROWER[field]
    old = policy(**{field: wide, "frozen": True})
    new = policy(**{field: narrow, "frozen": False})
    assert change_of(old, new) is Change.MIXED
    assert change_of(new, old) is Change.MIXED


def test_a_higher_minimum_svn_narrows() -> None:
    old, new = policy(measurements=(A,)), policy(measurements=(A_LATER,))
    assert change_of(old, new) is Change.NARROWS
    both = policy(measurements=(A, A_LATER))
    assert change_of(old, both) is Change.NONE


def test_a_list_in_another_order_changes_nothing() -> None:
    assert change_of(policy(measurements=(A, B)), policy(measurements=(B, A))) is Change.NONE


def test_one_code_for_another_is_mixed() -> None:
    assert change_of(policy(measurements=(A,)), policy(measurements=(B,))) is Change.MIXED


def test_every_pair_of_short_lists_of_code() -> None:
    """What the narrower list runs, the wider one runs: all pairs, all codes."""
    codes: list[Measurement] = [A, A_LATER, B, TdxMeasurement(bytes(48), (bytes(48),) * 4)]
    lists = [chosen for size in range(3) for chosen in itertools.combinations(codes, size)]
    for one, other in itertools.product(lists, lists):
        old, new = policy(measurements=one), policy(measurements=other)
        before, after = ({code for code in codes if runs_in(rules, code)} for rules in (old, new))
        assert (change_of(old, new) in (Change.NONE, Change.NARROWS)) == (after <= before)
        assert (change_of(old, new) in (Change.NONE, Change.WIDENS)) == (after >= before)


def runs_in(rules: Policy, code: Measurement) -> bool:
    """Whether a policy lists this code."""
    try:
        MeasurementIn(rules.measurements).check_measurement(code)
    except Refusal:
        return False
    return True
