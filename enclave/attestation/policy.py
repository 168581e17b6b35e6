"""Policy over verified reports: plain data, and predicates that compose (gates 5 and 6).

A predicate is one rule with one refusal. `predicates` turns a network's policy into gate 5; what a
policy can never widen is `check_floor` (protocol.md section 4). Empty means refuse: a policy that
lists no code or no status, and a combination of no predicates, let nobody in.

Not here: the freeze, epochs and ages (gate 2), whether upgrade keys signed (registration), and
everything that needs the chain's state (one use of a quote, one node a machine).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from enclave.attestation.types import Measurement, SgxMeasurement, TcbStatus, VerifiedReport
from enclave.errors import Code, Refusal


@dataclass(frozen=True, slots=True)
class UpgradeSignature:
    """One upgrade key's signature under an approval: 32 and 64 bytes, Ed25519."""

    key: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class UpgradeApproval:
    """A statement of the floor's upgrade keys that code may join; unverified here."""

    serial: int
    measurement: Measurement
    signatures: tuple[UpgradeSignature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A network's policy, as `seedpact.registration.v1.Policy` has it. It narrows the floor."""

    serial: int
    """Rises by one with each change."""
    frozen: bool
    """Nobody registers, nothing is confirmed."""
    measurements: tuple[Measurement, ...]
    """Code that may join; empty refuses everybody."""
    tcb_statuses: tuple[TcbStatus, ...]
    """Statuses that are accepted; empty refuses everybody."""
    advisories: tuple[str, ...]
    """Advisory ids that are accepted."""
    minimum_evaluation_number: int
    """Of TCB info and QE identity both."""
    denied_fmspcs: tuple[bytes, ...]
    """6 bytes each."""
    max_quote_age_blocks: int
    require_machine_list: bool
    one_node_per_machine: bool
    """The chain's rule alone."""
    allow_dynamic_platform: bool
    allow_cached_keys: bool
    allow_smt: bool
    upgrades: tuple[UpgradeApproval, ...]


class Predicate(Protocol):
    """One rule over a verified report."""

    def check(self, report: VerifiedReport) -> None:
        """Returns where the rule holds.

        Raises:
            Refusal: where it does not.
        """
        ...


def predicates(policy: Policy) -> AllOf:
    """Gate 5 of protocol.md section 5, in its order, for one policy."""
    return AllOf(
        (
            MeasurementIn(policy.measurements),
            TcbStatusIn(policy.tcb_statuses),
            AdvisoriesIn(policy.advisories),
            MinimumEvaluationNumber(policy.minimum_evaluation_number),
            FmspcNotDenied(policy.denied_fmspcs),
            PlatformFlagsAllowed(
                dynamic_platform=policy.allow_dynamic_platform,
                cached_keys=policy.allow_cached_keys,
                smt=policy.allow_smt,
            ),
        )
    )


def check_floor(
    report: VerifiedReport,
    *,
    worst_tcb_status: TcbStatus,
    own: Measurement,
    approved: Collection[Measurement],
) -> None:
    """What no policy can widen (protocol.md section 4).

    Args:
        report: the newcomer's.
        worst_tcb_status: the floor's.
        own: the measurement of the enclave that decides.
        approved: measurements that t of the floor's upgrade keys signed for this network.

    Raises:
        Refusal: BELOW_FLOOR or MEASUREMENT_UNSIGNED.
    """
    if report.tcb_status > worst_tcb_status:
        expected = f"{worst_tcb_status.text} or better"
        raise Refusal(Code.BELOW_FLOOR, expected=expected, found=report.tcb_status.text)
    # Exactly equal: the floor knows no minimum isv_svn, whatever a policy says.
    if report.measurement != own and report.measurement not in approved:
        expected = "this enclave's own code, or code that the upgrade keys signed"
        found = report.measurement.encoded.hex()
        raise Refusal(Code.MEASUREMENT_UNSIGNED, expected=expected, found=found)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every predicate holds. Of no predicates: refuses."""

    children: Sequence[Predicate]

    def check(self, report: VerifiedReport) -> None:
        """Raises the refusal of the first predicate that does not hold, or EMPTY_POLICY."""
        _check_not_empty(self.children, "predicates")
        for child in self.children:
            child.check(report)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one predicate holds. Of no predicates: refuses."""

    children: Sequence[Predicate]

    def check(self, report: VerifiedReport) -> None:
        """Raises the refusal of the last predicate where none holds, or EMPTY_POLICY."""
        _check_not_empty(self.children, "predicates")
        for child in self.children[:-1]:
            try:
                child.check(report)
            except Refusal:
                continue
            return
        self.children[-1].check(report)


@dataclass(frozen=True, slots=True)
class MeasurementIn:
    """The code is listed.

    SGX: mr_enclave, mr_signer and isv_prod_id equal, isv_svn at least the listed one. The signer
    alone never matches: whoever signs could sign a leaker. TDX: mr_td and all four RTMRs equal.
    """

    measurements: Sequence[Measurement]

    def check(self, report: VerifiedReport) -> None:
        """Raises MEASUREMENT_NOT_ALLOWED or EMPTY_POLICY."""
        self.check_measurement(report.measurement)

    def check_measurement(self, measurement: Measurement) -> None:
        """The same for a recorded measurement. Raises as `check`."""
        _check_not_empty(self.measurements, "measurements")
        if not any(runs(measurement, listed) for listed in self.measurements):
            expected = f"one of {len(self.measurements)} listed measurements"
            found = measurement.encoded.hex()
            raise Refusal(Code.MEASUREMENT_NOT_ALLOWED, expected=expected, found=found)


@dataclass(frozen=True, slots=True)
class TcbStatusIn:
    """The platform's TCB status is listed. Revoked never holds, listed or not."""

    statuses: Sequence[TcbStatus]

    def check(self, report: VerifiedReport) -> None:
        """Raises TCB_STATUS_NOT_ALLOWED or EMPTY_POLICY."""
        _check_not_empty(self.statuses, "TCB statuses")
        allowed = [status for status in self.statuses if status is not TcbStatus.REVOKED]
        if report.tcb_status not in allowed:
            expected = "one of " + ", ".join(status.text for status in allowed)
            found = report.tcb_status.text
            raise Refusal(Code.TCB_STATUS_NOT_ALLOWED, expected=expected, found=found)


@dataclass(frozen=True, slots=True)
class AdvisoriesIn:
    """Every advisory of the platform's TCB level is listed. An empty list takes none."""

    advisories: Collection[str]

    def check(self, report: VerifiedReport) -> None:
        """Raises ADVISORY_NOT_ALLOWED."""
        unlisted = [name for name in report.advisories if name not in self.advisories]
        if unlisted:
            expected = "listed advisories alone"
            found = ", ".join(unlisted)
            raise Refusal(Code.ADVISORY_NOT_ALLOWED, expected=expected, found=found)


@dataclass(frozen=True, slots=True)
class MinimumEvaluationNumber:
    """The collateral is not older than the network asks: TCB info and QE identity both."""

    minimum: int

    def check(self, report: VerifiedReport) -> None:
        """Raises EVALUATION_NUMBER_TOO_LOW."""
        if report.evaluation_number < self.minimum:
            expected = f"tcbEvaluationDataNumber {self.minimum} or higher"
            found = str(report.evaluation_number)
            raise Refusal(Code.EVALUATION_NUMBER_TOO_LOW, expected=expected, found=found)


@dataclass(frozen=True, slots=True)
class FmspcNotDenied:
    """The CPU family is not denied. An empty list denies none."""

    denied: Collection[bytes]

    def check(self, report: VerifiedReport) -> None:
        """Raises FMSPC_DENIED."""
        if report.fmspc in self.denied:
            expected = "an FMSPC that is not denied"
            raise Refusal(Code.FMSPC_DENIED, expected=expected, found=report.fmspc.hex())


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformFlagsAllowed:
    """Each platform flag that is set in the PCK certificate is allowed."""

    dynamic_platform: bool
    cached_keys: bool
    smt: bool

    def check(self, report: VerifiedReport) -> None:
        """Raises PLATFORM_FLAG_NOT_ALLOWED."""
        flags = (
            ("dynamic platform", report.platform.dynamic_platform, self.dynamic_platform),
            ("cached keys", report.platform.cached_keys, self.cached_keys),
            ("SMT", report.platform.smt_enabled, self.smt),
        )
        for name, found, allowed in flags:
            if found and not allowed:
                expected = f"a platform without {name}"
                raise Refusal(Code.PLATFORM_FLAG_NOT_ALLOWED, expected=expected, found=name)


@dataclass(frozen=True, slots=True)
class MachineListed:
    """The machine is on the network's list (gate 6). An empty list takes none."""

    platform_ids: Collection[bytes] = field(repr=False)

    def check(self, report: VerifiedReport) -> None:
        """Raises MACHINE_NOT_LISTED."""
        if report.platform_id not in self.platform_ids:
            expected = f"one of {len(self.platform_ids)} listed machines"
            found = report.platform_id.hex()
            raise Refusal(Code.MACHINE_NOT_LISTED, expected=expected, found=found)


@dataclass(frozen=True, slots=True)
class UnsafeAcceptAny:
    """Takes every verified report. For tests and for looking at evidence; no network uses it."""

    def check(self, report: VerifiedReport) -> None:
        """Never raises."""


def runs(found: Measurement, listed: Measurement) -> bool:
    """Whether `found` is the listed code, or a later isv_svn of it."""
    if isinstance(found, SgxMeasurement) and isinstance(listed, SgxMeasurement):
        return (
            found.mr_enclave == listed.mr_enclave
            and found.mr_signer == listed.mr_signer
            and found.isv_prod_id == listed.isv_prod_id
            and found.isv_svn >= listed.isv_svn
        )
    return found == listed


def _check_not_empty(entries: Sequence[object], name: str) -> None:
    if not entries:
        expected = f"a policy that lists {name}"
        raise Refusal(Code.EMPTY_POLICY, expected=expected, found="an empty list")
