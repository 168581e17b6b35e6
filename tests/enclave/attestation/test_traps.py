"""The seven traps of attestation, each with what the library alone would have done."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import dcap_qvl
import pytest

from enclave.attestation.collateral import Collateral
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.policy import FmspcNotDenied, MeasurementIn
from enclave.attestation.quote import parse_quote
from enclave.attestation.types import PlatformFlags, SgxMeasurement, TcbStatus, TdxMeasurement
from enclave.errors import Code
from enclave.software.blueprint import QuoteKind
from enclave.software.issuer import issue
from node.attest.bad_cases import BadCase, spoil
from tests.enclave.attestation.blueprints import MEASUREMENTS, REPORT_DATA, good, verify
from tests.enclave.attestation.real_evidence import SGX, TDX4, TDX5, VECTORS, Vector
from tests.support.refusals import refused

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def library_accepts(vector: Vector, quote: bytes, collateral: str | None = None) -> bool:
    """What the library says without us."""
    text = vector.collateral.decode() if collateral is None else collateral
    parsed = dcap_qvl.QuoteCollateralV3.from_json(text)
    try:
        dcap_qvl.verify_with_root_ca(quote, parsed, INTEL_SGX_ROOT_CA_DER, vector.time)
    except ValueError:
        return False
    return True


def twin(quote: bytes) -> bytes:
    """The other signature that every ECDSA signature (r, s) has: (r, n - s)."""
    start = len(parse_quote(quote).signed) + 4 + 32
    s = int.from_bytes(quote[start : start + 32], "big")
    return quote[:start] + (P256_ORDER - s).to_bytes(32, "big") + quote[start + 32 :]


def rewrapped(quote: bytes) -> bytes:
    """One line break of the leaf's PEM moved by a character: the same length, the same DER."""
    start = quote.index(b"-----BEGIN CERTIFICATE-----\n") + 28 + 64
    assert quote[start : start + 1] == b"\n"
    return quote[:start] + quote[start + 1 : start + 2] + b"\n" + quote[start + 2 :]


def changed_root(quote: bytes) -> bytes:
    """The root in the quote's chain with another last byte: its signature is never looked at."""
    end = quote.rindex(b"=\n-----END CERTIFICATE-----")
    return quote[: end - 2] + bytes([quote[end - 2] ^ 1]) + quote[end - 1 :]


@pytest.mark.parametrize("vector", [SGX, TDX4, TDX5], ids=lambda vector: vector.name)
def test_trap_1_quote_bytes_are_malleable(vector: Vector) -> None:
    quote, genuine = vector.quote, vector.verify()
    for other in (twin(quote), rewrapped(quote)):
        assert hashlib.sha256(other).digest() != hashlib.sha256(quote).digest()
        assert library_accepts(vector, other)
        assert vector.verify(quote=other).attestation_id == genuine.attestation_id
    assert library_accepts(vector, quote + b"tail")
    with refused(Code.MALFORMED_QUOTE):
        vector.verify(quote=quote + b"tail")
    assert library_accepts(vector, changed_root(quote))
    with refused(Code.UNTRUSTED_ROOT):
        vector.verify(quote=changed_root(quote))


def test_trap_2_a_pck_chain_in_the_collateral_overrides_the_quotes_own() -> None:
    """The collateral of another host of the same FMSPC, with that host's chain in it."""
    ours, other = VECTORS["tdx4-phala-outofdate-2026"], VECTORS["tdx4-mpc-uptodate"]
    assert "pck_certificate_chain" in json.loads(other.collateral)
    assert not library_accepts(ours, ours.quote, other.collateral.decode())
    report = replace(ours, collateral=other.collateral).verify()
    assert report.tcb_status is ours.status


