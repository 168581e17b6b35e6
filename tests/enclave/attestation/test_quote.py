"""The quote parser: exact lengths, every body, and nothing but its own refusals."""

from __future__ import annotations

import hashlib

import dcap_qvl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.attestation import quote_layout as layout
from enclave.attestation.limits import MAX_QUOTE_BYTES
from enclave.attestation.quote import Quote, parse_quote, strip_padding
from enclave.attestation.quote_layout import BODY, BodyKind, size_of
from enclave.attestation.types import SgxMeasurement, TdxMeasurement, Tee
from enclave.errors import Code, Refusal
from enclave.software.blueprint import QuoteKind
from enclave.software.issuer import issue
from tests.enclave.attestation.blueprints import MEASUREMENTS, REPORT_DATA, good
from tests.enclave.attestation.real_evidence import SGX, TDX4, TDX5, VECTORS

SOFTWARE = {kind: issue(good(kind), REPORT_DATA).quote for kind in QuoteKind}
BODY_KINDS = {
    QuoteKind.SGX_V3: BodyKind.SGX_ENCLAVE,
    QuoteKind.TDX_V4: BodyKind.TD10,
    QuoteKind.TDX_V5: BodyKind.TD10,
    QuoteKind.TDX_V5_TD15: BodyKind.TD15,
    QuoteKind.TDX_V5_TD15_EX: BodyKind.TD15_EX,
}
REAL = {vector.name: vector.quote for vector in (SGX, TDX4, TDX5)}
SAMPLES = {**{kind.text: quote for kind, quote in SOFTWARE.items()}, **REAL}
BODY_TYPE = slice(48, 50)
BODY_SIZE = slice(50, 54)


def refusal(raw: bytes) -> Refusal:
    with pytest.raises(Refusal) as refused:
        parse_quote(raw)
    return refused.value


def patched(raw: bytes, where: slice, value: int) -> bytes:
    data = bytearray(raw)
    data[where] = value.to_bytes(where.stop - where.start, "little")
    return bytes(data)


def signature_start(raw: bytes) -> int:
    return len(parse_quote(raw).signed) + layout.SIGNATURE_LENGTH_BYTES


def with_signature_data(raw: bytes, signature: bytes) -> bytes:
    """`raw` with other signature data, its length field right."""
    signed = parse_quote(raw).signed
    return signed + len(signature).to_bytes(4, "little") + signature


def agrees_with_library(quote: Quote) -> bool:
    """A second reader of the same bytes sees the same."""
    library = dcap_qvl.parse_quote(quote.raw)
    report = library.report
    if library.header.version != quote.version or report.report_data != quote.report_data:
        return False
    ours = quote.measurement
    if isinstance(report, dcap_qvl.SgxEnclaveReport):
        assert isinstance(ours, SgxMeasurement)
        return (report.mr_enclave, report.mr_signer) == (ours.mr_enclave, ours.mr_signer)
    rtmrs = (report.rt_mr0, report.rt_mr1, report.rt_mr2, report.rt_mr3)
    return TdxMeasurement(report.mr_td, rtmrs) == ours


def test_the_tables_have_intels_sizes() -> None:
    assert size_of(layout.HEADER) == 48
    assert {kind: size_of(table) for kind, table in BODY.items()} == {
        BodyKind.SGX_ENCLAVE: 384,
        BodyKind.TD10: 584,
        BodyKind.TD15: 648,
        BodyKind.TD15_EX: 885,
    }


@pytest.mark.parametrize("kind", QuoteKind)
def test_every_body_is_read(kind: QuoteKind) -> None:
    quote = parse_quote(SOFTWARE[kind])
    assert (quote.version, quote.tee, quote.kind) == (kind.version, kind.tee, BODY_KINDS[kind])
    assert (quote.measurement, quote.report_data) == (MEASUREMENTS[kind.tee], REPORT_DATA)
    assert (quote.debug, quote.certification_type) == (False, 5)
    assert agrees_with_library(quote)


@pytest.mark.parametrize("name", VECTORS)
def test_real_quotes_are_read_as_the_library_reads_them(name: str) -> None:
    quote = parse_quote(VECTORS[name].quote)
    assert agrees_with_library(quote)
    assert quote.report_data == VECTORS[name].report_data


@pytest.mark.parametrize("kind", QuoteKind)
def test_the_signed_bytes_are_header_and_body_and_name_the_quote(kind: QuoteKind) -> None:
    raw = SOFTWARE[kind]
    quote = parse_quote(raw)
    descriptor = 6 if kind.version == 5 else 0
    assert quote.signed == raw[: 48 + descriptor + size_of(BODY[quote.kind])]
    assert quote.attestation_id == hashlib.sha256(quote.signed).digest()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_quote_cut_at_any_byte_is_refused(name: str) -> None:
    raw = SAMPLES[name]
    for end in range(len(raw)):
        assert refusal(raw[:end]).code in (Code.MALFORMED_QUOTE, Code.UNSUPPORTED_QUOTE)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("tail", [b"\0", b"x", bytes(70)], ids=["zero", "letter", "buffer"])
def test_no_byte_may_follow(name: str, tail: bytes) -> None:
    """At the end, inside the signature data, and inside the nested certification data."""
    raw = SAMPLES[name]
    assert refusal(raw + tail).code is Code.MALFORMED_QUOTE
    inner = raw[signature_start(raw) :] + tail
    assert refusal(with_signature_data(raw, inner)).code is Code.MALFORMED_QUOTE
    if parse_quote(raw).version > 3:
        data = inner[134:]
        nested = inner[:130] + len(data).to_bytes(4, "little") + data
        assert refusal(with_signature_data(raw, nested)).code is Code.MALFORMED_QUOTE


