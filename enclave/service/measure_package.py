"""Reads the files whose hash is the measurement of software mode (`attestation.measure`)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import enclave
from enclave.attestation.measure import MEASURED_SUFFIX, measure_files
from enclave.errors import Code, Refusal, words_of
from seedpact.enclave.v1 import service_pb2

MESSAGES: Final = (
    "seedpact/enclave",
    "seedpact/ics23",
    "seedpact/light",
    "seedpact/registration",
)
"""Generated code that the enclave runs, under the root that holds `seedpact`."""


def measure_package() -> bytes:
    """32 bytes over every module of the enclave package and of its protobuf messages.

    Raises:
        Refusal: STORAGE_FAILED, where the code cannot be read back.
    """
    package = Path(enclave.__path__[0])
    messages = Path(service_pb2.__file__).parents[3]
    roots = [(package.parent, package), *((messages, messages / name) for name in MESSAGES)]
    try:
        files = [
            (path.relative_to(base).as_posix(), path.read_bytes())
            for base, root in roots
            for path in root.rglob(f"*{MEASURED_SUFFIX}")
        ]
    except OSError as error:
        raise Refusal(
            Code.STORAGE_FAILED,
            expected="the enclave's own code to be readable",
            found=words_of(error),
        ) from None
    return measure_files(files)
