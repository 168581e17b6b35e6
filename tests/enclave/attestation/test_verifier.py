"""What the verifier checks besides the library, and that the two readers must agree."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from enclave.attestation.certificates import CrlIssuer, pck_leaf, read_revocation
from enclave.attestation.collateral import Collateral
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER, INTEL_SGX_ROOT_CA_SHA256
from enclave.attestation.library_report import LibraryReading, read_with_library
from enclave.attestation.limits import MAX_TIME
from enclave.attestation.pck_certificate import Platform, read_platform
from enclave.attestation.quote import Quote, parse_quote
from enclave.attestation.quote_layout import BodyKind
from enclave.attestation.verifier import (
    check_agreement,
    check_roots,
    check_same_platform,
    check_same_subject,
    check_times,
    verify_quote,
)
from enclave.errors import Code, Refusal
from enclave.software.blueprint import QuoteKind
from enclave.software.issuer import issue
from tests.enclave.attestation.blueprints import REPORT_DATA, good, verify
from tests.enclave.attestation.real_evidence import SGX, TDX4, TDX5, Vector
from tests.support.refusals import refused

QUOTE = parse_quote(TDX5.quote)
COLLATERAL = Collateral.parse(TDX5.collateral)
LEAF = pck_leaf(QUOTE.certification_data, root_der=INTEL_SGX_ROOT_CA_DER)
PLATFORM = read_platform(LEAF)
LIBRARY = read_with_library(TDX5.quote)
BLOCK_END = b"-----END CERTIFICATE-----\n"
VERSION_3 = b"\xa0\x03\x02\x01\x02"
"""What comes before a certificate's serial number."""


def with_chain(quote: Quote, chain: bytes) -> Quote:
    return replace(quote, certification_data=chain)


def test_the_root_is_the_one_that_intel_publishes() -> None:
    assert hashlib.sha256(INTEL_SGX_ROOT_CA_DER).digest() == INTEL_SGX_ROOT_CA_SHA256


def test_bytes_and_a_parsed_quote_give_the_same_report() -> None:
    parsed = verify_quote(QUOTE, COLLATERAL, root_der=INTEL_SGX_ROOT_CA_DER, now=TDX5.time)
    assert parsed == TDX5.verify()


@given(st.sampled_from([SGX, TDX4, TDX5]), st.data())
def test_a_vector_verifies_in_its_window_and_at_no_other_time(
    vector: Vector, data: st.DataObject
) -> None:
    """Gate time is the only clock."""
    first, last = vector.window
    near = st.integers(first - 3, first + 3) | st.integers(last - 3, last + 3)
    now = data.draw(near | st.integers(0, 2**33) | st.just(MAX_TIME))
    if first <= now <= last:
        assert vector.verify(now=now) == vector.verify()
        return
    ended = (Code.CRL_EXPIRED, Code.COLLATERAL_EXPIRED, Code.CERTIFICATE_EXPIRED)
    ended = (Code.CRL_EXPIRED, Code.COLLATERAL_EXPIRED, Code.CERTIFICATE_EXPIRED)
    codes = (Code.COLLATERAL_NOT_YET_VALID,) if now < first else ended
    with pytest.raises(Refusal) as refusal:
        vector.verify(now=now)
    assert refusal.value.code in codes


@pytest.mark.parametrize(
    ("now", "code"), [(0, Code.COLLATERAL_NOT_YET_VALID), (MAX_TIME, Code.CERTIFICATE_EXPIRED)]
)
def test_the_first_and_the_last_second_are_times(now: int, code: Code) -> None:
    with refused(code):
        check_times(COLLATERAL, now=now)


@pytest.mark.parametrize("now", [-1, MAX_TIME + 1, 2**64, 2**80])
def test_a_time_that_no_header_has_is_refused(now: int) -> None:
    with refused(Code.BAD_VALUE):
        TDX5.verify(now=now)


