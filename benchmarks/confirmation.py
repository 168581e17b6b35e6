"""Confirming 100 newcomers, over the raw primitives that it takes: in process, and through gRPC.

Raw: for each newcomer the library's bare verification, X25519, ML-KEM-768 decapsulation, HKDF and
AES-SIV, called directly with prepared keys and parsed collateral. In process: the request's bytes
through the table of methods. Through gRPC: a real process on the loopback.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from benchmarks.measure import CPU, WALL, Effort, Figure, alternate, milliseconds, ratio
from benchmarks.newcomers import COUNT, batch_for, check, founder_and_ledger, raw_primitives
from enclave.service.dispatch import METHODS
from tests.support.enclaves import CODE
from tests.support.process import EnclaveProcess, enclave_process
from tests.support.world import Ledger

IN_PROCESS_TARGET: Final = 1.3
GRPC_TARGET: Final = 1.5
CALLS: Final = 4
METHOD: Final = "ConfirmNodes"


def run(effort: Effort, *, count: int = COUNT) -> list[Figure]:
    """Both ways."""
    return [*_in_process(effort, count), *_through_grpc(effort, count)]


def _in_process(effort: Effort, count: int) -> list[Figure]:
    founder, ledger = founder_and_ledger()
    batch = batch_for(ledger, founder, count=count)
    check(METHODS[METHOD](founder.enclave, batch.request), count)
    seconds = alternate(
        {
            "ours": lambda: METHODS[METHOD](founder.enclave, batch.request),
            "raw": raw_primitives(batch),
        },
        effort=effort,
        clock=CPU,
    )
    return _figures(f"confirm {count} newcomers in process", seconds, IN_PROCESS_TARGET)


def _through_grpc(effort: Effort, count: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        options = ("--measurement", CODE.mr_enclave.hex())
        with enclave_process(Path(folder) / "home", *options) as process:
            return _with(process, effort, count)


def _with(process: EnclaveProcess, effort: Effort, count: int) -> list[Figure]:
    ledger = Ledger()
    ledger.bootstrap(process)
    batch = batch_for(ledger, process, count=count)
    check(process.raw(METHOD, batch.request), count)
    seconds = alternate(
        {"ours": lambda: process.raw(METHOD, batch.request), "raw": raw_primitives(batch)},
        effort=effort,
        clock=WALL,
    )
    return _figures(f"confirm {count} newcomers through gRPC", seconds, GRPC_TARGET)


def _figures(name: str, seconds: dict[str, list[float]], target: float) -> list[Figure]:
    return [
        milliseconds(name, seconds["ours"]),
        milliseconds(f"{name}: raw primitives", seconds["raw"]),
        ratio(f"{name}: over raw", seconds["ours"], seconds["raw"], at_most=target),
    ]
