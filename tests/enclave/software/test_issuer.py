"""Software quotes: what goes in comes out of the verifier, and nothing else changes the bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from enclave.attestation.collateral import Collateral
from enclave.attestation.development_root import LAST_SECOND, Window, development_root_der
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.quote import parse_quote
from enclave.attestation.types import PlatformFlags, SgxMeasurement, TcbStatus, TdxMeasurement, Tee
from enclave.attestation.verifier import verify_quote
from enclave.errors import Code, Refusal
from enclave.software.blueprint import DAY, VALID_FOR, Blueprint, PckCa, Piece, QuoteKind
from enclave.software.issuer import Issuer, issue
from tests.enclave.attestation.blueprints import (
    REPORT_DATA,
    ROOT,
    blueprints,
    good,
    sized,
    verify,
)

KINDS = tuple(QuoteKind)
SGX = SgxMeasurement(bytes(32), bytes(32), 0, 0)
TDX = TdxMeasurement(bytes(48), (bytes(48), bytes(48), bytes(48), bytes(48)))
SHORT_SGX = SgxMeasurement(bytes(31), bytes(31), 0, 0)
OWN_WINDOWS = dict.fromkeys(Piece, Window(1, 2))
SHORT_RTMRS = (bytes(48), bytes(48), bytes(48), bytes(47))


@given(blueprints(), sized(64))
def test_law_a_verifier_reads_what_the_blueprint_says(
    blueprint: Blueprint, report_data: bytes
) -> None:
    """Every field of a blueprint that verifies comes out of verification as it went in."""
    evidence = issue(blueprint, report_data)
    report = verify(evidence, blueprint)

    assert (report.tee, report.version) == (blueprint.kind.tee, blueprint.kind.version)
    assert report.measurement == blueprint.measurement
    assert report.report_data == report_data
    assert report.tcb_status is blueprint.tcb_status
    assert report.advisories == tuple(sorted(blueprint.advisories))
    numbers = (blueprint.evaluation_number, blueprint.evaluation_number_of_qe)
    assert report.evaluation_number == min(numbers)
    assert report.fmspc == blueprint.fmspc
    assert report.platform_id == hashlib.sha256(blueprint.ppid).digest()
    of_platform_ca = blueprint.pck_ca is PckCa.PLATFORM
    no_flags = PlatformFlags(dynamic_platform=False, cached_keys=False, smt_enabled=False)
    assert report.platform == (blueprint.platform if of_platform_ca else no_flags)


@given(blueprints(), sized(64))
def test_law_the_same_blueprint_gives_the_same_bytes(
    blueprint: Blueprint, report_data: bytes
) -> None:
    assert issue(blueprint, report_data) == Issuer(blueprint).issue(report_data)


@given(st.sampled_from(KINDS), sized(16), sized(16), sized(64))
def test_law_collateral_does_not_depend_on_the_machine(
    kind: QuoteKind, one: bytes, other: bytes, report_data: bytes
) -> None:
    first = issue(replace(good(kind), ppid=one), report_data)
    second = issue(replace(good(kind), ppid=other), REPORT_DATA)
    assert first.collateral == second.collateral


@given(st.sampled_from(KINDS), st.data())
def test_law_windows_end_with_their_last_second(kind: QuoteKind, data: st.DataObject) -> None:
    """TCB info and QE identity are valid from issueDate to nextUpdate, both included."""
    start = data.draw(st.integers(DAY, 3_000_000_000))
    end = start + data.draw(st.integers(0, VALID_FOR - 2 * DAY))
    piece = data.draw(st.sampled_from([Piece.TCB_INFO, Piece.QE_IDENTITY]))
    blueprint = replace(good(kind), issued_at=start - DAY, windows={piece: Window(start, end)})
    evidence = issue(blueprint, REPORT_DATA)
    collateral = Collateral.parse(evidence.collateral)

    for now in (start, end):
        verify_quote(evidence.quote, collateral, root_der=ROOT, now=now)
    with pytest.raises(Refusal) as early:
        verify_quote(evidence.quote, collateral, root_der=ROOT, now=start - 1)
    with pytest.raises(Refusal) as late:
        verify_quote(evidence.quote, collateral, root_der=ROOT, now=end + 1)
    assert early.value.code is Code.COLLATERAL_NOT_YET_VALID
    assert late.value.code is Code.COLLATERAL_EXPIRED


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("root", [INTEL_SGX_ROOT_CA_DER, development_root_der("another-network")])
def test_no_other_root_vouches_for_a_software_quote(kind: QuoteKind, root: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        verify(issue(good(kind), REPORT_DATA), good(kind), root=root)
    assert refused.value.code is Code.UNTRUSTED_ROOT


@pytest.mark.parametrize("kind", KINDS)
def test_the_quote_has_the_exact_length_of_its_layout(kind: QuoteKind) -> None:
    body = {0: 384 if kind.tee is Tee.SGX else 584, 2: 584, 3: 648, 4: 885}[kind.body_type]
    descriptor = 6 if kind.version == 5 else 0
    quote = issue(good(kind), REPORT_DATA).quote
    assert len(parse_quote(quote).signed) == 48 + descriptor + body


@pytest.mark.parametrize("kind", KINDS)
def test_a_quote_at_the_end_of_time_still_has_certificates(kind: QuoteKind) -> None:
    blueprint = replace(good(kind), issued_at=LAST_SECOND - 2 * DAY)
    assert verify(issue(blueprint, REPORT_DATA), blueprint).tcb_status is TcbStatus.UP_TO_DATE


def test_collateral_has_the_shape_of_intels() -> None:
    """The keys of the texts, in Intel's order, as tests/vectors/dcap shows them."""
    collateral = json.loads(issue(good(QuoteKind.TDX_V4), REPORT_DATA).collateral)
    tcb_info, qe_identity = (json.loads(collateral[name]) for name in ("tcb_info", "qe_identity"))
    assert list(tcb_info) == [
        "id",
        "version",
        "issueDate",
        "nextUpdate",
        "fmspc",
        "pceId",
        "tcbType",
        "tcbEvaluationDataNumber",
        "tdxModule",
        "tdxModuleIdentities",
        "tcbLevels",
    ]
    assert list(qe_identity) == [
        "id",
        "version",
        "issueDate",
        "nextUpdate",
        "tcbEvaluationDataNumber",
        "miscselect",
        "miscselectMask",
        "attributes",
        "attributesMask",
        "mrsigner",
        "isvprodid",
        "tcbLevels",
    ]
    assert "pck_certificate_chain" not in collateral