def test_collateral_is_for_the_quotes_tee() -> None:
    with refused(Code.COLLATERAL_MISMATCH):
        check_same_subject(QUOTE, Collateral.parse(SGX.collateral))


def test_the_collaterals_chains_end_in_the_trusted_root() -> None:
    with refused(Code.UNTRUSTED_ROOT):
        check_roots(QUOTE, replace(COLLATERAL, root_der=b"another"), root_der=b"a root")


@pytest.mark.parametrize("certification_type", [1, 2, 3, 4, 6, 7])
def test_a_quote_carries_its_own_pck_chain(certification_type: int) -> None:
    with refused(Code.UNSUPPORTED_QUOTE):
        check_roots(
            replace(QUOTE, certification_type=certification_type),
            COLLATERAL,
            root_der=INTEL_SGX_ROOT_CA_DER,
        )


@pytest.mark.parametrize(
    "chain",
    [
        b"",
        b"\0",
        QUOTE.certification_data + b"\0",
        QUOTE.certification_data.rstrip(b"\0") + b"x",
        BLOCK_END.join(QUOTE.certification_data.split(BLOCK_END)[1:]),
        QUOTE.certification_data.rstrip(b"\0") * 2,
        LEAF,
    ],
    ids=["empty", "nul", "two-nul", "tail", "two", "six", "der"],
)
def test_a_pck_chain_is_three_certificates_in_pem(chain: bytes) -> None:
    with refused(Code.CERTIFICATE_INVALID):
        check_roots(with_chain(QUOTE, chain), COLLATERAL, root_der=INTEL_SGX_ROOT_CA_DER)


@pytest.mark.parametrize("number", range(3))
def test_each_block_begins_as_a_certificate(number: int) -> None:
    blocks = QUOTE.certification_data.split(BLOCK_END)
    blocks[number] = blocks[number].replace(b"BEGIN CERTIFICATE", b"BEGIN X509 CERTIF")
    with refused(Code.CERTIFICATE_INVALID):
        check_roots(
            with_chain(QUOTE, BLOCK_END.join(blocks)), COLLATERAL, root_der=INTEL_SGX_ROOT_CA_DER
        )


def test_where_lines_break_does_not_count() -> None:
    *others, root, rest = QUOTE.certification_data.split(BLOCK_END)
    begin, *lines = root.splitlines()
    one_line = begin + b"\n" + b"".join(lines) + b"\n"
    chain = BLOCK_END.join([*others, one_line, rest])
    check_roots(with_chain(QUOTE, chain), COLLATERAL, root_der=INTEL_SGX_ROOT_CA_DER)


