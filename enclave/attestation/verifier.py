"""Gate 3, and the debug attribute of gate 4: evidence in, a `VerifiedReport` out, or a refusal.

The steps, in this order:

1. The quote is read strictly (`quote.parse_quote`), the collateral was (`Collateral.parse`).
2. Both are about the same TEE; every chain ends in the trusted root, byte for byte; the CRLs and
   the certificate of the PCK CRL's issuer are of this time. The library checks none of that.
3. The library verifies chains, CRLs, TCB info, QE identity, windows and signatures at `now`,
   matches the TCB level, and refuses Revoked, debug and service TDs.
4. What the library reads equals what we read, and TCB info is about this platform.

There is no clock: `now` is gate time. A report of any status but Revoked comes out; whether a
network takes it is `policy`'s business, and what report_data means is `report_data`'s.
"""

from __future__ import annotations

from enclave.attestation.certificates import pck_leaf
from enclave.attestation.collateral import Collateral
from enclave.attestation.library_report import LibraryReading, ask_library, read_with_library
from enclave.attestation.limits import MAX_TIME
from enclave.attestation.pck_certificate import Platform, read_platform
from enclave.attestation.quote import Quote, parse_quote
from enclave.attestation.quote_layout import CERTIFICATION_PCK_CHAIN
from enclave.attestation.types import Measurement, SgxMeasurement, TcbStatus, VerifiedReport
from enclave.errors import Code, Refusal


def verify_quote(
    quote: Quote | bytes, collateral: Collateral, *, root_der: bytes, now: int
) -> VerifiedReport:
    """Verifies one quote with its collateral.

    Args:
        quote: as it came (then of exact length: see `quote.strip_padding`), or already parsed.
        collateral: parsed.
        root_der: DER of the certificate that every chain must end in: the floor's root.
        now: gate time, unix seconds.

    Raises:
        Refusal: the code of the first rule that says no (`enclave.errors`, gate 3), or
            DEBUG_ENCLAVE.
    """
    if isinstance(quote, bytes):
        quote = parse_quote(quote)
    check_same_subject(quote, collateral)
    leaf = check_roots(quote, collateral, root_der=root_der)
    check_times(collateral, now=now)
    library = ask_library(quote.raw, collateral.content, root_der=root_der, now=now)
    check_agreement(quote, read_with_library(quote.raw))
    platform = read_platform(leaf)
    check_same_platform(platform, collateral, ppid=library.ppid)
    if quote.debug:
        raise Refusal(Code.DEBUG_ENCLAVE, expected="the debug attribute clear", found="set")
    if library.tcb_status is TcbStatus.REVOKED:
        expected = "a platform that is not revoked"
        raise Refusal(Code.TCB_REVOKED, expected=expected, found=library.tcb_status.text)
    return VerifiedReport(
        tee=quote.tee,
        version=quote.version,
        measurement=quote.measurement,
        report_data=quote.report_data,
        tcb_status=library.tcb_status,
        advisories=library.advisories,
        evaluation_number=collateral.evaluation_number,
        fmspc=collateral.fmspc,
        platform_id=platform.platform_id,
        platform=platform.flags,
        attestation_id=quote.attestation_id,
    )


def check_same_subject(quote: Quote, collateral: Collateral) -> None:
    """The collateral is about the quote's kind of TEE.

    Raises:
        Refusal: COLLATERAL_MISMATCH.
    """
    if collateral.tee is not quote.tee:
        expected, found = f"collateral for {quote.tee.name}", f"for {collateral.tee.name}"
        raise Refusal(Code.COLLATERAL_MISMATCH, expected=expected, found=found)


