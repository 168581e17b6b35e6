"""Good blueprints and hypothesis strategies for them, shared by tests of attestation."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from enclave.attestation.collateral import Collateral
from enclave.attestation.development_root import development_root_der
from enclave.attestation.types import (
    Evidence,
    Measurement,
    PlatformFlags,
    SgxMeasurement,
    TcbStatus,
    TdxMeasurement,
    Tee,
    VerifiedReport,
)
from enclave.attestation.verifier import verify_quote
from enclave.software.blueprint import DAY, Blueprint, PckCa, QuoteKind

CHAIN_ID: Final = "seedpact-test"
ROOT: Final = development_root_der(CHAIN_ID)
MEASUREMENTS: Final[dict[Tee, Measurement]] = {
    Tee.SGX: SgxMeasurement(b"\x11" * 32, b"\x22" * 32, 3, 0x0405),
    Tee.TDX: TdxMeasurement(b"\x11" * 48, (b"\x20" * 48, b"\x21" * 48, b"\x22" * 48, b"\x23" * 48)),
}
REPORT_DATA: Final = bytes(range(64))
LATEST_ISSUE: Final = 4_102_444_800
"""2100-01-01: past 2050, where X.509 changes its encoding of times."""


def good(kind: QuoteKind) -> Blueprint:
    """A good blueprint of the test network."""
    return Blueprint(
        kind=kind, measurement=MEASUREMENTS[kind.tee], chain_id=CHAIN_ID, ppid=b"\x99" * 16
    )


def verify(evidence: Evidence, blueprint: Blueprint, *, root: bytes = ROOT) -> VerifiedReport:
    """Verify as a chain would one day after the collateral's issue."""
    now = blueprint.issued_at + DAY
    collateral = Collateral.parse(evidence.collateral)
    return verify_quote(evidence.quote, collateral, root_der=root, now=now)


def sized(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


def measurements(tee: Tee) -> st.SearchStrategy[Measurement]:
    if tee is Tee.SGX:
        sixteen_bits = st.integers(0, 2**16 - 1)
        return st.builds(SgxMeasurement, sized(32), sized(32), sixteen_bits, sixteen_bits)
    return st.builds(TdxMeasurement, sized(48), st.tuples(*[sized(48)] * 4))


def statuses(kind: QuoteKind) -> st.SearchStrategy[TcbStatus]:
    """Every status that a verified quote of this kind can have."""
    relaunch = (TcbStatus.TD_RELAUNCH_ADVISED, TcbStatus.TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED)
    excluded = {TcbStatus.REVOKED, *(() if kind.is_td15 else relaunch)}
    return st.sampled_from([status for status in TcbStatus if status not in excluded])


advisories = st.lists(
    st.integers(1, 99_999).map("INTEL-SA-{:05d}".format), unique=True, max_size=4
).map(tuple)
flags = st.builds(PlatformFlags, st.booleans(), st.booleans(), st.booleans())


@st.composite
def blueprints(draw: st.DrawFn, kinds: tuple[QuoteKind, ...] = tuple(QuoteKind)) -> Blueprint:
    """Blueprints of quotes that verify, whatever a policy thinks of them."""
    kind = draw(st.sampled_from(kinds))
    return Blueprint(
        kind=kind,
        measurement=draw(measurements(kind.tee)),
        chain_id=CHAIN_ID,
        ppid=draw(sized(16)),
        tcb_status=draw(statuses(kind)),
        advisories=draw(advisories),
        evaluation_number=draw(st.integers(0, 2**32 - 1)),
        qe_evaluation_number=draw(st.none() | st.integers(0, 2**32 - 1)),
        fmspc=draw(sized(6)),
        fmspc_upper_case=draw(st.booleans()),
        platform=draw(flags),
        pck_ca=draw(st.sampled_from(PckCa)),
        issued_at=draw(st.integers(0, LATEST_ISSUE)),
    )
