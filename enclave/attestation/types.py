"""Plain values of attestation, shared by parsing, verification, policy and issuing.

Enum numbers are those of `seedpact.registration.v1` (a test compares them). Trust is in the type:
a `VerifiedReport` comes only out of `verifier.verify_quote`; a parsed quote is something else.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

REPORT_DATA_BYTES: Final = 64


class Tee(enum.IntEnum):
    """The kind of trusted execution environment."""

    SGX = 1
    TDX = 2


class TcbStatus(enum.IntEnum):
    """Intel's verdict over a platform's patch level; the number is our order of severity."""

    UP_TO_DATE = 1
    SW_HARDENING_NEEDED = 2
    CONFIGURATION_NEEDED = 3
    CONFIGURATION_AND_SW_HARDENING_NEEDED = 4
    TD_RELAUNCH_ADVISED = 5
    TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED = 6
    OUT_OF_DATE = 7
    OUT_OF_DATE_CONFIGURATION_NEEDED = 8
    REVOKED = 9

    @property
    def text(self) -> str:
        """Intel's spelling, as TCB info has it."""
        return _STATUS_TEXT[self]

    @staticmethod
    def from_text(text: str) -> TcbStatus:
        """The status that Intel spells so. Raises KeyError for any other text."""
        return _STATUS_BY_TEXT[text]


_STATUS_TEXT: Final = {
    TcbStatus.UP_TO_DATE: "UpToDate",
    TcbStatus.SW_HARDENING_NEEDED: "SWHardeningNeeded",
    TcbStatus.CONFIGURATION_NEEDED: "ConfigurationNeeded",
    TcbStatus.CONFIGURATION_AND_SW_HARDENING_NEEDED: "ConfigurationAndSWHardeningNeeded",
    TcbStatus.TD_RELAUNCH_ADVISED: "TDRelaunchAdvised",
    TcbStatus.TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED: "TDRelaunchAdvisedConfigurationNeeded",
    TcbStatus.OUT_OF_DATE: "OutOfDate",
    TcbStatus.OUT_OF_DATE_CONFIGURATION_NEEDED: "OutOfDateConfigurationNeeded",
    TcbStatus.REVOKED: "Revoked",
}
_STATUS_BY_TEXT: Final = {text: status for status, text in _STATUS_TEXT.items()}


@dataclass(frozen=True, slots=True)
class SgxMeasurement:
    """Identity of code in an SGX enclave: 32 and 32 bytes, two 16-bit integers."""

    mr_enclave: bytes
    mr_signer: bytes
    isv_prod_id: int
    isv_svn: int

    @property
    def encoded(self) -> bytes:
        """68 bytes as Phala writes it: mr_enclave, prod id and svn little-endian, mr_signer."""
        ids = self.isv_prod_id.to_bytes(2, "little") + self.isv_svn.to_bytes(2, "little")
        return self.mr_enclave + ids + self.mr_signer


@dataclass(frozen=True, slots=True)
class TdxMeasurement:
    """Identity of code in a TDX trust domain: 48 bytes and four times 48 bytes."""

    mr_td: bytes
    rtmrs: tuple[bytes, bytes, bytes, bytes]

    @property
    def encoded(self) -> bytes:
        """240 bytes: mr_td and RTMR0 to RTMR3."""
        return self.mr_td + b"".join(self.rtmrs)


Measurement = SgxMeasurement | TdxMeasurement


def tee_of(measurement: Measurement) -> Tee:
    """The kind of environment in which code of this measurement runs."""
    return Tee.SGX if isinstance(measurement, SgxMeasurement) else Tee.TDX


@dataclass(frozen=True, slots=True)
class PlatformFlags:
    """Flags of the PCK certificate; an undefined flag counts as clear."""

    dynamic_platform: bool
    cached_keys: bool
    smt_enabled: bool


@dataclass(frozen=True, slots=True)
class VerifiedReport:
    """What a genuine quote says (gate 3 passed, not debug). Made by `verify_quote` alone."""

    tee: Tee
    version: int
    measurement: Measurement
    report_data: bytes
    """64 bytes."""
    tcb_status: TcbStatus
    advisories: tuple[str, ...]
    """Sorted, unique."""
    evaluation_number: int
    """The smaller of TCB info's and QE identity's tcbEvaluationDataNumber."""
    fmspc: bytes
    """6 bytes."""
    platform_id: bytes
    """32 bytes: SHA-256 of the PPID."""
    platform: PlatformFlags
    attestation_id: bytes
    """32 bytes: SHA-256 of the header and body that the quote signs."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quote with its collateral (JSON), or b"" where the host has to fetch it."""

    quote: bytes
    collateral: bytes
