"""The edge to the verification library: its refusals in our words, its JSON as values."""

from __future__ import annotations

import json

import dcap_qvl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.attestation.collateral import Collateral
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.library_refusals import refusal_for
from enclave.attestation.library_report import for_library, read_report, read_with_library
from enclave.attestation.limits import MAX_ADVISORIES
from enclave.attestation.quote import parse_quote
from enclave.attestation.types import SgxMeasurement, TcbStatus
from enclave.attestation.verifier import verify_quote
from enclave.errors import Code, Refusal
from enclave.software.blueprint import DAY, DEFAULT_ISSUED_AT, QuoteKind
from enclave.software.issuer import issue
from node.attest.bad_cases import BAD_CASES, cases_of, spoil
from tests.enclave.attestation.blueprints import REPORT_DATA, ROOT, good
from tests.enclave.attestation.real_evidence import SGX, VECTORS, VERIFIED
from tests.support.refusals import refused

PREFIX = "Verification failed: "
CHAIN = "Failed to verify certificate chain\n\nCaused by:\n    "
TEXTS = {
    CHAIN + "CertExpired { time: UnixTime(1), not_after: UnixTime(0) }": Code.CERTIFICATE_EXPIRED,
    CHAIN + "CertNotValidYet { time: UnixTime(0) }": Code.CERTIFICATE_NOT_YET_VALID,
    CHAIN + "CertRevoked": Code.CERTIFICATE_REVOKED,
    CHAIN + "CrlExpired { time: UnixTime(1), next_update: UnixTime(0) }": Code.CRL_EXPIRED,
    CHAIN + "UnknownRevocationStatus": Code.CERTIFICATE_INVALID,
    CHAIN + "UnknownIssuer": Code.CERTIFICATE_INVALID,
    CHAIN + "InvalidSignatureForPublicKey": Code.CERTIFICATE_INVALID,
    CHAIN + "InvalidCrlSignatureForPublicKey": Code.COLLATERAL_SIGNATURE_INVALID,
    CHAIN + "CaUsedAsEndEntity": Code.CERTIFICATE_INVALID,
    "CrlExpired { time: UnixTime(1), next_update: UnixTime(0) }": Code.CRL_EXPIRED,
    "CertRevoked": Code.CERTIFICATE_REVOKED,
    "Failed to load root ca\n\nCaused by:\n    BadDer": Code.UNTRUSTED_ROOT,
    "Failed to parse root CA CRL\n\nCaused by:\n    InvalidCrlSignatureForPublicKey": (
        Code.COLLATERAL_SIGNATURE_INVALID
    ),
    "Failed to parse root CA CRL\n\nCaused by:\n    BadDer": Code.MALFORMED_COLLATERAL,
    "Failed to parse PCK CRL\n\nCaused by:\n    BadDer": Code.MALFORMED_COLLATERAL,
    "Failed to decode quote\n\nCaused by:\n    Not enough data": Code.MALFORMED_QUOTE,
    "Unsupported DCAP quote version": Code.UNSUPPORTED_QUOTE,
    "Unsupported DCAP attestation key type": Code.UNSUPPORTED_QUOTE,
    "Unsupported DCAP PCK cert format: 3. Use get_collateral()": Code.UNSUPPORTED_QUOTE,
    "Unknown QE vendor ID": Code.UNSUPPORTED_QUOTE,
    "Unsupported TEE type: 7": Code.UNSUPPORTED_QUOTE,
    "SGX TEE quote must have version 3": Code.UNSUPPORTED_QUOTE,
    "TDX TEE quote must have version 4 or 5": Code.UNSUPPORTED_QUOTE,
    "Invalid QE auth data length": Code.UNSUPPORTED_QUOTE,
    "Failed to decode TcbInfo\n\nCaused by:\n    missing field": Code.MALFORMED_COLLATERAL,
    "Failed to parse TCB Info issue date": Code.MALFORMED_COLLATERAL,
    "Failed to parse TCB Info leaf certificate": Code.MALFORMED_COLLATERAL,
    "TCBInfo issue date is in the future": Code.COLLATERAL_NOT_YET_VALID,
    "TCBInfo expired": Code.COLLATERAL_EXPIRED,
    "Signature is invalid for tcb_info in quote_collateral": Code.COLLATERAL_SIGNATURE_INVALID,
    "Failed to decode QeIdentity": Code.MALFORMED_COLLATERAL,
    "QE Identity issue date is in the future": Code.COLLATERAL_NOT_YET_VALID,
    "QE Identity expired": Code.COLLATERAL_EXPIRED,
    "Signature is invalid for qe_identity in quote_collateral": Code.COLLATERAL_SIGNATURE_INVALID,
    "Unsupported QE Identity id/version for the quote TEE type: X": Code.COLLATERAL_MISMATCH,
    "Failed to extract PCK certificates from quote": Code.CERTIFICATE_INVALID,
    "Failed to parse PCK certificate": Code.CERTIFICATE_INVALID,
    "Too many intermediate certificates: 9": Code.CERTIFICATE_INVALID,
    "Intel extension not found": Code.CERTIFICATE_INVALID,
    "Failed to find Fmspc": Code.CERTIFICATE_INVALID,
    "CpuSvn length mismatch": Code.CERTIFICATE_INVALID,
    "Signature is invalid for qe_report in quote": Code.QUOTE_SIGNATURE_INVALID,
    "QE report hash mismatch": Code.QUOTE_SIGNATURE_INVALID,
    "QE report validation failed\n\nCaused by:\n    Debug mode is enabled": Code.QE_REJECTED,
    "QE MRSIGNER mismatch: expected A, got B": Code.QE_REJECTED,
    "QE ISVPRODID mismatch: expected 1, got 2": Code.QE_REJECTED,
    "QE MISCSELECT mismatch: expected 1 (masked), got 2 (masked)": Code.QE_REJECTED,
    "QE ATTRIBUTES mismatch at byte 0": Code.QE_REJECTED,
    "QE ISVSVN 1 is below minimum required 2 from QE Identity": Code.QE_REJECTED,
    "No TCB levels found in QE Identity": Code.QE_REJECTED,
    "ISV enclave report signature is invalid": Code.QUOTE_SIGNATURE_INVALID,
    "Fmspc mismatch": Code.COLLATERAL_MISMATCH,
    "TDX quote with non-TDX TCB info in the collateral": Code.COLLATERAL_MISMATCH,
    "SGX quote with non-SGX TCB info in the collateral": Code.COLLATERAL_MISMATCH,
    "SGX component count mismatch: expected 16, got 1": Code.MALFORMED_COLLATERAL,
    "TDX component count mismatch: expected 16, got 1": Code.MALFORMED_COLLATERAL,
    "Unrecognized TCB status SWHardeningNeeded in QE Identity": Code.MALFORMED_COLLATERAL,
    "No matching TCB level found": Code.TCB_LEVEL_NOT_FOUND,
    "Failed to evaluate the current TDX TCB (TEE_TCB_SVN2)": Code.TCB_LEVEL_NOT_FOUND,
    "TDX module TCB level check\n\nCaused by:\n    No TDX module identity": Code.TD_REJECTED,
    "TDX module identity check\n\nCaused by:\n    MRSIGNER mismatch": Code.TD_REJECTED,
    "TDX TCB Info is missing tdxModule field": Code.MALFORMED_COLLATERAL,
    "TCB status is invalid: Revoked": Code.TCB_REVOKED,
    "Debug mode is enabled": Code.DEBUG_ENCLAVE,
    "TD profiling is enabled": Code.DEBUG_ENCLAVE,
    "Reserved bits in TD attributes are set": Code.TD_REJECTED,
    "TD migration is enabled": Code.TD_REJECTED,
    "SERVTD_EXT is enabled": Code.TD_REJECTED,
    "SEPT_VE_DISABLE is not enabled": Code.TD_REJECTED,
    "Invalid MR service TD": Code.TD_REJECTED,
    "a text of a later version": Code.QUOTE_UNVERIFIABLE,
    "": Code.QUOTE_UNVERIFIABLE,
}


