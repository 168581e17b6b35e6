"""The one question to the verification library, and its answer as plain typed values.

The edge where the library comes in: its refusals get our words, and what it read in an accepted
quote is checked for form, so that no text of a library travels further. No judgement here.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import dcap_qvl

from enclave.attestation.collateral import CollateralContent
from enclave.attestation.library_refusals import refusal_for
from enclave.attestation.limits import MAX_ADVISORIES, MAX_ADVISORY_CHARACTERS
from enclave.attestation.quote_layout import BodyKind
from enclave.attestation.types import TcbStatus
from enclave.errors import Code, Refusal

_PANIC: Final = "PanicException"
"""PyO3's; it is no `Exception`, and no module exports it."""

_ADVISORY: Final = re.compile(rf"[A-Z0-9-]{{1,{MAX_ADVISORY_CHARACTERS}}}")
_REMEMBERED: Final = 32
"""Collaterals that are kept in the library's form: a network has few of them at a time."""
_KIND_BY_TYPE: Final[dict[type, BodyKind]] = {
    dcap_qvl.SgxEnclaveReport: BodyKind.SGX_ENCLAVE,
    dcap_qvl.TdReport10: BodyKind.TD10,
    dcap_qvl.TdReport15: BodyKind.TD15,
    dcap_qvl.TdReport15Ex: BodyKind.TD15_EX,
}


@dataclass(frozen=True, slots=True)
class LibraryReport:
    """The library's verdict over one quote."""

    tcb_status: TcbStatus
    advisories: tuple[str, ...]
    """Sorted, unique."""
    ppid: bytes


@dataclass(frozen=True, slots=True)
class LibraryReading:
    """What the library reads in a quote: enough to see that it reads the same bytes as we do.

    Version and kind fix which bytes the signature covers and where each field lies in them.
    """

    version: int
    kind: BodyKind
    attributes: bytes
    """SGX ATTRIBUTES (16 bytes) or TDATTRIBUTES (8 bytes)."""
    registers: tuple[bytes, ...]
    """mr_enclave and mr_signer, or mr_td and the four RTMRs."""
    report_data: bytes


def ask_library(
    quote: bytes, collateral: CollateralContent, *, root_der: bytes, now: int
) -> LibraryReport:
    """Verifies a quote: chains, CRLs, windows, signatures, TCB level, attributes.

    Of the library's two calls this is the one that tells the cause of a refusal; both verify the
    same.

    Raises:
        Refusal: ours for each of the library's.
    """
    try:
        found = dcap_qvl.verify_with_root_ca(quote, for_library(collateral), root_der, now)
    except ValueError as error:
        raise refusal_for(str(error)) from None
    except BaseException as panic:
        # A panic in Rust: one newcomer's evidence must not take the others of its block with it.
        if type(panic).__name__ != _PANIC:
            raise
        expected = "evidence that the verification library survives"
        raise Refusal(Code.QUOTE_UNVERIFIABLE, expected=expected, found="a panic in it") from None
    return read_report(found.status, found.advisory_ids, found.ppid)


@functools.lru_cache(maxsize=_REMEMBERED)
def for_library(content: CollateralContent) -> dcap_qvl.QuoteCollateralV3:
    """The same collateral as the library wants it; without a PCK chain, which it would prefer."""
    return dcap_qvl.QuoteCollateralV3(
        pck_crl_issuer_chain=content.pck_crl_issuer_chain,
        root_ca_crl=content.root_ca_crl,
        pck_crl=content.pck_crl,
        tcb_info_issuer_chain=content.tcb_info_issuer_chain,
        tcb_info=content.tcb_info,
        tcb_info_signature=content.tcb_info_signature,
        qe_identity_issuer_chain=content.qe_identity_issuer_chain,
        qe_identity=content.qe_identity,
        qe_identity_signature=content.qe_identity_signature,
    )


def read_report(status: str, advisories: Sequence[str], ppid: bytes) -> LibraryReport:
    """The library's verdict, checked for form.

    Raises:
        Refusal: QUOTE_UNVERIFIABLE for a status that Intel does not define; MALFORMED_COLLATERAL
            for advisories that are no ids.
    """
    try:
        tcb_status = TcbStatus.from_text(status)
    except KeyError:
        expected = "a TCB status that Intel defines"
        raise Refusal(Code.QUOTE_UNVERIFIABLE, expected=expected, found="another") from None
    if len(advisories) > MAX_ADVISORIES or not all(map(_ADVISORY.fullmatch, advisories)):
        expected = f"at most {MAX_ADVISORIES} advisory ids"
        raise Refusal(Code.MALFORMED_COLLATERAL, expected=expected, found="other texts")
    return LibraryReport(tcb_status, tuple(sorted(set(advisories))), bytes(ppid))


def read_with_library(quote: bytes) -> LibraryReading:
    """The library's own parser over the same bytes.

    Raises:
        Refusal: QUOTE_UNVERIFIABLE where it cannot read what it just verified.
    """
    try:
        parsed = dcap_qvl.parse_quote(quote)
    except ValueError:
        expected = "a quote that the library reads twice alike"
        raise Refusal(Code.QUOTE_UNVERIFIABLE, expected=expected, found="another") from None
    version, body = parsed.header.version, parsed.report
    kind = _KIND_BY_TYPE[type(body)]
    if isinstance(body, dcap_qvl.SgxEnclaveReport):
        registers: tuple[bytes, ...] = (body.mr_enclave, body.mr_signer)
        return LibraryReading(version, kind, body.attributes, registers, body.report_data)
    registers = (body.mr_td, body.rt_mr0, body.rt_mr1, body.rt_mr2, body.rt_mr3)
    return LibraryReading(version, kind, body.td_attributes, registers, body.report_data)
