"""What the verification library says about a quote it accepted, as plain typed values.

The edge where the library's JSON comes in: everything is checked for type and size, so that no
text of a library or of a hostile certificate travels further. No judgement here.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from enclave.attestation.limits import MAX_ADVISORIES, MAX_ADVISORY_CHARACTERS
from enclave.attestation.quote_layout import BodyKind
from enclave.attestation.types import (
    Measurement,
    PlatformFlags,
    SgxMeasurement,
    TcbStatus,
    TdxMeasurement,
)
from enclave.errors import Code, Refusal

PPID_BYTES: Final = 16

_ADVISORY: Final = re.compile(rf"[A-Z0-9-]{{1,{MAX_ADVISORY_CHARACTERS}}}")
_KIND_BY_NAME: Final = {
    "SgxEnclave": BodyKind.SGX_ENCLAVE,
    "TD10": BodyKind.TD10,
    "TD15": BodyKind.TD15,
    "TD15Ex": BodyKind.TD15_EX,
}
_FLAG: Final = {"True": True, "False": False, "Undefined": False}


@dataclass(frozen=True, slots=True)
class Claims:
    """The library's reading of one accepted quote."""

    version: int
    kind: BodyKind
    measurement: Measurement
    report_data: bytes
    attributes: bytes
    """SGX ATTRIBUTES (16 bytes) or TDATTRIBUTES (8 bytes)."""
    tcb_status: TcbStatus
    advisories: tuple[str, ...]
    """Sorted, unique."""
    evaluation_number: int
    fmspc: bytes
    pce_id: bytes
    platform_id: bytes
    """32 bytes: SHA-256 of the PPID (attestation.md trap 4)."""
    platform: PlatformFlags


def read_claims(text: str) -> Claims:
    """The claims in the library's JSON.

    Raises:
        Refusal: QUOTE_UNVERIFIABLE where it is not what version 1 of the claims looks like;
            MALFORMED_COLLATERAL for advisories that are no ids; CERTIFICATE_INVALID for a PPID of
            the wrong size.
    """
    try:
        return _read(json.loads(text))
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError):
        expected = "claims of the verification library in version 1"
        raise Refusal(Code.QUOTE_UNVERIFIABLE, expected=expected, found="another form") from None


def _read(claims: Any) -> Claims:  # noqa: ANN401 (the library's JSON)
    if claims["claims_version"] != 1:
        raise ValueError("version")
    ((name, report),) = claims["report"].items()
    kind = _KIND_BY_NAME[name]
    for _ in range(kind - BodyKind.TD10):
        report = report["base"]
    tcb, pck = claims["tcb"], claims["platform"]["pck"]
    sgx = kind is BodyKind.SGX_ENCLAVE
    return Claims(
        version=int(claims["header"]["version"]),
        kind=kind,
        measurement=_read_sgx(report) if sgx else _read_tdx(report),
        report_data=bytes.fromhex(report["report_data"]),
        attributes=bytes.fromhex(report["attributes" if sgx else "td_attributes"]),
        tcb_status=TcbStatus.from_text(tcb["status"]),
        advisories=_read_advisories(tcb["advisory_ids"]),
        evaluation_number=int(tcb["eval_data_number"]),
        fmspc=bytes(pck["fmspc"]),
        pce_id=bytes(pck["pce_id"]),
        platform_id=_platform_id(bytes(pck["ppid"])),
        platform=PlatformFlags(
            dynamic_platform=_FLAG[pck["dynamic_platform"]],
            cached_keys=_FLAG[pck["cached_keys"]],
            smt_enabled=_FLAG[pck["smt_enabled"]],
        ),
    )


def _read_sgx(report: dict[str, Any]) -> SgxMeasurement:
    return SgxMeasurement(
        mr_enclave=bytes.fromhex(report["mr_enclave"]),
        mr_signer=bytes.fromhex(report["mr_signer"]),
        isv_prod_id=int(report["isv_prod_id"]),
        isv_svn=int(report["isv_svn"]),
    )


def _read_tdx(report: dict[str, Any]) -> TdxMeasurement:
    first, second, third, fourth = (bytes.fromhex(report[f"rt_mr{n}"]) for n in range(4))
    return TdxMeasurement(
        mr_td=bytes.fromhex(report["mr_td"]), rtmrs=(first, second, third, fourth)
    )


def _read_advisories(texts: list[str]) -> tuple[str, ...]:
    if len(texts) > MAX_ADVISORIES or not all(_ADVISORY.fullmatch(text) for text in texts):
        expected = f"at most {MAX_ADVISORIES} advisory ids"
        raise Refusal(Code.MALFORMED_COLLATERAL, expected=expected, found="other texts")
    return tuple(sorted(set(texts)))


def _platform_id(ppid: bytes) -> bytes:
    if len(ppid) != PPID_BYTES:
        expected = f"a PPID of {PPID_BYTES} bytes in the PCK certificate"
        raise Refusal(Code.CERTIFICATE_INVALID, expected=expected, found=f"{len(ppid)} bytes")
    return hashlib.sha256(ppid).digest()