@pytest.mark.parametrize(("text", "code"), TEXTS.items())
def test_each_text_of_the_library_has_our_code(text: str, code: Code) -> None:
    assert refusal_for(PREFIX + text).code is code


def test_each_code_of_gate_3_is_reached() -> None:
    """But for what our own checks refuse before the library is asked."""
    codes = list(Code)
    gate = codes[codes.index(Code.UNTRUSTED_ROOT) : codes.index(Code.QUOTE_UNVERIFIABLE) + 1]
    assert set(gate) <= set(TEXTS.values())


@given(st.sampled_from(sorted(TEXTS)), st.text(alphabet="QZqz{}0123456789", min_size=12))
def test_no_word_of_the_library_or_of_an_attacker_comes_through(text: str, tail: str) -> None:
    refusal = refusal_for(PREFIX + text + tail)
    assert tail not in str(refusal)
    # A cause is matched by its start, so a text with a tail means the same.
    if text and "later" not in text:
        assert refusal.code is TEXTS[text]


@pytest.mark.parametrize("kind", QuoteKind)
def test_every_bad_case_that_only_the_library_sees_is_in_the_table(kind: QuoteKind) -> None:
    """The wheel itself speaks: no text of a real refusal falls through."""
    texts = []
    for case in cases_of(kind):
        if BAD_CASES[case].refusal is None:
            continue
        blueprint = spoil(good(kind), case)
        evidence = issue(blueprint, REPORT_DATA)
        try:
            collateral = Collateral.parse(evidence.collateral)
        except Refusal:
            continue
        now = blueprint.issued_at + DAY
        try:
            dcap_qvl.verify_with_root_ca(evidence.quote, for_library(collateral.content), ROOT, now)
        except ValueError as error:
            texts.append(str(error))
    unknown = [text for text in texts if refusal_for(text).code is Code.QUOTE_UNVERIFIABLE]
    assert len(texts) > 20
    assert not unknown