def test_padding_is_cut_off_only_where_it_is_asked_for() -> None:
    vector = VECTORS["tdx4-gcp-cos113-uptodate"]
    assert refusal(vector.padded).code is Code.MALFORMED_QUOTE
    assert len(vector.padded) == 8000
    assert len(strip_padding(vector.padded)) == 4935
    parse_quote(strip_padding(vector.padded))


@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 2000))
def test_stripping_undoes_padding_and_nothing_else(name: str, zeros: int) -> None:
    raw = SAMPLES[name]
    assert strip_padding(raw + bytes(zeros)) == raw
    assert strip_padding(raw + bytes(zeros) + b"\1") == raw + bytes(zeros) + b"\1"


def test_size_comes_before_everything() -> None:
    assert refusal(bytes(MAX_QUOTE_BYTES + 1)).code is Code.TOO_LARGE
    assert refusal(bytes(MAX_QUOTE_BYTES)).code is Code.UNSUPPORTED_QUOTE
    with pytest.raises(Refusal) as refused:
        strip_padding(bytes(MAX_QUOTE_BYTES + 1))
    assert refused.value.code is Code.TOO_LARGE


@pytest.mark.parametrize("version", [0, 1, 2, 4, 5, 6, 65535])
def test_sgx_exists_in_version_3_alone(version: int) -> None:
    raw = patched(SOFTWARE[QuoteKind.SGX_V3], layout.HEADER["Version"], version)
    assert refusal(raw).code is Code.UNSUPPORTED_QUOTE


@pytest.mark.parametrize("version", [0, 1, 2, 3, 6])
def test_tdx_exists_in_versions_4_and_5_alone(version: int) -> None:
    raw = patched(SOFTWARE[QuoteKind.TDX_V4], layout.HEADER["Version"], version)
    assert refusal(raw).code is Code.UNSUPPORTED_QUOTE


@pytest.mark.parametrize("body_type", [0, 1, 5, 65535])
def test_version_5_knows_three_bodies(body_type: int) -> None:
    """Type 1 is an SGX body; the verification library wants version 3 for SGX."""
    raw = patched(SOFTWARE[QuoteKind.TDX_V5], BODY_TYPE, body_type)
    assert refusal(raw).code is Code.UNSUPPORTED_QUOTE


def test_the_descriptor_names_the_bodys_exact_size() -> None:
    raw = patched(SOFTWARE[QuoteKind.TDX_V5_TD15], BODY_SIZE, 649)
    assert refusal(raw).code is Code.MALFORMED_QUOTE
    raw = patched(SOFTWARE[QuoteKind.TDX_V5_TD15], BODY_TYPE, BodyKind.TD10)
    assert refusal(raw).code is Code.MALFORMED_QUOTE


@pytest.mark.parametrize("field", ["Attestation Key Type", "TEE Type", "QE Vendor ID"])
def test_another_key_type_tee_or_vendor_is_unsupported(field: str) -> None:
    for raw in SAMPLES.values():
        assert refusal(patched(raw, layout.HEADER[field], 3)).code is Code.UNSUPPORTED_QUOTE


def test_versions_4_and_5_wrap_their_certification_data_in_type_6() -> None:
    raw = SOFTWARE[QuoteKind.TDX_V4]
    start = signature_start(raw) + 128
    assert refusal(patched(raw, slice(start, start + 2), 5)).code is Code.UNSUPPORTED_QUOTE


def test_qe_authentication_data_has_32_bytes() -> None:
    raw = SOFTWARE[QuoteKind.SGX_V3]
    start = signature_start(raw) + 128 + 384 + 64
    assert refusal(patched(raw, slice(start, start + 2), 31)).code is Code.UNSUPPORTED_QUOTE


@pytest.mark.parametrize("bit", range(8))
def test_any_bit_under_debug_marks_a_td(bit: int) -> None:
    attributes = 48 + BODY[BodyKind.TD10]["TDATTRIBUTES"].start
    raw = patched(SOFTWARE[QuoteKind.TDX_V4], slice(attributes, attributes + 1), 1 << bit)
    assert parse_quote(raw).debug


@pytest.mark.parametrize("bit", range(8))
def test_the_debug_bit_alone_marks_an_enclave(bit: int) -> None:
    attributes = 48 + BODY[BodyKind.SGX_ENCLAVE]["ATTRIBUTES"].start
    raw = patched(SOFTWARE[QuoteKind.SGX_V3], slice(attributes, attributes + 1), 1 << bit)
    assert parse_quote(raw).debug == (bit == 1)


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_quote_or_refused(raw: bytes) -> None:
    with pytest.raises(Refusal):
        parse_quote(raw)
    with pytest.raises(Refusal):
        strip_padding(raw)


@given(data=st.data(), name=st.sampled_from(sorted(SAMPLES)))
def test_changed_quotes_are_refused_or_read_as_the_library_reads_them(
    data: st.DataObject, name: str
) -> None:
    """Returns or raises Refusal; what it returns, a second reader confirms."""
    changed = bytearray(SAMPLES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(changed) - 1))
        changed[start : start + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    try:
        quote = parse_quote(bytes(changed))
    except Refusal:
        return
    assert quote.tee is (Tee.TDX if isinstance(quote.measurement, TdxMeasurement) else Tee.SGX)
    assert agrees_with_library(quote)
