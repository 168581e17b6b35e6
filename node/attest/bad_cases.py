"""Named ways to spoil a software quote: what tests live on, and `attest issue --bad-case` lists.

A case changes one thing of a good blueprint. It names the code with which verification (gate 3 of
protocol.md section 5) refuses it, or none where verification passes and a policy has to judge.
All cases are bad at every time from one day after `issued_at` on.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from enclave.attestation.types import TcbStatus, Tee
from enclave.errors import Code, Refusal
from enclave.software.blueprint import (
    MIGRATABLE,
    SEPT_VE_DISABLE,
    Blueprint,
    Piece,
    QuoteKind,
)
from node.attest.changes import (
    Change,
    crl_of_other_authority,
    expired,
    flags,
    forged,
    from_future,
    module_status,
    platform_status,
    qe_identity_of_other_tee,
    qe_status,
    revoked,
    tcb_info_of_other_tee,
)

EXAMPLE_ADVISORY: Final = "INTEL-SA-00615"
LOW_EVALUATION_NUMBER: Final = 1
_OTHER_NETWORK: Final = "seedpact-another-network"
_OTHER_FMSPC: Final = bytes.fromhex("00a067110000")
_OTHER_PCE: Final = bytes.fromhex("0100")
_RESERVED_TD_ATTRIBUTE: Final = 1 << 7
_A_SERVICE_TD: Final = bytes(47) + b"\1"


class BadCase(enum.StrEnum):
    """Names of the cases, stable: they are a command's arguments."""

    # Verified, with a verdict that a policy may refuse.
    SW_HARDENING_NEEDED = "sw-hardening-needed"
    CONFIGURATION_NEEDED = "configuration-needed"
    CONFIGURATION_AND_SW_HARDENING_NEEDED = "configuration-and-sw-hardening-needed"
    TD_RELAUNCH_ADVISED = "td-relaunch-advised"
    TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED = "td-relaunch-advised-configuration-needed"
    OUT_OF_DATE = "out-of-date"
    OUT_OF_DATE_CONFIGURATION_NEEDED = "out-of-date-configuration-needed"
    QE_OUT_OF_DATE = "qe-out-of-date"
    MODULE_OUT_OF_DATE = "module-out-of-date"
    ADVISORY = "advisory"
    LOW_EVALUATION = "low-evaluation-number"
    LOW_QE_EVALUATION = "low-qe-evaluation-number"
    DYNAMIC_PLATFORM = "dynamic-platform"
    CACHED_KEYS = "cached-keys"
    SMT_ENABLED = "smt-enabled"

    # Revoked.
    REVOKED = "revoked"
    QE_REVOKED = "qe-revoked"
    MODULE_REVOKED = "module-revoked"
    PCK_REVOKED = "pck-revoked"
    CA_REVOKED = "ca-revoked"
    TCB_SIGNER_REVOKED = "tcb-signer-revoked"

    # Out of time.
    ROOT_CRL_EXPIRED = "root-crl-expired"
    PCK_CRL_EXPIRED = "pck-crl-expired"
    TCB_INFO_EXPIRED = "tcb-info-expired"
    QE_IDENTITY_EXPIRED = "qe-identity-expired"
    PCK_EXPIRED = "pck-expired"
    CA_EXPIRED = "ca-expired"
    TCB_SIGNER_EXPIRED = "tcb-signer-expired"
    TCB_INFO_FROM_FUTURE = "tcb-info-from-future"
    QE_IDENTITY_FROM_FUTURE = "qe-identity-from-future"
    ROOT_CRL_FROM_FUTURE = "root-crl-from-future"
    PCK_CRL_FROM_FUTURE = "pck-crl-from-future"
    PCK_FROM_FUTURE = "pck-from-future"

    # Not what it should belong to.
    WRONG_ROOT = "wrong-root"
    WRONG_PCK_ROOT = "wrong-pck-root"
    WRONG_FMSPC = "wrong-fmspc"
    WRONG_PCE = "wrong-pce"
    WRONG_TEE_TCB_INFO = "wrong-tee-tcb-info"
    WRONG_TEE_QE_IDENTITY = "wrong-tee-qe-identity"
    WRONG_CRL = "wrong-crl"
    TCB_LEVEL_UNKNOWN = "tcb-level-unknown"
    QE_LEVEL_UNKNOWN = "qe-level-unknown"
    MODULE_UNKNOWN = "module-unknown"
    QE_FOREIGN = "qe-foreign"

    # Forged signatures.
    CA_FORGED = "ca-forged"
    PCK_FORGED = "pck-forged"
    TCB_SIGNER_FORGED = "tcb-signer-forged"
    ROOT_CRL_FORGED = "root-crl-forged"
    PCK_CRL_FORGED = "pck-crl-forged"
    TCB_INFO_FORGED = "tcb-info-forged"
    QE_IDENTITY_FORGED = "qe-identity-forged"
    QE_REPORT_FORGED = "qe-report-forged"
    QUOTE_FORGED = "quote-forged"

    # Code that can be looked into or replaced.
    DEBUG = "debug"
    QE_DEBUG = "qe-debug"
    SERVICE_TD = "service-td"
    SEPT_VE_ENABLED = "sept-ve-enabled"
    MIGRATABLE_TD = "migratable-td"
    RESERVED_TD_ATTRIBUTE = "reserved-td-attribute"