def test_a_crl_issuer_has_a_serial_number_from_one() -> None:
    """RFC 5280, 4.1.2.2; 0 is in no list of what is revoked."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, day = x509.Name([]), dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day)
    one = made.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    zero = one.replace(VERSION_3 + b"\x02\x01\x01", VERSION_3 + b"\x02\x01\x00")
    content = COLLATERAL.content
    for der, code in ((one, None), (zero, Code.MALFORMED_COLLATERAL)):
        with contextlib.nullcontext() if code is None else refused(code):
            read_revocation(
                issuer_der=der,
                root_der=INTEL_SGX_ROOT_CA_DER,
                pck_crl=content.pck_crl,
                root_ca_crl=content.root_ca_crl,
            )


def test_the_quotes_chain_ends_in_the_trusted_root_too() -> None:
    first, second, _, rest = QUOTE.certification_data.split(BLOCK_END)
    swapped = BLOCK_END.join([first, second, second, rest])
    with refused(Code.UNTRUSTED_ROOT):
        check_roots(with_chain(QUOTE, swapped), COLLATERAL, root_der=INTEL_SGX_ROOT_CA_DER)


def test_crls_are_not_of_the_future() -> None:
    """The library does not look at thisUpdate."""
    check_times(COLLATERAL, now=COLLATERAL.crl_this_update)
    with refused(Code.COLLATERAL_NOT_YET_VALID):
        check_times(COLLATERAL, now=COLLATERAL.crl_this_update - 1)


@pytest.mark.parametrize(
    ("issuer", "code"),
    [
        (CrlIssuer(not_before=TDX5.time, not_after=TDX5.time, revoked=False), None),
        (
            CrlIssuer(not_before=TDX5.time + 1, not_after=TDX5.time + 2, revoked=False),
            Code.CERTIFICATE_NOT_YET_VALID,
        ),
        (
            CrlIssuer(not_before=TDX5.time - 2, not_after=TDX5.time - 1, revoked=False),
            Code.CERTIFICATE_EXPIRED,
        ),
        (
            CrlIssuer(not_before=TDX5.time, not_after=TDX5.time, revoked=True),
            Code.CERTIFICATE_REVOKED,
        ),
    ],
    ids=["valid", "early", "late", "revoked"],
)
def test_the_crls_issuer_is_valid_at_gate_time(issuer: CrlIssuer, code: Code | None) -> None:
    collateral = replace(COLLATERAL, revocation=replace(COLLATERAL.revocation, issuer=issuer))
    if code is None:
        check_times(collateral, now=TDX5.time)
        return
    with refused(code):
        check_times(collateral, now=TDX5.time)


def test_agreement_is_silent_where_both_read_the_same() -> None:
    check_agreement(QUOTE, LIBRARY)


@pytest.mark.parametrize(
    "other",
    [
        replace(LIBRARY, version=4),
        replace(LIBRARY, kind=BodyKind.TD10),
        replace(LIBRARY, attributes=bytes(8)),
        replace(LIBRARY, registers=LIBRARY.registers[:4]),
        replace(LIBRARY, registers=(bytes(48), *LIBRARY.registers[1:])),
        replace(LIBRARY, report_data=bytes(64)),
    ],
    ids=["version", "body", "attributes", "count", "register", "report_data"],
)
def test_two_readings_of_one_quote_are_refused(other: LibraryReading) -> None:
    with refused(Code.QUOTE_UNVERIFIABLE):
        check_agreement(QUOTE, other)


@pytest.mark.parametrize(
    "other",
    [replace(PLATFORM, fmspc=b"\xff" * 6), replace(PLATFORM, pce_id=b"\xff" * 2)],
    ids=["fmspc", "pce"],
)
def test_tcb_info_is_about_the_platform(other: Platform) -> None:
    check_same_platform(PLATFORM, COLLATERAL, ppid=PLATFORM.ppid)
    with refused(Code.COLLATERAL_MISMATCH):
        check_same_platform(other, COLLATERAL, ppid=PLATFORM.ppid)


def test_two_readings_of_one_platform_are_refused() -> None:
    with refused(Code.QUOTE_UNVERIFIABLE):
        check_same_platform(PLATFORM, COLLATERAL, ppid=bytes(16))


def test_a_signature_under_the_trusted_root_is_needed_for_each_text() -> None:
    """One changed character inside a signed text; all else stays well formed."""
    fields = json.loads(TDX5.collateral)
    for name in ("tcb_info", "qe_identity"):
        text = fields[name].replace('"UpToDate"', '"OutOfDate"', 1)
        raw = json.dumps({**fields, name: text}).encode()
        with refused(Code.COLLATERAL_SIGNATURE_INVALID):
            verify_quote(
                QUOTE, Collateral.parse(raw), root_der=INTEL_SGX_ROOT_CA_DER, now=TDX5.time
            )


@pytest.mark.parametrize("kind", QuoteKind)
def test_the_report_says_what_the_quote_says(kind: QuoteKind) -> None:
    blueprint = good(kind)
    report = verify(issue(blueprint, REPORT_DATA), blueprint)
    assert (report.tee, report.version) == (kind.tee, kind.version)
    assert (report.measurement, report.report_data) == (blueprint.measurement, REPORT_DATA)
    assert report.platform_id == hashlib.sha256(blueprint.ppid).digest()
    assert report.fmspc == blueprint.fmspc
    assert report.evaluation_number == blueprint.evaluation_number