@pytest.mark.parametrize("size", [0, 63, 65])
def test_report_data_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(Refusal) as refused:
        issue(good(QuoteKind.SGX_V3), bytes(size))
    assert refused.value.code is Code.BAD_LENGTH


@pytest.mark.parametrize(
    "change",
    [
        lambda: replace(good(QuoteKind.SGX_V3), measurement=TDX),
        lambda: replace(good(QuoteKind.SGX_V3), measurement=replace(SGX, mr_enclave=bytes(31))),
        lambda: replace(good(QuoteKind.SGX_V3), measurement=replace(SGX, mr_signer=bytes(33))),
        lambda: replace(good(QuoteKind.SGX_V3), measurement=replace(SGX, isv_svn=2**16)),
        lambda: replace(good(QuoteKind.SGX_V3), measurement=replace(SGX, isv_prod_id=-1)),
        lambda: replace(good(QuoteKind.TDX_V4), measurement=replace(TDX, mr_td=bytes(32))),
        lambda: replace(good(QuoteKind.TDX_V4), measurement=replace(TDX, rtmrs=SHORT_RTMRS)),
        lambda: replace(good(QuoteKind.TDX_V5_TD15), mr_service_td=b""),
        lambda: replace(good(QuoteKind.TDX_V4), td_attributes=2**64),
        lambda: replace(good(QuoteKind.SGX_V3), valid_for=-1),
        lambda: replace(good(QuoteKind.SGX_V3), windows={Piece.PCK_CRL: Window(2, 1)}),
        lambda: replace(good(QuoteKind.SGX_V3), windows={Piece.PCK_CRL: Window(-1, 1)}),
        lambda: replace(good(QuoteKind.SGX_V3), ppid=bytes(15)),
        lambda: replace(good(QuoteKind.SGX_V3), fmspc=bytes(7)),
        lambda: replace(good(QuoteKind.SGX_V3), issued_at=-1),
        lambda: replace(good(QuoteKind.SGX_V3), issued_at=LAST_SECOND + 1),
        lambda: replace(good(QuoteKind.SGX_V3), evaluation_number=2**32),
        lambda: replace(good(QuoteKind.SGX_V3), qe_evaluation_number=-1),
        lambda: replace(good(QuoteKind.TDX_V5), tcb_status=TcbStatus.TD_RELAUNCH_ADVISED),
        lambda: replace(good(QuoteKind.SGX_V3), measurement=SHORT_SGX),
        lambda: replace(good(QuoteKind.SGX_V3), measurement=replace(SGX, isv_svn=-1)),
        lambda: replace(good(QuoteKind.SGX_V3), measurement=replace(SGX, isv_prod_id=2**16)),
        lambda: replace(good(QuoteKind.TDX_V4), td_attributes=-1),
        lambda: replace(good(QuoteKind.SGX_V3), windows={Piece.QUOTE: Window(1, LAST_SECOND + 1)}),
        lambda: replace(good(QuoteKind.SGX_V3), issued_at=-1, windows=OWN_WINDOWS),
        lambda: replace(good(QuoteKind.SGX_V3), issued_at=LAST_SECOND + 1, windows=OWN_WINDOWS),
    ],
)
def test_a_blueprint_that_no_quote_can_hold_is_refused(change: Callable[[], Blueprint]) -> None:
    with pytest.raises(Refusal) as refused:
        change()
    assert refused.value.code is Code.BAD_VALUE


