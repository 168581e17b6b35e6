"""When a part of a collateral was issued, and what it says: by this the older of two is told.

Intel signs each part (two CRLs, TCB info, QE identity) anew now and then, and an old one keeps its
signature. Times are exact integers: they decide what a chain keeps.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from enclave.attestation.strict_json import parse_object
from enclave.errors import Code, Refusal

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_DATE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z", re.ASCII)
"""The one spelling that Intel's documents use (RFC 3339 in UTC, whole seconds)."""


_MAX_NUMBER: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Edition:
    """One issue of one part."""

    issued_at: int
    """Unix seconds: a CRL's thisUpdate, a document's issueDate."""
    number: int
    """A CRL's CRLNumber, 0 where it has none; a document's tcbEvaluationDataNumber."""
    statement: bytes
    """32 bytes: SHA-256 of what is signed. An ECDSA signature can be rewritten, this cannot."""

    @property
    def age(self) -> tuple[int, int]:
        """The greater, the newer."""
        return self.issued_at, self.number

    @staticmethod
    def of(signed: bytes, *, issued_at: int, number: int) -> Edition:
        """The edition whose signed bytes these are."""
        return Edition(issued_at, number, hashlib.sha256(signed).digest())


def unix_seconds(moment: datetime) -> int:
    """A time with a zone in whole unix seconds, rounded down."""
    return (moment - _EPOCH) // _SECOND


def read_date(text: str) -> int:
    """Unix seconds of a date such as `2026-01-31T08:00:00Z`.

    Raises:
        ValueError: for any other spelling, and for a day or time that does not exist.
    """
    parts = _DATE.fullmatch(text)
    if parts is None:
        raise ValueError("not YYYY-MM-DDThh:mm:ssZ")
    year, month, day, hour, minute, second = map(int, parts.groups())
    return unix_seconds(datetime(year, month, day, hour, minute, second, tzinfo=UTC))


def read_document(name: str, text: str) -> tuple[dict[str, object], Edition]:
    """The fields of a signed text, and its edition.

    Args:
        name: `tcb_info` or `qe_identity`.
        text: ASCII.

    Raises:
        Refusal: MALFORMED_COLLATERAL.
    """
    try:
        fields = parse_object(text)
    except ValueError as error:
        raise _malformed(f"{name} as one JSON object", str(error)) from None
    date, number = fields.get("issueDate"), fields.get("tcbEvaluationDataNumber")
    try:
        issued_at = read_date(date if isinstance(date, str) else "")
    except ValueError:
        expected = f"issueDate of {name} as YYYY-MM-DDThh:mm:ssZ"
        raise _malformed(expected, "another value") from None
    if type(number) is not int or not 0 <= number <= _MAX_NUMBER:
        expected = f"tcbEvaluationDataNumber of {name}, 32 bits"
        raise _malformed(expected, "another value")
    return fields, Edition.of(text.encode("ascii"), issued_at=issued_at, number=number)


def _malformed(expected: str, found: str) -> Refusal:
    return Refusal(Code.MALFORMED_COLLATERAL, expected=expected, found=found)
