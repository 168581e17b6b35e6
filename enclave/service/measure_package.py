"""The files that software mode measures: every module of ours that an enclave process can load.

`enclave/**.py`, and of the generated modules those that the enclave imports. Paths count from
the folder that holds the package, so a source tree and an installed wheel measure alike.
Libraries and the interpreter are not measured; under Gramine the manifest lists them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import enclave
from enclave.attestation.measure import MEASURED_SUFFIX, measure_files
from seedpact.enclave.v1 import service_pb2

GENERATED: Final = (
    "enclave/v1/sealed_pb2.py",
    "enclave/v1/service_pb2.py",
    "enclave/v1/service_pb2_grpc.py",
    "registration/v1/types_pb2.py",
)
"""Modules of `seedpact` that the enclave imports; a test compares this with what it loads."""


def measure_package() -> bytes:
    """The 32-byte digest of this installation's enclave code.

    Raises:
        OSError: a file of the package cannot be read.
    """
    return measure_files(measured_files())


def measured_files() -> Iterator[tuple[str, bytes]]:
    """Pairs of relative path and content of every measured file."""
    package = Path(enclave.__path__[0])
    for module in package.rglob(f"*{MEASURED_SUFFIX}"):
        yield module.relative_to(package.parent).as_posix(), module.read_bytes()
    generated = Path(service_pb2.__file__).parents[2]
    for name in GENERATED:
        yield f"{generated.name}/{name}", (generated / name).read_bytes()
