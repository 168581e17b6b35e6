"""Our words for each reason for which the verification library (dcap-qvl 0.7.0) says no.

The library refuses with a text. A text names no stable code, may carry an attacker's bytes, and
changes between versions, so none goes further than this file: each is looked up by how it starts,
and whoever is not in the table becomes QUOTE_UNVERIFIABLE (attestation.md, "Verifying").
"""

from __future__ import annotations

from typing import Final

from enclave.errors import Code, Refusal

_PREFIX: Final = "Verification failed: "

_CHAIN: Final = "Failed to verify certificate chain"
_ROOT_CRL: Final = "Failed to parse root CA CRL"
_CAUSED_BY: Final = "Caused by:"

Entry = tuple[str, Code, str, str]
"""Start of the library's text; our code; what was expected; what was found."""

_CAUSES: Final[tuple[Entry, ...]] = (
    ("CertExpired", Code.CERTIFICATE_EXPIRED, "certificates valid at gate time", "an expired one"),
    (
        "CertNotValidYet",
        Code.CERTIFICATE_NOT_YET_VALID,
        "certificates valid at gate time",
        "one of the future",
    ),
    ("CertRevoked", Code.CERTIFICATE_REVOKED, "certificates that are not revoked", "a revoked one"),
    ("CrlExpired", Code.CRL_EXPIRED, "CRLs valid at gate time", "an expired one"),
    (
        "UnknownRevocationStatus",
        Code.CERTIFICATE_INVALID,
        "each certificate covered by a CRL of its issuer",
        "one without",
    ),
    (
        "InvalidCrlSignatureForPublicKey",
        Code.COLLATERAL_SIGNATURE_INVALID,
        "CRLs signed by their issuers",
        "another signature",
    ),
    (
        "InvalidSignatureForPublicKey",
        Code.CERTIFICATE_INVALID,
        "certificates signed by their issuers",
        "another signature",
    ),
    ("UnknownIssuer", Code.CERTIFICATE_INVALID, "chains up to the trusted root", "a broken chain"),
)

_FORM: Final = "collateral in the form that Intel defines"
_PCK: Final = "a PCK certificate with Intel's SGX extension"
_QE: Final = "a quoting enclave as the QE identity describes it"
_TD: Final = "a TD whose attributes allow trust"
_MODULE: Final = "a TDX module as TCB info describes it"
_SAME: Final = "quote and collateral about the same platform and TEE"

