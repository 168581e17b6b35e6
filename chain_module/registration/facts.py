"""What a register's evidence says of itself, without verification (gates 4 to 6).

Finalize runs the state rules on these facts and on the confirm's verdict: no quote is verified and
no verification library is needed. Facts are claims. Only where a verdict agrees with them, and
those who vote have verified the quote, may anything follow from them.
"""

from __future__ import annotations

from dataclasses import dataclass

from enclave.attestation.certificates import pck_leaf
from enclave.attestation.collateral import Collateral
from enclave.attestation.pck_certificate import Platform, read_platform
from enclave.attestation.quote import Quote, parse_quote
from enclave.attestation.quote_layout import CERTIFICATION_PCK_CHAIN
from enclave.attestation.types import Measurement, Tee, VerifiedReport
from enclave.errors import Code, Refusal
from enclave.registration.network import Floor
from enclave.registration.records import Verdict


@dataclass(frozen=True, slots=True)
class Facts:
    """Read in a quote, its PCK certificate and its collateral; unverified."""

    version: int
    tee: Tee
    measurement: Measurement
    report_data: bytes
    """64 bytes."""
    debug: bool
    attestation_id: bytes
    """32 bytes: under it this evidence counts once."""
    platform: Platform
    evaluation_number: int
    """The smaller of TCB info's and QE identity's."""


def platform_of(quote: Quote, *, floor: Floor) -> Platform:
    """The machine that a quote's own PCK certificate names.

    Raises:
        Refusal: UNSUPPORTED_QUOTE, CERTIFICATE_INVALID or UNTRUSTED_ROOT.
    """
    if quote.certification_type != CERTIFICATION_PCK_CHAIN:
        raise Refusal(
            Code.UNSUPPORTED_QUOTE,
            expected="a quote with its PCK certificate chain (certification data of type 5)",
            found=f"type {quote.certification_type}",
        )
    return read_platform(pck_leaf(quote.certification_data, root_der=floor.attestation_root))


def facts_of(quote: bytes | Quote, collateral: Collateral, *, floor: Floor) -> Facts:
    """The facts of one quote with its collateral.

    Raises:
        Refusal: as `parse_quote` and `platform_of`; COLLATERAL_MISMATCH where the collateral is
            about another kind of TEE; as `Collateral.check_root`.
    """
    parsed = parse_quote(quote) if isinstance(quote, bytes) else quote
    if collateral.tee is not parsed.tee:
        raise Refusal(
            Code.COLLATERAL_MISMATCH,
            expected=f"collateral for {parsed.tee.name}",
            found=f"for {collateral.tee.name}",
        )
    collateral.check_root(floor.attestation_root)
    return Facts(
        version=parsed.version,
        tee=parsed.tee,
        measurement=parsed.measurement,
        report_data=parsed.report_data,
        debug=parsed.debug,
        attestation_id=parsed.attestation_id,
        platform=platform_of(parsed, floor=floor),
        evaluation_number=collateral.evaluation_number,
    )


def check_same_platform(facts: Facts, collateral: Collateral) -> None:
    """The collateral's TCB info is about the quote's platform. The verifier asks it late, too.

    Raises:
        Refusal: COLLATERAL_MISMATCH.
    """
    platform = facts.platform
    if (collateral.fmspc, collateral.pce_id) != (platform.fmspc, platform.pce_id):
        raise Refusal(
            Code.COLLATERAL_MISMATCH,
            expected=f"TCB info for FMSPC {platform.fmspc.hex()}, PCE {platform.pce_id.hex()}",
            found=f"FMSPC {collateral.fmspc.hex()}, PCE {collateral.pce_id.hex()}",
        )


def report_of(facts: Facts, verdict: Verdict) -> VerifiedReport:
    """The report that `verdict` claims somebody verified, for the predicates of gates 5 and 6.

    The one place where a `VerifiedReport` is made without the verifier: what the quote says comes
    from the quote itself, what only verification knows comes from the verdict that +2/3 of the
    voting power stood for. No secret is given on the strength of it.
    """
    return VerifiedReport(
        tee=facts.tee,
        version=facts.version,
        measurement=facts.measurement,
        report_data=facts.report_data,
        tcb_status=verdict.tcb_status,
        advisories=verdict.advisories,
        evaluation_number=facts.evaluation_number,
        fmspc=facts.platform.fmspc,
        platform_id=facts.platform.platform_id,
        platform=facts.platform.flags,
        attestation_id=facts.attestation_id,
    )
