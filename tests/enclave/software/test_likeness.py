"""Software evidence looks like Intel's: the same profile of certificates, the same layout."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Final

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from enclave.attestation import quote_layout as layout
from enclave.attestation.quote import Quote, parse_quote
from enclave.attestation.types import Evidence, Tee
from enclave.software.blueprint import QuoteKind
from enclave.software.issuer import issue
from tests.enclave.attestation.blueprints import REPORT_DATA, ROOT, good
from tests.enclave.attestation.real_evidence import SGX, TDX4, TDX5, Vector

# A real vector of each layout. (No published quote has the body of TD 1.5-ex.)
PAIRS: Final = (
    (QuoteKind.SGX_V3, SGX),
    (QuoteKind.TDX_V4, TDX4),
    (QuoteKind.TDX_V5_TD15, TDX5),
)
BOTH: Final = pytest.mark.parametrize(("kind", "real"), PAIRS)

# What a certificate says in bytes of its own, not in keys, names, times or values.
PROFILE: Final = (ExtensionOID.KEY_USAGE, ExtensionOID.BASIC_CONSTRAINTS)


def software(kind: QuoteKind) -> Evidence:
    return issue(good(kind), REPORT_DATA)


def profile(certificate: x509.Certificate) -> dict[str, tuple[bool, bytes | None]]:
    """Each extension's OID, whether it is critical, and its bytes where they are fixed.

    Addresses of CRLs are left out: a development CRL can be fetched nowhere.
    """
    return {
        extension.oid.dotted_string: (
            extension.critical,
            extension.value.public_bytes() if extension.oid in PROFILE else None,
        )
        for extension in certificate.extensions
        if extension.oid != ExtensionOID.CRL_DISTRIBUTION_POINTS
    }


def chains(quote: Quote, collateral: bytes) -> list[list[x509.Certificate]]:
    texts = json.loads(collateral)
    pems = [quote.certification_data, texts["tcb_info_issuer_chain"].encode()]
    return [x509.load_pem_x509_certificates(pem) for pem in pems]


@BOTH
def test_certificates_have_intels_profile(kind: QuoteKind, real: Vector) -> None:
    evidence = software(kind)
    ours = chains(parse_quote(evidence.quote), evidence.collateral)
    intels = chains(parse_quote(real.quote), real.collateral)
    for our_chain, intels_chain in zip(ours, intels, strict=True):
        assert [profile(one) for one in our_chain] == [profile(one) for one in intels_chain]


@BOTH
def test_crls_have_intels_profile(kind: QuoteKind, real: Vector) -> None:
    ours, intels = json.loads(software(kind).collateral), json.loads(real.collateral)
    for name in ("root_ca_crl", "pck_crl"):
        one, other = (x509.load_der_x509_crl(bytes.fromhex(c[name])) for c in (ours, intels))
        assert [(e.oid, e.critical) for e in one.extensions] == [
            (e.oid, e.critical) for e in other.extensions
        ]
        assert one.signature_algorithm_oid == other.signature_algorithm_oid


@BOTH
def test_serial_numbers_are_positive_and_differ(kind: QuoteKind, real: Vector) -> None:
    del real
    evidence = software(kind)
    found = chains(parse_quote(evidence.quote), evidence.collateral)
    serials = {one.serial_number for chain in found for one in chain}
    assert len(serials) == 4
    assert all(0 < serial < 2**159 for serial in serials)


@BOTH
def test_chains_are_signed_upwards_to_the_development_root(kind: QuoteKind, real: Vector) -> None:
    del real
    evidence = software(kind)
    root = x509.load_der_x509_certificate(ROOT)
    for chain in chains(parse_quote(evidence.quote), evidence.collateral):
        for lower, upper in pairwise(chain):
            lower.verify_directly_issued_by(upper)
        assert chain[-1] == root
    root.verify_directly_issued_by(root)


@BOTH
def test_fixed_fields_of_header_and_body_are_those_of_real_quotes(
    kind: QuoteKind, real: Vector
) -> None:
    ours, intels = parse_quote(software(kind).quote), parse_quote(real.quote)
    assert (ours.version, ours.kind, ours.certification_type) == (
        intels.version,
        intels.kind,
        intels.certification_type,
    )
    fixed = ("Version", "Attestation Key Type", "TEE Type", "QE Vendor ID")
    for field in fixed:
        place = layout.HEADER[field]
        assert ours.signed[place] == intels.signed[place], field
    body = layout.BODY[ours.kind]
    tdx_fields = ("MRSIGNERSEAM", "SEAMATTRIBUTES", "TDATTRIBUTES")
    sgx_fields = ("MISCSELECT", "ATTRIBUTES", *(f"Reserved {index}" for index in range(1, 5)))
    size = layout.size_of(body)
    for field in sgx_fields if kind.tee is Tee.SGX else tdx_fields:
        place = body[field]
        assert ours.signed[-size:][place] == intels.signed[-size:][place], field


@BOTH
def test_the_quoting_enclave_looks_like_intels(kind: QuoteKind, real: Vector) -> None:
    """Signer, product, attributes, 32 bytes of authentication data, and a chain that ends in 0."""
    fields = ("MISCSELECT", "ATTRIBUTES", "MRSIGNER", "ISVPRODID")
    found = []
    for raw in (software(kind).quote, real.quote):
        quote = parse_quote(raw)
        start = len(quote.signed) + layout.SIGNATURE_LENGTH_BYTES + 128
        start += 0 if quote.version == layout.VERSION_3 else 6
        report = raw[start : start + layout.size_of(layout.ENCLAVE_REPORT)]
        authentication = raw[start + len(report) + 64 :][: 2 + 32]
        found.append(
            (
                [report[layout.ENCLAVE_REPORT[field]] for field in fields],
                authentication,
                quote.certification_data[-1:],
            )
        )
    assert found[0] == found[1]