def test_trap_3_nobody_else_checks_the_chain_of_the_pck_crls_issuer() -> None:
    fields = json.loads(TDX5.collateral)
    for chain in ("", "nonsense", fields["tcb_info_issuer_chain"]):
        text = json.dumps({**fields, "pck_crl_issuer_chain": chain})
        assert library_accepts(TDX5, TDX5.quote, text)
        code = Code.CERTIFICATE_INVALID if "BEGIN" in chain else Code.MALFORMED_COLLATERAL
        with refused(code):
            Collateral.parse(text.encode()).check_root(INTEL_SGX_ROOT_CA_DER)


def test_trap_4_a_reissued_certificate_keeps_the_platforms_identity() -> None:
    first = replace(good(QuoteKind.SGX_V3), ppid=bytes(range(16)))
    flags = PlatformFlags(dynamic_platform=True, cached_keys=True, smt_enabled=True)
    reissued = replace(first, platform=flags, issued_at=first.issued_at + 1, fmspc=b"\x01" * 6)
    other = replace(first, ppid=bytes(16))
    before, after, stranger = (
        verify(issue(blueprint, REPORT_DATA), blueprint) for blueprint in (first, reissued, other)
    )
    assert before.platform_id == after.platform_id == hashlib.sha256(bytes(range(16))).digest()
    assert stranger.platform_id != before.platform_id


@pytest.mark.parametrize("upper", [True, False], ids=["upper", "lower"])
def test_trap_5_an_fmspc_is_bytes_and_not_a_text(*, upper: bool) -> None:
    blueprint = replace(good(QuoteKind.SGX_V3), fmspc=b"\xab\xcd\xef" * 2, fmspc_upper_case=upper)
    evidence = issue(blueprint, REPORT_DATA)
    assert ("ABCDEF" in evidence.collateral.decode()) == upper
    report = verify(evidence, blueprint)
    assert report.fmspc == bytes.fromhex("abcdefABCDEF")
    with refused(Code.FMSPC_DENIED):
        FmspcNotDenied((bytes.fromhex("ABCDEFabcdef"),)).check(report)


@pytest.mark.parametrize("kind", [QuoteKind.SGX_V3, QuoteKind.TDX_V4, QuoteKind.TDX_V5_TD15])
def test_trap_6_debug_keeps_the_measurement(kind: QuoteKind) -> None:
    blueprint = spoil(good(kind), BadCase.DEBUG)
    evidence = issue(blueprint, REPORT_DATA)
    quote = parse_quote(evidence.quote)
    assert quote.measurement == MEASUREMENTS[kind.tee]
    assert quote.debug
    with refused(Code.DEBUG_ENCLAVE):
        verify(evidence, blueprint)


def test_trap_6_a_real_debug_enclave_is_refused() -> None:
    vector = VECTORS["neg-sgx3-debug"]
    assert parse_quote(vector.quote).debug
    with refused(Code.DEBUG_ENCLAVE):
        vector.verify()


def test_trap_7_a_measurement_is_written_as_phala_writes_it() -> None:
    """mr_enclave, isv_prod_id and isv_svn little-endian, mr_signer; offsets of the raw quote."""
    measurement = SgxMeasurement(b"\x01" * 32, b"\x02" * 32, 0x0304, 0x0506)
    assert measurement.encoded == b"\x01" * 32 + b"\x04\x03\x06\x05" + b"\x02" * 32
    raw = SGX.quote
    mr_enclave, mr_signer, ids = raw[112:144], raw[176:208], raw[304:308]
    report = SGX.verify()
    assert report.measurement.encoded == mr_enclave + ids + mr_signer
    assert isinstance(report.measurement, SgxMeasurement)
    MeasurementIn((report.measurement,)).check(report)


def test_trap_7_a_td_is_written_in_the_order_of_its_registers() -> None:
    raw, measurement = TDX4.quote, TDX4.verify().measurement
    assert isinstance(measurement, TdxMeasurement)
    assert measurement.encoded == raw[48 + 136 : 48 + 184] + raw[48 + 328 : 48 + 520]
    assert TDX4.verify().tcb_status is TcbStatus.UP_TO_DATE