@pytest.mark.parametrize(
    "changes",
    [
        {"measurement": replace(SGX, isv_svn=2**16 - 1, isv_prod_id=2**16 - 1)},
        {"issued_at": LAST_SECOND},
        {"evaluation_number": 2**32 - 1},
        {"qe_evaluation_number": 0},
    ],
)
def test_the_greatest_values_can_be_held(changes: dict[str, Any]) -> None:
    made = replace(good(QuoteKind.SGX_V3), **changes)
    assert {name: getattr(made, name) for name in changes} == changes
    assert replace(good(QuoteKind.TDX_V4), td_attributes=2**64 - 1).td_attributes == 2**64 - 1


@pytest.mark.parametrize(
    ("changes", "statuses"),
    [
        ({}, ["UpToDate", "OutOfDate"]),
        (
            {"tcb_status": TcbStatus.SW_HARDENING_NEEDED},
            ["UpToDate", "SWHardeningNeeded", "OutOfDate"],
        ),
        ({"tcb_level_known": False}, ["UpToDate"]),
    ],
)
def test_the_levels_end_with_one_that_is_out_of_date(
    changes: dict[str, Any], statuses: list[str]
) -> None:
    """As Intel's: the newest first. A platform that no level knows is older than the only one."""
    evidence = issue(replace(good(QuoteKind.SGX_V3), **changes), REPORT_DATA)
    levels = json.loads(json.loads(evidence.collateral)["tcb_info"])["tcbLevels"]
    assert [level["tcbStatus"] for level in levels] == statuses


def test_each_list_names_certificates_of_its_own_authority() -> None:
    revoked = frozenset({Piece.PCK_CA, Piece.TCB_SIGNER, Piece.PCK_LEAF})
    evidence = issue(replace(good(QuoteKind.SGX_V3), revoked=revoked), REPORT_DATA)
    collateral = json.loads(evidence.collateral)
    of_root, of_ca = (
        {entry.serial_number for entry in x509.load_der_x509_crl(bytes.fromhex(collateral[name]))}
        for name in ("root_ca_crl", "pck_crl")
    )
    assert (len(of_root), len(of_ca)) == (2, 1)
    assert not of_root & of_ca


@pytest.mark.parametrize("chain_id", ["", "sêed"])
def test_a_network_needs_an_ascii_name(chain_id: str) -> None:
    with pytest.raises(Refusal) as refused:
        development_root_der(chain_id)
    assert refused.value.code is Code.BAD_VALUE
