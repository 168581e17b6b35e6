"""Verifying one quote: `verify_quote` over the library's bare call.

Ours: parse the quote strictly, verify, read the report, and every check that the library leaves
out. Bare: `dcap_qvl.verify_with_root_ca` on the collateral as the library keeps it, its report
thrown away unread. Collateral is parsed once, outside of both. Real evidence of Intel's.
"""

from __future__ import annotations

from typing import Final

import dcap_qvl

from benchmarks.measure import CPU, Effort, Figure, alternate, milliseconds, ratio
from enclave.attestation.collateral import Collateral
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.library_report import for_library
from enclave.attestation.verifier import verify_quote
from tests.enclave.attestation.real_evidence import SGX, TDX4, TDX5, Vector

TARGET: Final = 1.15
CALLS: Final = 200


def run(effort: Effort) -> list[Figure]:
    """For SGX version 3, TDX versions 4 and 5."""
    return [figure for vector in (SGX, TDX4, TDX5) for figure in _figures(vector, effort)]


def _figures(vector: Vector, effort: Effort) -> list[Figure]:
    raw, now = vector.quote, vector.time
    collateral = Collateral.parse(vector.collateral)
    library = for_library(collateral.content)
    seconds = alternate(
        {
            "ours": lambda: verify_quote(raw, collateral, root_der=INTEL_SGX_ROOT_CA_DER, now=now),
            "bare": lambda: dcap_qvl.verify_with_root_ca(raw, library, INTEL_SGX_ROOT_CA_DER, now),
        },
        effort=effort,
        clock=CPU,
    )
    name = f"verify a quote, {vector.tee.name} v{vector.version}"
    return [
        milliseconds(f"{name}: verify_quote", seconds["ours"]),
        milliseconds(f"{name}: bare dcap-qvl", seconds["bare"]),
        ratio(f"{name}: over bare", seconds["ours"], seconds["bare"], at_most=TARGET),
    ]