def _any_kind(kind: QuoteKind) -> bool:
    del kind
    return True


def _tdx(kind: QuoteKind) -> bool:
    return kind.tee is Tee.TDX


def _td15(kind: QuoteKind) -> bool:
    return kind.is_td15


@dataclass(frozen=True, slots=True)
class Bad:
    """One case: how it spoils a blueprint, and what comes of it."""

    change: Change
    refusal: Code | None
    """What verification refuses it with; None where a policy has to judge."""
    applies: Callable[[QuoteKind], bool] = _any_kind


def spoil(blueprint: Blueprint, case: BadCase) -> Blueprint:
    """`blueprint` with `case` done to it.

    Raises:
        Refusal: BAD_VALUE, where the case means nothing for this kind of quote.
    """
    bad = BAD_CASES[case]
    if not bad.applies(blueprint.kind):
        expected = f"a kind of quote that {case} is about"
        raise Refusal(Code.BAD_VALUE, expected=expected, found=blueprint.kind.text)
    return bad.change(blueprint)


def cases_of(kind: QuoteKind) -> tuple[BadCase, ...]:
    """The cases that mean something for this kind of quote, in order."""
    return tuple(case for case, bad in BAD_CASES.items() if bad.applies(kind))


_JUDGED: Final = {
    BadCase.SW_HARDENING_NEEDED: Bad(platform_status(TcbStatus.SW_HARDENING_NEEDED), None),
    BadCase.CONFIGURATION_NEEDED: Bad(platform_status(TcbStatus.CONFIGURATION_NEEDED), None),
    BadCase.CONFIGURATION_AND_SW_HARDENING_NEEDED: Bad(
        platform_status(TcbStatus.CONFIGURATION_AND_SW_HARDENING_NEEDED), None
    ),
    BadCase.TD_RELAUNCH_ADVISED: Bad(platform_status(TcbStatus.TD_RELAUNCH_ADVISED), None, _td15),
    BadCase.TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED: Bad(
        platform_status(TcbStatus.TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED), None, _td15
    ),
    BadCase.OUT_OF_DATE: Bad(platform_status(TcbStatus.OUT_OF_DATE), None),
    BadCase.OUT_OF_DATE_CONFIGURATION_NEEDED: Bad(
        platform_status(TcbStatus.OUT_OF_DATE_CONFIGURATION_NEEDED), None
    ),
    BadCase.QE_OUT_OF_DATE: Bad(qe_status(TcbStatus.OUT_OF_DATE), None),
    BadCase.MODULE_OUT_OF_DATE: Bad(module_status(TcbStatus.OUT_OF_DATE), None, _tdx),
    BadCase.ADVISORY: Bad(lambda good: replace(good, advisories=(EXAMPLE_ADVISORY,)), None),
    BadCase.LOW_EVALUATION: Bad(
        lambda good: replace(good, evaluation_number=LOW_EVALUATION_NUMBER), None
    ),
    BadCase.LOW_QE_EVALUATION: Bad(
        lambda good: replace(good, qe_evaluation_number=LOW_EVALUATION_NUMBER), None
    ),
    BadCase.DYNAMIC_PLATFORM: Bad(flags(dynamic=True), None),
    BadCase.CACHED_KEYS: Bad(flags(cached=True), None),
    BadCase.SMT_ENABLED: Bad(flags(smt=True), None),
}