def check_roots(quote: Quote, collateral: Collateral, *, root_der: bytes) -> bytes:
    """All four chains end in the trusted root, and the quote carries its own PCK chain.

    Returns:
        DER of the quote's PCK certificate, unverified.

    Raises:
        Refusal: UNTRUSTED_ROOT, UNSUPPORTED_QUOTE or CERTIFICATE_INVALID.
    """
    collateral.check_root(root_der)
    if quote.certification_type != CERTIFICATION_PCK_CHAIN:
        expected = "a quote with its PCK certificate chain (certification data of type 5)"
        found = f"type {quote.certification_type}"
        raise Refusal(Code.UNSUPPORTED_QUOTE, expected=expected, found=found)
    return pck_leaf(quote.certification_data, root_der=root_der)


def check_times(collateral: Collateral, *, now: int) -> None:
    """CRLs are not of the future, and the PCK CRL's issuer is valid and not revoked.

    Raises:
        Refusal: BAD_VALUE, COLLATERAL_NOT_YET_VALID, CERTIFICATE_NOT_YET_VALID,
            CERTIFICATE_EXPIRED or CERTIFICATE_REVOKED.
    """
    if not 0 <= now <= MAX_TIME:
        expected = "a time in unix seconds"
        raise Refusal(Code.BAD_VALUE, expected=expected, found="another number")
    issuer = collateral.crl_issuer
    found = f"gate time {now}"
    if now < collateral.crl_this_update:
        expected = f"CRLs of the past (thisUpdate {collateral.crl_this_update})"
        raise Refusal(Code.COLLATERAL_NOT_YET_VALID, expected=expected, found=found)
    if now < issuer.not_before:
        expected = f"a PCK CRL issuer that is valid from {issuer.not_before}"
        raise Refusal(Code.CERTIFICATE_NOT_YET_VALID, expected=expected, found=found)
    if now > issuer.not_after:
        expected = f"a PCK CRL issuer that is valid until {issuer.not_after}"
        raise Refusal(Code.CERTIFICATE_EXPIRED, expected=expected, found=found)
    if issuer.revoked:
        expected = "a PCK CRL issuer that is not revoked"
        raise Refusal(Code.CERTIFICATE_REVOKED, expected=expected, found="a revoked one")


def check_agreement(quote: Quote, library: LibraryReading) -> None:
    """The library verified what we read: two readers of one quote must not differ.

    Raises:
        Refusal: QUOTE_UNVERIFIABLE.
    """
    pairs = (
        ("version", quote.version, library.version),
        ("body", quote.kind, library.kind),
        ("attributes", quote.attributes, library.attributes),
        ("measurement", _registers(quote.measurement), library.registers),
        ("report_data", quote.report_data, library.report_data),
    )
    for name, ours, theirs in pairs:
        if ours != theirs:
            expected = f"one reading of the {name}"
            raise Refusal(Code.QUOTE_UNVERIFIABLE, expected=expected, found="two readings")


def check_same_platform(platform: Platform, collateral: Collateral, *, ppid: bytes) -> None:
    """One platform in the PCK certificate, in TCB info and in the library's verdict.

    The library compares TCB info's FMSPC, but not its PCE.

    Raises:
        Refusal: COLLATERAL_MISMATCH or QUOTE_UNVERIFIABLE.
    """
    if platform.ppid != ppid:
        expected = "one reading of the PPID"
        raise Refusal(Code.QUOTE_UNVERIFIABLE, expected=expected, found="two readings")
    if (collateral.fmspc, collateral.pce_id) != (platform.fmspc, platform.pce_id):
        expected = f"TCB info for FMSPC {platform.fmspc.hex()}, PCE {platform.pce_id.hex()}"
        found = f"FMSPC {collateral.fmspc.hex()}, PCE {collateral.pce_id.hex()}"
        raise Refusal(Code.COLLATERAL_MISMATCH, expected=expected, found=found)


def _registers(measurement: Measurement) -> tuple[bytes, ...]:
    if isinstance(measurement, SgxMeasurement):
        return measurement.mr_enclave, measurement.mr_signer
    return measurement.mr_td, *measurement.rtmrs
