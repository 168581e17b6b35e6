"""Intel's own evidence of tests/vectors/dcap, with what each vector must give."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from enclave.attestation.collateral import Collateral
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.quote import strip_padding
from enclave.attestation.types import TcbStatus, Tee, VerifiedReport
from enclave.attestation.verifier import verify_quote
from enclave.errors import Code

FOLDER: Final = Path(__file__).parents[2] / "vectors" / "dcap"

# Our codes for the vectors that must fail at their own time; manifest.json has the library's texts.
REFUSED: Final = {
    "neg-sgx3-debug": Code.DEBUG_ENCLAVE,
    "neg-tdx5-service-td": Code.TD_REJECTED,
    "neg-tdx5-no-tcb-level": Code.TCB_LEVEL_NOT_FOUND,
    "neg-tdx4-wrong-tee-qe-identity": Code.COLLATERAL_MISMATCH,
    "neg-sgx3-secret-tcbinfo-v2": Code.MALFORMED_COLLATERAL,
}
PARSE_ONLY: Final = "parseonly-sgx3-quartz"


@dataclass(frozen=True)
class Vector:
    """One quote with its collateral and its verdict."""

    name: str
    tee: Tee
    version: int
    fmspc: bytes
    padded: bytes
    """As published: some with zero bytes after their end."""
    collateral: bytes
    time: int
    window: tuple[int, int]
    """First and last second at which it verifies."""
    ends_with: str
    """Which piece of the collateral ends the window."""
    status: TcbStatus | None
    """None where it must be refused."""
    advisories: tuple[str, ...]
    report_data: bytes
    code_hash: bytes
    """mr_enclave or mr_td."""

    @property
    def quote(self) -> bytes:
        """Of exact length."""
        return strip_padding(self.padded)

    def verify(self, *, now: int | None = None, quote: bytes | None = None) -> VerifiedReport:
        """Verify at its own time under Intel's root, unless told otherwise."""
        return verify_quote(
            self.quote if quote is None else quote,
            Collateral.parse(self.collateral),
            root_der=INTEL_SGX_ROOT_CA_DER,
            now=self.time if now is None else now,
        )


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _load() -> dict[str, Vector]:
    vectors = {}
    for entry in json.loads((FOLDER / "manifest.json").read_text()):
        name = entry["name"]
        if name == PARSE_ONLY:
            continue
        expect = entry["expect"]
        vectors[name] = Vector(
            name=name,
            tee=Tee[entry["tee"]],
            version=entry["version"],
            fmspc=bytes.fromhex(entry["fmspc"]),
            padded=(FOLDER / f"{name}.quote").read_bytes(),
            collateral=(FOLDER / f"{name}.collateral.json").read_bytes(),
            time=entry["verify_at"],
            window=(
                _seconds(entry["collateral_valid_from"]),
                _seconds(entry["collateral_valid_to"]),
            ),
            ends_with=entry["bound_to"],
            status=TcbStatus.from_text(expect["status"]) if expect["ok"] else None,
            advisories=tuple(expect.get("advisory_ids", ())),
            report_data=bytes.fromhex(entry["report_data"]),
            code_hash=bytes.fromhex(entry["measurement"]),
        )
    return vectors


VECTORS: Final = _load()
VERIFIED: Final = tuple(name for name, vector in VECTORS.items() if vector.status)
SGX: Final = VECTORS["sgx3-phala-2025"]
TDX4: Final = VECTORS["tdx4-phala-uptodate-2025"]
TDX5: Final = VECTORS["tdx5-td15-uptodate"]
