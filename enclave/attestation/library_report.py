"""What the verification library read in a quote that it accepted, as plain typed values.

The edge where the library's JSON comes in: everything is checked for type, so that no text of a
library travels further. No judgement here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from enclave.attestation.limits import MAX_ADVISORIES, MAX_ADVISORY_CHARACTERS
from enclave.attestation.quote_layout import BodyKind
from enclave.attestation.types import Measurement, SgxMeasurement, TcbStatus, TdxMeasurement
from enclave.errors import Code, Refusal

_ADVISORY: Final = re.compile(rf"[A-Z0-9-]{{1,{MAX_ADVISORY_CHARACTERS}}}")
_KIND_BY_NAME: Final = {
    "SgxEnclave": BodyKind.SGX_ENCLAVE,
    "TD10": BodyKind.TD10,
    "TD15": BodyKind.TD15,
    "TD15Ex": BodyKind.TD15_EX,
}


@dataclass(frozen=True, slots=True)
class LibraryReport:
    """The library's reading of one accepted quote."""

    kind: BodyKind
    measurement: Measurement
    report_data: bytes
    attributes: bytes
    """SGX ATTRIBUTES (16 bytes) or TDATTRIBUTES (8 bytes)."""
    tcb_status: TcbStatus
    advisories: tuple[str, ...]
    """Sorted, unique."""
    ppid: bytes


def read_report(text: str) -> LibraryReport:
    """The report in the library's JSON.

    Raises:
        Refusal: QUOTE_UNVERIFIABLE where it is not what version 0.7 writes; MALFORMED_COLLATERAL
            for advisories that are no ids.
    """
    try:
        return _read(json.loads(text))
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        expected = "a report of the verification library, version 0.7"
        raise Refusal(Code.QUOTE_UNVERIFIABLE, expected=expected, found="another form") from None


def _read(report: dict[str, Any]) -> LibraryReport:
    ((name, body),) = report["report"].items()
    kind = _KIND_BY_NAME[name]
    # TD 1.5 wraps TD 1.0, and 1.5-ex wraps 1.5.
    for _ in range(kind - BodyKind.TD10):
        body = body["base"]
    is_sgx = kind is BodyKind.SGX_ENCLAVE
    return LibraryReport(
        kind=kind,
        measurement=_read_sgx(body) if is_sgx else _read_tdx(body),
        report_data=bytes.fromhex(body["report_data"]),
        attributes=bytes.fromhex(body["attributes" if is_sgx else "td_attributes"]),
        tcb_status=TcbStatus.from_text(report["status"]),
        advisories=_read_advisories(report["advisory_ids"]),
        ppid=bytes.fromhex(report["ppid"]),
    )


def _read_sgx(body: dict[str, Any]) -> SgxMeasurement:
    return SgxMeasurement(
        mr_enclave=bytes.fromhex(body["mr_enclave"]),
        mr_signer=bytes.fromhex(body["mr_signer"]),
        isv_prod_id=int(body["isv_prod_id"]),
        isv_svn=int(body["isv_svn"]),
    )


def _read_tdx(body: dict[str, Any]) -> TdxMeasurement:
    first, second, third, fourth = (bytes.fromhex(body[f"rt_mr{n}"]) for n in range(4))
    return TdxMeasurement(mr_td=bytes.fromhex(body["mr_td"]), rtmrs=(first, second, third, fourth))


def _read_advisories(texts: list[str]) -> tuple[str, ...]:
    if len(texts) > MAX_ADVISORIES or not all(_ADVISORY.fullmatch(text) for text in texts):
        expected = f"at most {MAX_ADVISORIES} advisory ids"
        raise Refusal(Code.MALFORMED_COLLATERAL, expected=expected, found="other texts")
    return tuple(sorted(set(texts)))
