"""What a software quote shall say: a `Blueprint`, by default of a good one.

Every field that a verifier judges can be set, also to what it must refuse. Values only:
`issuer.issue` makes the bytes.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from enclave.attestation.development_root import LAST_SECOND, Window
from enclave.attestation.pck_extension import FMSPC_BYTES, PPID_BYTES
from enclave.attestation.types import (
    Measurement,
    PlatformFlags,
    SgxMeasurement,
    TcbStatus,
    TdxMeasurement,
    Tee,
    tee_of,
)
from enclave.errors import Code, Refusal

DAY: Final = 86_400
VALID_FOR: Final = 3_653 * DAY
"""Ten years: nothing refreshes the collateral of a software network (Intel's lasts 30 days)."""
DEFAULT_ISSUED_AT: Final = 1_767_225_600
"""2026-01-01T00:00:00Z, for whoever has no network's genesis at hand."""
SOFTWARE_FMSPC: Final = bytes.fromhex("5eedac700000")
"""One for all software platforms, so that a network needs one collateral. Never Intel's."""
MAX_EVALUATION_NUMBER: Final = 2**32 - 1
MAX_TD_ATTRIBUTES: Final = 2**64 - 1
MAX_SVN: Final = 2**16 - 1
MR_ENCLAVE_BYTES: Final = 32
MR_TD_BYTES: Final = 48
MR_SERVICE_TD_BYTES: Final = 48

SEPT_VE_DISABLE: Final = 1 << 28
"""TD attribute: no #VE on pages that are pending. Verifiers demand it."""
MIGRATABLE: Final = 1 << 29
"""TD attribute: the TD may be moved to another machine."""
_TD_DEBUG: Final = 1 << 0

NO_FLAGS: Final = PlatformFlags(dynamic_platform=False, cached_keys=False, smt_enabled=False)


class QuoteKind(enum.Enum):
    """The quotes that can be issued: TEE, quote version, body type (0 where v3, v4 have none)."""

    SGX_V3 = (Tee.SGX, 3, 0)
    TDX_V4 = (Tee.TDX, 4, 0)
    TDX_V5 = (Tee.TDX, 5, 2)
    """Body TD 1.0."""
    TDX_V5_TD15 = (Tee.TDX, 5, 3)
    TDX_V5_TD15_EX = (Tee.TDX, 5, 4)

    @property
    def tee(self) -> Tee:
        """The kind of environment that the quote is of."""
        return self.value[0]

    @property
    def version(self) -> int:
        """The quote's version."""
        return self.value[1]

    @property
    def body_type(self) -> int:
        """The body type that a v5 quote names, else 0."""
        return self.value[2]

    @property
    def is_td15(self) -> bool:
        """Whether the body is TD 1.5 or its extension: it then tells the TCB at launch and now."""
        return self in (QuoteKind.TDX_V5_TD15, QuoteKind.TDX_V5_TD15_EX)

    @property
    def text(self) -> str:
        """Name for users, such as `tdx-v5-td15`."""
        return self.name.lower().replace("_", "-")


class Piece(enum.Enum):
    """The signed pieces of evidence, in the order in which trust flows."""

    PCK_CA = enum.auto()
    TCB_SIGNER = enum.auto()
    PCK_LEAF = enum.auto()
    ROOT_CRL = enum.auto()
    PCK_CRL = enum.auto()
    TCB_INFO = enum.auto()
    QE_IDENTITY = enum.auto()
    QE_REPORT = enum.auto()
    QUOTE = enum.auto()


class PckCa(enum.StrEnum):
    """Intel's two authorities over PCK certificates; the name is part of their common name."""

    PLATFORM = "Platform"
    PROCESSOR = "Processor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """Everything about one quote and its collateral but report_data.

    Raises:
        Refusal: BAD_VALUE for a value that no quote can hold.
    """

    kind: QuoteKind
    measurement: Measurement
    chain_id: str = "seedpact-development"
    """The network whose development root signs."""
    ppid: bytes = bytes(PPID_BYTES)
    """16 bytes: the platform."""

    # What a policy judges.
    tcb_status: TcbStatus = TcbStatus.UP_TO_DATE
    """Of the platform. TD_RELAUNCH_* needs a TD 1.5 body: its module was updated since launch."""
    advisories: tuple[str, ...] = ()
    module_status: TcbStatus = TcbStatus.UP_TO_DATE
    """Of the TDX module: UP_TO_DATE, OUT_OF_DATE or REVOKED."""
    module_advisories: tuple[str, ...] = ()
    qe_status: TcbStatus = TcbStatus.UP_TO_DATE
    qe_advisories: tuple[str, ...] = ()
    evaluation_number: int = 17
    qe_evaluation_number: int | None = None
    """None: the same as `evaluation_number`, which is TCB info's."""
    fmspc: bytes = SOFTWARE_FMSPC
    """6 bytes: the platform's, in its PCK certificate."""
    platform: PlatformFlags = NO_FLAGS
    """A certificate of the Processor CA has no place for them."""

    # Times.
    issued_at: int = DEFAULT_ISSUED_AT
    valid_for: int = VALID_FOR
    """Seconds."""
    windows: Mapping[Piece, Window] = field(default_factory=dict)
    """Pieces whose window differs; QE report and quote have none."""

    # Certificates and signatures.
    pck_ca: PckCa = PckCa.PLATFORM
    pck_crl_ca: PckCa | None = None
    """The authority whose CRL the collateral has; None: that of the PCK certificate."""
    pck_chain_id: str | None = None
    """The network under whose root the quote's own certificates are; None: `chain_id`."""
    revoked: frozenset[Piece] = frozenset()
    """Of PCK_CA, TCB_SIGNER (on the root's CRL) and PCK_LEAF (on its authority's)."""
    forged: frozenset[Piece] = frozenset()
    """Pieces signed by a key that nobody vouches for."""

    # Collateral of something else.
    collateral_fmspc: bytes | None = None
    collateral_pce_id: bytes | None = None
    fmspc_upper_case: bool = True
    tcb_info_tee: Tee | None = None
    qe_identity_tee: Tee | None = None
    tcb_level_known: bool = True
    """False: TCB info has no level that the platform reaches."""
    qe_level_known: bool = True
    """False: QE identity has no level that the QE reaches."""
    module_known: bool = True
    """False: TCB info does not name the TDX module's version."""

    # The report and the QE.
    debug: bool = False
    qe_debug: bool = False
    qe_foreign: bool = False
    """The QE's mr_signer is not Intel's."""
    td_attributes: int = SEPT_VE_DISABLE
    """64 bits, without the debug bit."""
    mr_service_td: bytes = bytes(MR_SERVICE_TD_BYTES)
    """TD 1.5 bodies only."""

    def __post_init__(self) -> None:
        """Refuse what cannot be written down."""
        _require("a measurement of the quote's TEE, in full", holds=self._measurement_fits())
        for name, value, size in (
            ("PPID", self.ppid, PPID_BYTES),
            ("FMSPC", self.fmspc, FMSPC_BYTES),
            ("MRSERVICETD", self.mr_service_td, MR_SERVICE_TD_BYTES),
        ):
            _require(f"{name} of {size} bytes", holds=len(value) == size)
        _require("an issue date up to the year 9999", holds=0 <= self.issued_at <= LAST_SECOND)
        windows = (self.window(piece) for piece in Piece)
        in_order = all(0 <= window.start <= window.end <= LAST_SECOND for window in windows)
        _require("windows up to the year 9999 that end after their start", holds=in_order)
        numbers = (self.evaluation_number, self.evaluation_number_of_qe)
        in_range = all(0 <= number <= MAX_EVALUATION_NUMBER for number in numbers)
        _require("32-bit evaluation numbers", holds=in_range)
        _require("64 bits of TD attributes", holds=0 <= self.td_attributes <= MAX_TD_ATTRIBUTES)
        if self.tcb_status in RELAUNCH_PLATFORM_STATUS:
            _require("a TD 1.5 body for TDRelaunchAdvised", holds=self.kind.is_td15)

    @property
    def evaluation_number_of_qe(self) -> int:
        """QE identity's tcbEvaluationDataNumber."""
        number = self.qe_evaluation_number
        return self.evaluation_number if number is None else number

    @property
    def raw_td_attributes(self) -> bytes:
        """8 bytes, little-endian, with the debug bit."""
        return (self.td_attributes | (_TD_DEBUG if self.debug else 0)).to_bytes(8, "little")

    def _measurement_fits(self) -> bool:
        match self.measurement:
            case SgxMeasurement(mr_enclave, mr_signer, prod_id, svn):
                sizes = len(mr_enclave) == len(mr_signer) == MR_ENCLAVE_BYTES
                fits = sizes and 0 <= prod_id <= MAX_SVN and 0 <= svn <= MAX_SVN
            case TdxMeasurement(mr_td, rtmrs):
                fits = [len(register) for register in (mr_td, *rtmrs)] == [MR_TD_BYTES] * 5
        return fits and tee_of(self.measurement) is self.kind.tee

    def window(self, piece: Piece) -> Window:
        """When `piece` is valid: its own window, or that of all."""
        end = min(self.issued_at + self.valid_for, LAST_SECOND)
        return self.windows.get(piece, Window(self.issued_at, end))


# A TD 1.5 that runs a newer module than at its launch: the platform's status in TCB info, where
# the module was out of date at launch and is not now.
RELAUNCH_PLATFORM_STATUS: Final = {
    TcbStatus.TD_RELAUNCH_ADVISED: TcbStatus.UP_TO_DATE,
    TcbStatus.TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED: TcbStatus.CONFIGURATION_NEEDED,
}


def _require(expected: str, *, holds: bool) -> None:
    if not holds:
        raise Refusal(Code.BAD_VALUE, expected=expected, found="another value")