_REVOKED: Final = {
    BadCase.REVOKED: Bad(platform_status(TcbStatus.REVOKED), Code.TCB_REVOKED),
    BadCase.QE_REVOKED: Bad(qe_status(TcbStatus.REVOKED), Code.TCB_REVOKED),
    BadCase.MODULE_REVOKED: Bad(module_status(TcbStatus.REVOKED), Code.TCB_REVOKED, _tdx),
    BadCase.PCK_REVOKED: Bad(revoked(Piece.PCK_LEAF), Code.CERTIFICATE_REVOKED),
    BadCase.CA_REVOKED: Bad(revoked(Piece.PCK_CA), Code.CERTIFICATE_REVOKED),
    BadCase.TCB_SIGNER_REVOKED: Bad(revoked(Piece.TCB_SIGNER), Code.CERTIFICATE_REVOKED),
}

_OUT_OF_TIME: Final = {
    BadCase.ROOT_CRL_EXPIRED: Bad(expired(Piece.ROOT_CRL), Code.CRL_EXPIRED),
    BadCase.PCK_CRL_EXPIRED: Bad(expired(Piece.PCK_CRL), Code.CRL_EXPIRED),
    BadCase.TCB_INFO_EXPIRED: Bad(expired(Piece.TCB_INFO), Code.COLLATERAL_EXPIRED),
    BadCase.QE_IDENTITY_EXPIRED: Bad(expired(Piece.QE_IDENTITY), Code.COLLATERAL_EXPIRED),
    BadCase.PCK_EXPIRED: Bad(expired(Piece.PCK_LEAF), Code.CERTIFICATE_EXPIRED),
    BadCase.CA_EXPIRED: Bad(expired(Piece.PCK_CA), Code.CERTIFICATE_EXPIRED),
    BadCase.TCB_SIGNER_EXPIRED: Bad(expired(Piece.TCB_SIGNER), Code.CERTIFICATE_EXPIRED),
    BadCase.TCB_INFO_FROM_FUTURE: Bad(from_future(Piece.TCB_INFO), Code.COLLATERAL_NOT_YET_VALID),
    BadCase.QE_IDENTITY_FROM_FUTURE: Bad(
        from_future(Piece.QE_IDENTITY), Code.COLLATERAL_NOT_YET_VALID
    ),
    BadCase.ROOT_CRL_FROM_FUTURE: Bad(from_future(Piece.ROOT_CRL), Code.COLLATERAL_NOT_YET_VALID),
    BadCase.PCK_CRL_FROM_FUTURE: Bad(from_future(Piece.PCK_CRL), Code.COLLATERAL_NOT_YET_VALID),
    BadCase.PCK_FROM_FUTURE: Bad(from_future(Piece.PCK_LEAF), Code.CERTIFICATE_NOT_YET_VALID),
}