_TEXTS: Final[tuple[Entry, ...]] = (
    ("Failed to load root ca", Code.UNTRUSTED_ROOT, "a certificate as trust anchor", "other bytes"),
    (_ROOT_CRL, Code.MALFORMED_COLLATERAL, _FORM, "an unreadable root CA CRL"),
    (_CHAIN, Code.CERTIFICATE_INVALID, "chains up to the trusted root", "another chain"),
    ("Failed to parse PCK CRL", Code.MALFORMED_COLLATERAL, _FORM, "an unreadable PCK CRL"),
    ("Failed to parse certs", Code.MALFORMED_COLLATERAL, _FORM, "unreadable PEM"),
    # The quote's form: our parser is stricter and comes first.
    ("Failed to decode quote", Code.MALFORMED_QUOTE, "a DCAP quote", "other bytes"),
    ("Unsupported DCAP", Code.UNSUPPORTED_QUOTE, "a quote with a PCK certificate chain", "another"),
    ("Unknown QE vendor ID", Code.UNSUPPORTED_QUOTE, "Intel's QE vendor id", "another"),
    ("Unsupported TEE type", Code.UNSUPPORTED_QUOTE, "SGX or TDX", "another TEE"),
    ("SGX TEE quote must", Code.UNSUPPORTED_QUOTE, "SGX in version 3", "another version"),
    ("TDX TEE quote must", Code.UNSUPPORTED_QUOTE, "TDX in version 4 or 5", "another version"),
    ("Invalid QE auth data", Code.UNSUPPORTED_QUOTE, "32 bytes of QE data", "another length"),
    # TCB info.
    ("Failed to decode TcbInfo", Code.MALFORMED_COLLATERAL, _FORM, "unreadable TCB info"),
    ("Failed to parse TCB Info", Code.MALFORMED_COLLATERAL, _FORM, "unreadable TCB info"),
    ("TCBInfo issue date", Code.COLLATERAL_NOT_YET_VALID, "TCB info of the past", "of the future"),
    ("TCBInfo expired", Code.COLLATERAL_EXPIRED, "TCB info valid at gate time", "expired"),
    (
        "Signature is invalid for tcb_info",
        Code.COLLATERAL_SIGNATURE_INVALID,
        "TCB info signed under the trusted root",
        "another signature",
    ),
    # QE identity.
    ("Failed to decode QeIdentity", Code.MALFORMED_COLLATERAL, _FORM, "unreadable QE identity"),
    ("Failed to parse QE Identity", Code.MALFORMED_COLLATERAL, _FORM, "unreadable QE identity"),
    ("QE Identity issue date", Code.COLLATERAL_NOT_YET_VALID, "QE identity of the past", "future"),
    ("QE Identity expired", Code.COLLATERAL_EXPIRED, "QE identity valid at gate time", "expired"),
    (
        "Signature is invalid for qe_identity",
        Code.COLLATERAL_SIGNATURE_INVALID,
        "a QE identity signed under the trusted root",
        "another signature",
    ),
    ("Unsupported QE Identity", Code.COLLATERAL_MISMATCH, _SAME, "a QE identity of another kind"),
    # PCK certificate.
    ("Failed to extract PCK", Code.CERTIFICATE_INVALID, "a PCK chain in PEM", "other bytes"),
    ("Failed to parse PCK cert", Code.CERTIFICATE_INVALID, "a PCK certificate", "other bytes"),
    ("Too many intermediate", Code.CERTIFICATE_INVALID, "chains of Intel's length", "a longer one"),
    ("Intel extension", Code.CERTIFICATE_INVALID, _PCK, "one without"),
    ("Failed to find", Code.CERTIFICATE_INVALID, _PCK, "one that lacks a part"),
    ("OID is missing", Code.CERTIFICATE_INVALID, _PCK, "one that lacks a part"),
    ("Failed to get", Code.CERTIFICATE_INVALID, _PCK, "one that lacks a part"),
    ("Failed to read", Code.CERTIFICATE_INVALID, _PCK, "an unreadable one"),
    ("Failed to decode DER", Code.CERTIFICATE_INVALID, _PCK, "an unreadable one"),
    ("Failed to load", Code.CERTIFICATE_INVALID, _PCK, "an unreadable one"),
    ("CpuSvn length", Code.CERTIFICATE_INVALID, _PCK, "a CPUSVN of another length"),
    ("PceSvn length", Code.CERTIFICATE_INVALID, _PCK, "a PCESVN of another length"),
    ("Fmspc length", Code.CERTIFICATE_INVALID, _PCK, "an FMSPC of another length"),
    ("Unexpected", Code.CERTIFICATE_INVALID, _PCK, "a value of another length"),
    # Quoting enclave.
    (
        "Signature is invalid for qe_report",
        Code.QUOTE_SIGNATURE_INVALID,
        "a QE report signed by the PCK key",
        "another signature",
    ),
    (
        "QE report hash mismatch",
        Code.QUOTE_SIGNATURE_INVALID,
        "the attestation key that the QE report names",
        "another key",
    ),
    ("QE report validation failed", Code.QE_REJECTED, _QE, "a debug quoting enclave"),
    ("QE MRSIGNER mismatch", Code.QE_REJECTED, _QE, "another signer"),
    ("QE ISVPRODID mismatch", Code.QE_REJECTED, _QE, "another product"),
    ("QE MISCSELECT mismatch", Code.QE_REJECTED, _QE, "another MISCSELECT"),
    ("QE ATTRIBUTES mismatch", Code.QE_REJECTED, _QE, "other attributes"),
    ("QE ISVSVN", Code.QE_REJECTED, _QE, "a version below all levels"),
    ("No TCB levels found in QE", Code.QE_REJECTED, _QE, "a QE identity without levels"),
    # The quote's own signature.
    (
        "ISV enclave report signature",
        Code.QUOTE_SIGNATURE_INVALID,
        "header and body signed by the attestation key",
        "another signature",
    ),
    # TCB.
    ("Fmspc mismatch", Code.COLLATERAL_MISMATCH, _SAME, "TCB info for another FMSPC"),
    ("TDX quote with non-TDX", Code.COLLATERAL_MISMATCH, _SAME, "TCB info for SGX"),
    ("SGX quote with non-SGX", Code.COLLATERAL_MISMATCH, _SAME, "TCB info for TDX"),
    ("Failed to decode TCB FMSPC", Code.MALFORMED_COLLATERAL, _FORM, "an unreadable FMSPC"),
    ("SGX component count", Code.MALFORMED_COLLATERAL, _FORM, "another number of components"),
    ("TDX component count", Code.MALFORMED_COLLATERAL, _FORM, "another number of components"),
    ("Unrecognized TCB status", Code.MALFORMED_COLLATERAL, _FORM, "a status out of place"),
    ("Invalid T", Code.MALFORMED_COLLATERAL, _FORM, "an unreadable tcbDate"),
    ("Failed to parse platform TCB", Code.MALFORMED_COLLATERAL, _FORM, "an unreadable tcbDate"),
    (
        "No matching TCB level",
        Code.TCB_LEVEL_NOT_FOUND,
        "a TCB level that the platform reaches",
        "a platform below all levels",
    ),
    (
        "Failed to evaluate the current TDX TCB",
        Code.TCB_LEVEL_NOT_FOUND,
        "a TCB level that the TD's present module reaches",
        "a module below all levels",
    ),
    ("TDX module TCB level check", Code.TD_REJECTED, _MODULE, "another module or version"),
    ("TDX module identity check", Code.TD_REJECTED, _MODULE, "another module"),
    ("TDX TCB Info is missing", Code.MALFORMED_COLLATERAL, _FORM, "TCB info without tdxModule"),
    ("TCB status is invalid", Code.TCB_REVOKED, "a platform that is not revoked", "Revoked"),
    # What runs inside.
    ("Debug mode is enabled", Code.DEBUG_ENCLAVE, "the debug attribute clear", "set"),
    ("TD profiling is enabled", Code.DEBUG_ENCLAVE, "the profiling attributes clear", "set"),
    ("Reserved bits in TD", Code.TD_REJECTED, _TD, "reserved bits that are set"),
    ("TD migration is enabled", Code.TD_REJECTED, _TD, "one that may be moved"),
    ("SERVTD_EXT is enabled", Code.TD_REJECTED, _TD, "one with service TDs"),
    ("Invalid MR service TD", Code.TD_REJECTED, _TD, "one bound to a service TD"),
    ("SEPT_VE_DISABLE is not", Code.TD_REJECTED, _TD, "one without SEPT_VE_DISABLE"),
)


def refusal_for(text: str) -> Refusal:
    """Our refusal for a text of the library. None of the text's own words is in it."""
    message = text.removeprefix(_PREFIX)
    head, _, cause = message.partition(_CAUSED_BY)
    for words, table in ((cause.strip() or head, _CAUSES), (head, _TEXTS)):
        for start, code, expected, found in table:
            if words.startswith(start):
                return Refusal(code, expected=expected, found=found)
    expected = "evidence that the verification library accepts"
    return Refusal(Code.QUOTE_UNVERIFIABLE, expected=expected, found="an unknown reason")
