"""The software attestor: same network, same collateral; and its quotes verify from genesis on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.attestation.attestor import Attestor
from enclave.attestation.collateral import Collateral
from enclave.attestation.development_root import LAST_SECOND, development_root_der
from enclave.attestation.types import Evidence, TcbStatus, Tee, VerifiedReport
from enclave.attestation.verifier import verify_quote
from enclave.crypto.labels import Mode
from enclave.errors import Code, Refusal
from enclave.software.attestor import SoftwareAttestor
from enclave.software.blueprint import DAY, QuoteKind
from tests.enclave.attestation.blueprints import (
    CHAIN_ID,
    MEASUREMENTS,
    REPORT_DATA,
    measurements,
    sized,
)

GENESIS = 1_800_000_000
TEN_YEARS = 10 * 365 * DAY


def attestor(kind: QuoteKind = QuoteKind.SGX_V3, ppid: bytes = bytes(16)) -> Attestor:
    """Typed as the Protocol: mypy checks that the class keeps it."""
    return SoftwareAttestor(measurement=MEASUREMENTS[kind.tee], ppid=ppid, kind=kind)


def verify(evidence: Evidence, *, chain_id: str = CHAIN_ID, now: int = GENESIS) -> VerifiedReport:
    root = development_root_der(chain_id)
    collateral = Collateral.parse(evidence.collateral)
    return verify_quote(evidence.quote, collateral, root_der=root, now=now)


@given(st.sampled_from(QuoteKind), sized(16), sized(64), st.data())
def test_law_quotes_verify_under_the_root_of_their_network(
    kind: QuoteKind, ppid: bytes, report_data: bytes, data: st.DataObject
) -> None:
    measurement = data.draw(measurements(kind.tee))
    genesis = data.draw(st.integers(0, LAST_SECOND))
    chain_id = data.draw(st.text("abcdefghij-0123456789", min_size=1, max_size=50))
    software = SoftwareAttestor(measurement=measurement, ppid=ppid, kind=kind)
    evidence = software.quote(report_data, chain_id=chain_id, genesis_time=genesis)

    # At the end of time the CRLs' last second is over: verify one before it.
    report = verify(evidence, chain_id=chain_id, now=min(genesis, LAST_SECOND - 1))
    assert report.report_data == report_data
    assert report.measurement == measurement == software.measurement()
    assert report.tcb_status is TcbStatus.UP_TO_DATE


@pytest.mark.parametrize("kind", list(QuoteKind))
def test_one_network_has_one_collateral(kind: QuoteKind) -> None:
    one = attestor(kind, b"\1" * 16).quote(REPORT_DATA, chain_id=CHAIN_ID, genesis_time=GENESIS)
    two = attestor(kind, b"\2" * 16).quote(REPORT_DATA, chain_id=CHAIN_ID, genesis_time=GENESIS)
    assert one.collateral == two.collateral
    assert one.quote != two.quote


def test_an_attestor_may_change_its_network_and_come_back() -> None:
    """A discarded KEYED enclave starts over elsewhere: nothing of the old network stays."""
    software = attestor()
    first = software.quote(REPORT_DATA, chain_id=CHAIN_ID, genesis_time=GENESIS)
    other = software.quote(REPORT_DATA, chain_id="other", genesis_time=GENESIS)
    later = software.quote(REPORT_DATA, chain_id=CHAIN_ID, genesis_time=GENESIS + 1)
    again = software.quote(REPORT_DATA, chain_id=CHAIN_ID, genesis_time=GENESIS)
    assert first == again
    assert len({first.collateral, other.collateral, later.collateral}) == 3
    with pytest.raises(Refusal) as refused:
        verify(other)
    assert refused.value.code is Code.UNTRUSTED_ROOT


@pytest.mark.parametrize("now", [GENESIS - DAY, GENESIS, GENESIS + TEN_YEARS])
def test_collateral_lives_from_the_day_before_genesis_for_ten_years(now: int) -> None:
    evidence = attestor().quote(REPORT_DATA, chain_id=CHAIN_ID, genesis_time=GENESIS)
    verify(evidence, now=now)
    with pytest.raises(Refusal) as refused:
        verify(evidence, now=GENESIS - DAY - 1)
    assert refused.value.code is Code.COLLATERAL_NOT_YET_VALID


def test_it_is_of_software_mode() -> None:
    assert attestor().mode is Mode.SOFTWARE


def test_a_measurement_of_another_tee_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        SoftwareAttestor(measurement=MEASUREMENTS[Tee.TDX], ppid=bytes(16), kind=QuoteKind.SGX_V3)
    assert refused.value.code is Code.BAD_VALUE


@pytest.mark.parametrize(
    ("report_data", "chain_id", "genesis_time", "code"),
    [
        (bytes(63), CHAIN_ID, GENESIS, Code.BAD_LENGTH),
        (REPORT_DATA, "", GENESIS, Code.BAD_VALUE),
        (REPORT_DATA, "ñ", GENESIS, Code.BAD_VALUE),
        (REPORT_DATA, CHAIN_ID, LAST_SECOND + DAY + 1, Code.BAD_VALUE),
    ],
)
def test_bad_requests_are_refused_and_change_nothing(
    report_data: bytes, chain_id: str, genesis_time: int, code: Code
) -> None:
    software = attestor()
    before = software.quote(REPORT_DATA, chain_id=CHAIN_ID, genesis_time=GENESIS)
    with pytest.raises(Refusal) as refused:
        software.quote(report_data, chain_id=chain_id, genesis_time=genesis_time)
    assert refused.value.code is code
    assert software.quote(REPORT_DATA, chain_id=CHAIN_ID, genesis_time=GENESIS) == before


def test_the_root_follows_from_the_name_alone() -> None:
    roots = {development_root_der(name) for name in ("a", "b", "a-b", CHAIN_ID)}
    assert len(roots) == 4
    assert development_root_der(CHAIN_ID) in roots


def test_a_mutated_quote_is_refused() -> None:
    """The quote signs every byte of header and body."""
    evidence = attestor().quote(REPORT_DATA, chain_id=CHAIN_ID, genesis_time=GENESIS)
    flipped = bytes([evidence.quote[200] ^ 1])
    quote = evidence.quote[:200] + flipped + evidence.quote[201:]
    with pytest.raises(Refusal) as refused:
        verify(replace(evidence, quote=quote))
    assert refused.value.code is Code.QUOTE_SIGNATURE_INVALID