_MISPLACED: Final = {
    BadCase.WRONG_ROOT: Bad(
        lambda good: replace(good, chain_id=_OTHER_NETWORK), Code.UNTRUSTED_ROOT
    ),
    BadCase.WRONG_PCK_ROOT: Bad(
        lambda good: replace(good, pck_chain_id=_OTHER_NETWORK), Code.UNTRUSTED_ROOT
    ),
    BadCase.WRONG_FMSPC: Bad(
        lambda good: replace(good, collateral_fmspc=_OTHER_FMSPC), Code.COLLATERAL_MISMATCH
    ),
    BadCase.WRONG_PCE: Bad(
        lambda good: replace(good, collateral_pce_id=_OTHER_PCE), Code.COLLATERAL_MISMATCH
    ),
    BadCase.WRONG_TEE_TCB_INFO: Bad(
        tcb_info_of_other_tee,
        Code.COLLATERAL_MISMATCH,
    ),
    BadCase.WRONG_TEE_QE_IDENTITY: Bad(
        qe_identity_of_other_tee,
        Code.COLLATERAL_MISMATCH,
    ),
    BadCase.WRONG_CRL: Bad(crl_of_other_authority, Code.CERTIFICATE_INVALID),
    BadCase.TCB_LEVEL_UNKNOWN: Bad(
        lambda good: replace(good, tcb_level_known=False), Code.TCB_LEVEL_NOT_FOUND
    ),
    BadCase.QE_LEVEL_UNKNOWN: Bad(
        lambda good: replace(good, qe_level_known=False), Code.QE_REJECTED
    ),
    BadCase.MODULE_UNKNOWN: Bad(
        lambda good: replace(good, module_known=False), Code.TD_REJECTED, _tdx
    ),
    BadCase.QE_FOREIGN: Bad(lambda good: replace(good, qe_foreign=True), Code.QE_REJECTED),
}

_FORGED: Final = {
    BadCase.CA_FORGED: Bad(forged(Piece.PCK_CA), Code.CERTIFICATE_INVALID),
    BadCase.PCK_FORGED: Bad(forged(Piece.PCK_LEAF), Code.CERTIFICATE_INVALID),
    BadCase.TCB_SIGNER_FORGED: Bad(forged(Piece.TCB_SIGNER), Code.CERTIFICATE_INVALID),
    BadCase.ROOT_CRL_FORGED: Bad(forged(Piece.ROOT_CRL), Code.COLLATERAL_SIGNATURE_INVALID),
    BadCase.PCK_CRL_FORGED: Bad(forged(Piece.PCK_CRL), Code.CERTIFICATE_INVALID),
    BadCase.TCB_INFO_FORGED: Bad(forged(Piece.TCB_INFO), Code.COLLATERAL_SIGNATURE_INVALID),
    BadCase.QE_IDENTITY_FORGED: Bad(forged(Piece.QE_IDENTITY), Code.COLLATERAL_SIGNATURE_INVALID),
    BadCase.QE_REPORT_FORGED: Bad(forged(Piece.QE_REPORT), Code.QUOTE_SIGNATURE_INVALID),
    BadCase.QUOTE_FORGED: Bad(forged(Piece.QUOTE), Code.QUOTE_SIGNATURE_INVALID),
}

_EXPOSED: Final = {
    BadCase.DEBUG: Bad(lambda good: replace(good, debug=True), Code.DEBUG_ENCLAVE),
    BadCase.QE_DEBUG: Bad(lambda good: replace(good, qe_debug=True), Code.QE_REJECTED),
    BadCase.SERVICE_TD: Bad(
        lambda good: replace(good, mr_service_td=_A_SERVICE_TD), Code.TD_REJECTED, _td15
    ),
    BadCase.SEPT_VE_ENABLED: Bad(
        lambda good: replace(good, td_attributes=0), Code.TD_REJECTED, _tdx
    ),
    BadCase.MIGRATABLE_TD: Bad(
        lambda good: replace(good, td_attributes=SEPT_VE_DISABLE | MIGRATABLE),
        Code.TD_REJECTED,
        _tdx,
    ),
    BadCase.RESERVED_TD_ATTRIBUTE: Bad(
        lambda good: replace(good, td_attributes=SEPT_VE_DISABLE | _RESERVED_TD_ATTRIBUTE),
        Code.TD_REJECTED,
        _tdx,
    ),
}

BAD_CASES: Final[Mapping[BadCase, Bad]] = MappingProxyType(
    {**_JUDGED, **_REVOKED, **_OUT_OF_TIME, **_MISPLACED, **_FORGED, **_EXPOSED}
)