@pytest.mark.parametrize("name", VECTORS)
def test_the_library_reads_every_real_quote_as_we_do(name: str) -> None:
    quote = parse_quote(VECTORS[name].quote)
    reading = read_with_library(quote.raw)
    assert (reading.version, reading.kind) == (quote.version, quote.kind)
    assert (reading.attributes, reading.report_data) == (quote.attributes, quote.report_data)


@pytest.mark.parametrize("kind", QuoteKind)
def test_the_library_knows_every_body(kind: QuoteKind) -> None:
    quote = parse_quote(issue(good(kind), REPORT_DATA).quote)
    assert read_with_library(quote.raw).kind is quote.kind


@pytest.mark.parametrize("raw", [b"", SGX.quote[:400], bytes(5000)])
def test_what_the_library_cannot_read_is_refused(raw: bytes) -> None:
    with refused(Code.QUOTE_UNVERIFIABLE):
        read_with_library(raw)


@pytest.mark.parametrize("name", VERIFIED)
def test_the_whole_measurement_is_what_the_librarys_json_says(name: str) -> None:
    """Also isv_prod_id and isv_svn, which the library tells nowhere else."""
    vector = VECTORS[name]
    collateral = for_library(Collateral.parse(vector.collateral).content)
    found = dcap_qvl.verify_with_root_ca(
        vector.quote, collateral, INTEL_SGX_ROOT_CA_DER, vector.time
    )
    (body,) = json.loads(found.to_json())["report"].values()
    body = body.get("base", body)
    measurement = vector.verify().measurement
    if isinstance(measurement, SgxMeasurement):
        ids = (body["isv_prod_id"], body["isv_svn"])
        assert (measurement.isv_prod_id, measurement.isv_svn) == ids
        registers: tuple[bytes, ...] = (measurement.mr_enclave, measurement.mr_signer)
        names = ["mr_enclave", "mr_signer"]
    else:
        registers = (measurement.mr_td, *measurement.rtmrs)
        names = ["mr_td", "rt_mr0", "rt_mr1", "rt_mr2", "rt_mr3"]
    assert [register.hex() for register in registers] == [body[name] for name in names]


def test_a_status_that_intel_does_not_define_is_refused() -> None:
    for status in TcbStatus:
        assert read_report(status.text, (), b"").tcb_status is status
    for text in ("", "uptodate", "UpToDate ", "OK"):
        with refused(Code.QUOTE_UNVERIFIABLE):
            read_report(text, (), b"")


def test_advisories_are_sorted_once_and_are_ids() -> None:
    ids = ["INTEL-SA-00002", "INTEL-SA-00001", "INTEL-SA-00002"]
    report = read_report("UpToDate", ids, b"")
    assert report.advisories == ("INTEL-SA-00001", "INTEL-SA-00002")
    many = [f"INTEL-SA-{number:05d}" for number in range(MAX_ADVISORIES + 1)]
    for bad in (["<script>"], ["intel-sa-1"], [""], ["A" * 33], ["A\n"], many):
        with refused(Code.MALFORMED_COLLATERAL):
            read_report("UpToDate", bad, b"")
    assert len(read_report("UpToDate", many[1:], b"").advisories) == MAX_ADVISORIES


def test_a_panic_in_the_library_is_a_refusal_of_that_evidence_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No evidence is known that makes it panic; the foreign call is doubled, not our code."""

    class PanicException(BaseException):
        pass

    def panic(*_: object) -> None:
        raise PanicException("index out of bounds: the quote's bytes")

    evidence = issue(good(QuoteKind.SGX_V3), REPORT_DATA)
    collateral = Collateral.parse(evidence.collateral)
    monkeypatch.setattr(dcap_qvl, "verify_with_root_ca", panic)
    with pytest.raises(Refusal) as refusal:
        verify_quote(evidence.quote, collateral, root_der=ROOT, now=DEFAULT_ISSUED_AT + DAY)
    assert refusal.value.code is Code.QUOTE_UNVERIFIABLE
    assert "bytes" not in refusal.value.found
