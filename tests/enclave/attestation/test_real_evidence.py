"""Every real vector of Intel's evidence, with its exact verdict, in time and out of time."""

from __future__ import annotations

import hashlib
import json

import dcap_qvl
import pytest

from enclave.attestation.collateral import Collateral
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.library_report import for_library
from enclave.attestation.quote import parse_quote
from enclave.attestation.types import SgxMeasurement, Tee
from enclave.attestation.verifier import verify_quote
from enclave.errors import Code, Refusal
from tests.enclave.attestation.blueprints import ROOT
from tests.enclave.attestation.real_evidence import (
    FOLDER,
    PARSE_ONLY,
    REFUSED,
    VECTORS,
    VERIFIED,
    Vector,
)

END_CODES = {
    "tcb_info": Code.COLLATERAL_EXPIRED,
    "qe_identity": Code.COLLATERAL_EXPIRED,
    "pck_crl": Code.CRL_EXPIRED,
}


def refusal(vector: Vector, *, now: int) -> Code:
    with pytest.raises(Refusal) as refused:
        vector.verify(now=now)
    return refused.value.code


def platform_id(vector: Vector) -> bytes:
    """By the library's own reader of the PCK certificate."""
    extension = dcap_qvl.parse_quote(vector.quote).pck_extension()
    assert extension is not None
    return hashlib.sha256(extension.ppid).digest()


def test_every_file_of_the_folder_is_a_vector() -> None:
    names = {path.name.removesuffix(".quote") for path in FOLDER.glob("*.quote")}
    assert names == {*VECTORS, PARSE_ONLY}
    assert len(VERIFIED) == 10
    assert set(REFUSED) == set(VECTORS) - set(VERIFIED)


@pytest.mark.parametrize("name", VECTORS)
def test_the_files_are_those_of_the_manifest(name: str) -> None:
    manifest = json.loads((FOLDER / "manifest.json").read_text())
    (entry,) = [entry for entry in manifest if entry["name"] == name]
    assert hashlib.sha256(VECTORS[name].padded).hexdigest() == entry["sha256"]


@pytest.mark.parametrize("name", VERIFIED)
def test_a_good_vector_has_its_exact_verdict(name: str) -> None:
    vector = VECTORS[name]
    report = vector.verify()
    measurement = report.measurement
    found = measurement.mr_enclave if isinstance(measurement, SgxMeasurement) else measurement.mr_td
    assert (report.tee, report.version) == (vector.tee, vector.version)
    assert (report.tcb_status, report.advisories) == (vector.status, vector.advisories)
    assert (found, report.report_data) == (vector.code_hash, vector.report_data)
    assert report.fmspc == vector.fmspc
    assert report.platform_id == platform_id(vector)
    assert report.evaluation_number == Collateral.parse(vector.collateral).evaluation_number


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_vector_is_refused_by_its_code(name: str) -> None:
    assert refusal(VECTORS[name], now=VECTORS[name].time) is REFUSED[name]


@pytest.mark.parametrize("name", VERIFIED)
def test_the_window_is_exact_on_both_sides(name: str) -> None:
    """TCB info and QE identity: both ends belong to it. A CRL ends before its nextUpdate."""
    vector = VECTORS[name]
    first, last = vector.window
    assert refusal(vector, now=first - 1) is Code.COLLATERAL_NOT_YET_VALID
    assert vector.verify(now=first).tcb_status is vector.status
    assert vector.verify(now=last).tcb_status is vector.status
    assert refusal(vector, now=last + 1) is END_CODES[vector.ends_with]


@pytest.mark.parametrize("name", [name for name in REFUSED if name.startswith("neg-tdx5")])
def test_a_bad_vector_is_out_of_time_before_it_is_bad(name: str) -> None:
    """The order of the gates: time belongs to gate 3, and attributes are looked at last."""
    vector = VECTORS[name]
    assert refusal(vector, now=vector.window[0] - 1) is Code.COLLATERAL_NOT_YET_VALID
    assert refusal(vector, now=vector.window[1] + 1) is Code.CRL_EXPIRED


@pytest.mark.parametrize("name", VERIFIED)
def test_no_vector_verifies_under_another_root(name: str) -> None:
    vector = VECTORS[name]
    with pytest.raises(Refusal) as refused:
        verify_quote(
            vector.quote, Collateral.parse(vector.collateral), root_der=ROOT, now=vector.time
        )
    assert refused.value.code is Code.UNTRUSTED_ROOT


@pytest.mark.parametrize("name", VERIFIED)
def test_the_platform_is_what_the_librarys_claims_say(name: str) -> None:
    """Flags of Platform CA certificates; "Undefined" in those of the Processor CA is clear."""
    vector = VECTORS[name]
    claims = dcap_qvl.QuoteVerifier(INTEL_SGX_ROOT_CA_DER).verify_with_policy(
        vector.quote,
        for_library(Collateral.parse(vector.collateral).content),
        vector.time,
        dcap_qvl.QuotePolicy.claims_only(vector.time),
    )
    pck = json.loads(claims.to_json())["platform"]["pck"]
    flags = vector.verify().platform
    assert [
        ("True" if flag else "False")
        for flag in (flags.dynamic_platform, flags.cached_keys, flags.smt_enabled)
    ] == [
        pck[flag].replace("Undefined", "False")
        for flag in ("dynamic_platform", "cached_keys", "smt_enabled")
    ]
    # So whoever wants TDX allows it: the flags are policy, not verification.
    assert flags.dynamic_platform or vector.tee is Tee.SGX


def test_one_quote_has_one_identity_and_two_verdicts_a_year_apart() -> None:
    """A true TCB recovery of Intel's."""
    before = VECTORS["tdx4-phala-uptodate-2025"].verify()
    after = VECTORS["tdx4-phala-outofdate-2026"].verify()
    assert before.attestation_id == after.attestation_id
    assert before.tcb_status < after.tcb_status


def test_a_quote_without_collateral_is_at_least_read() -> None:
    quote = parse_quote((FOLDER / f"{PARSE_ONLY}.quote").read_bytes())
    assert (quote.version, quote.certification_type) == (3, 5)
