"""`verify_quote` raises Refusal, or reports exactly what the unchanged evidence of a signer says.

And nothing else, for any quote and collateral: whatever bytes an attacker changes in genuine
evidence, no other measurement, report_data, platform or verdict comes out than Intel's keys (or
the development root's) signed, and evidence that is refused stays so.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from enclave.attestation.collateral import Collateral
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.limits import MAX_COLLATERAL_BYTES, MAX_QUOTE_BYTES
from enclave.attestation.types import VerifiedReport
from enclave.attestation.verifier import verify_quote
from enclave.errors import Refusal
from enclave.software.blueprint import DAY, Blueprint, QuoteKind
from enclave.software.issuer import issue
from node.attest.bad_cases import BAD_CASES, cases_of, spoil
from tests.enclave.attestation.blueprints import REPORT_DATA, ROOT, good
from tests.enclave.attestation.real_evidence import VECTORS
from tests.fuzz.evidence import mutate_collateral
from tests.fuzz.target import Mutation, require
from tests.fuzz.targets.quote import QuoteTarget

_SPOILT: Final = (QuoteKind.SGX_V3, QuoteKind.TDX_V5_TD15)
"""Kinds whose bad cases are seeds too."""


@dataclass(frozen=True)
class Subject:
    """Evidence as its signer made it, and where and when it is judged."""

    quote: bytes
    collateral: bytes
    root_der: bytes
    now: int
    refused: bool
    """What has to come of it."""


class EvidenceTarget:
    """The verifier. Input: number of the subject (1 byte), length of the quote (2), both."""

    max_bytes: Final = 3 + MAX_QUOTE_BYTES + MAX_COLLATERAL_BYTES

    def seeds(self) -> Iterable[bytes]:
        """Every subject, unchanged."""
        for number, subject in enumerate(subjects()):
            yield _join(number, subject.quote, subject.collateral)

    def check(self, data: bytes) -> None:
        """See the module."""
        number, quote, collateral = _split(data)
        subject = subjects()[number % len(subjects())]
        report = _verdict(quote, collateral, subject)
        unchanged = _verdict(subject.quote, subject.collateral, subject)
        require(holds=(unchanged is None) is subject.refused, rule="unchanged evidence is judged")
        if report is None or report == unchanged:
            return
        # The engine may have put the quote of one subject beside the collateral of another.
        signed = _signed_reports(subject.root_der, subject.now)
        require(holds=report in signed, rule="a report is what somebody signed")

    def mutate(self, data: bytes, mutation: Mutation) -> bytes:
        """The quote or the collateral, the other as it was."""
        number, quote, collateral = _split(data)
        if mutation.rng.random() < 0.5:
            quote = QuoteTarget().mutate(quote, mutation)[:MAX_QUOTE_BYTES]
        else:
            collateral = mutate_collateral(collateral, mutation)[:MAX_COLLATERAL_BYTES]
        return _join(number, quote, collateral)


@functools.cache
def subjects() -> tuple[Subject, ...]:
    """Intel's real evidence, and software evidence of every kind and spoilt in every way."""
    real = [
        Subject(
            quote=vector.quote,
            collateral=vector.collateral,
            root_der=INTEL_SGX_ROOT_CA_DER,
            now=vector.time,
            refused=vector.status is None,
        )
        for vector in VECTORS.values()
    ]
    software = [_software(good(kind), refused=False) for kind in QuoteKind]
    spoilt = [
        _software(spoil(good(kind), case), refused=BAD_CASES[case].refusal is not None)
        for kind in _SPOILT
        for case in cases_of(kind)
    ]
    return (*real, *software, *spoilt)


def _software(blueprint: Blueprint, *, refused: bool) -> Subject:
    evidence = issue(blueprint, REPORT_DATA)
    return Subject(
        quote=evidence.quote,
        collateral=evidence.collateral,
        root_der=ROOT,
        now=blueprint.issued_at + DAY,
        refused=refused,
    )


@functools.lru_cache(maxsize=256)
def _unchanged(quote: bytes, collateral: bytes, root_der: bytes, now: int) -> VerifiedReport | None:
    try:
        return verify_quote(quote, Collateral.parse(collateral), root_der=root_der, now=now)
    except Refusal:
        return None


def _verdict(quote: bytes, collateral: bytes, subject: Subject) -> VerifiedReport | None:
    return _unchanged(quote, collateral, subject.root_der, subject.now)


@functools.cache
def _signed_reports(root_der: bytes, now: int) -> frozenset[VerifiedReport]:
    """Every report that unchanged quotes and collaterals give under this root at this time."""
    of_root = [subject for subject in subjects() if subject.root_der == root_der]
    reports = (
        _unchanged(quoted.quote, endorsed.collateral, root_der, now)
        for quoted in of_root
        for endorsed in of_root
    )
    return frozenset(report for report in reports if report is not None)


def _join(number: int, quote: bytes, collateral: bytes) -> bytes:
    return bytes([number]) + len(quote).to_bytes(2, "little") + quote + collateral


def _split(data: bytes) -> tuple[int, bytes, bytes]:
    number = data[0] if data else 0
    end = 3 + int.from_bytes(data[1:3], "little")
    return number, data[3:end], data[end:]
