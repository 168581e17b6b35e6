"""Changes that spoil a blueprint, for the table of `bad_cases`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from enclave.attestation.development_root import LAST_SECOND, Window
from enclave.attestation.types import PlatformFlags, TcbStatus, Tee
from enclave.software.blueprint import DAY, Blueprint, PckCa, Piece

Change = Callable[[Blueprint], Blueprint]


def platform_status(status: TcbStatus) -> Change:
    """The platform's TCB level has this status."""
    return lambda good: replace(good, tcb_status=status)


def qe_status(status: TcbStatus) -> Change:
    """The quoting enclave's TCB level has this status."""
    return lambda good: replace(good, qe_status=status)


def module_status(status: TcbStatus) -> Change:
    """The TDX module's TCB level has this status."""
    return lambda good: replace(good, module_status=status)


def flags(*, dynamic: bool = False, cached: bool = False, smt: bool = False) -> Change:
    """The platform shows these flags, which only the Platform CA certifies."""
    shown = PlatformFlags(dynamic_platform=dynamic, cached_keys=cached, smt_enabled=smt)
    return lambda good: replace(good, platform=shown, pck_ca=PckCa.PLATFORM)


def revoked(piece: Piece) -> Change:
    """A certificate is on the CRL of its issuer."""
    return lambda good: replace(good, revoked=good.revoked | {piece})


def forged(piece: Piece) -> Change:
    """A piece is signed by a key that nobody vouches for."""
    return lambda good: replace(good, forged=good.forged | {piece})


def expired(piece: Piece) -> Change:
    """A piece is valid for a day or less, until the others start."""

    def change(good: Blueprint) -> Blueprint:
        window = Window(max(good.issued_at - DAY, 0), good.issued_at)
        return replace(good, windows={**good.windows, piece: window})

    return change


def from_future(piece: Piece) -> Change:
    """A piece is valid only from the end of the others on."""

    def change(good: Blueprint) -> Blueprint:
        start = min(good.issued_at + good.valid_for, LAST_SECOND - 1)
        return replace(good, windows={**good.windows, piece: Window(start, LAST_SECOND)})

    return change


def tcb_info_of_other_tee(good: Blueprint) -> Blueprint:
    """TCB info is about the other kind of TEE."""
    return replace(good, tcb_info_tee=_other(good.kind.tee))


def qe_identity_of_other_tee(good: Blueprint) -> Blueprint:
    """QE identity is that of the other TEE's quoting enclave."""
    return replace(good, qe_identity_tee=_other(good.kind.tee))


def crl_of_other_authority(good: Blueprint) -> Blueprint:
    """The PCK CRL is that of the authority that did not issue the PCK certificate."""
    other = PckCa.PROCESSOR if good.pck_ca is PckCa.PLATFORM else PckCa.PLATFORM
    return replace(good, pck_crl_ca=other)


def _other(tee: Tee) -> Tee:
    return Tee.SGX if tee is Tee.TDX else Tee.TDX
