"""The measurement of software mode: what code an enclave process says it is.

SGX measures pages; software mode hashes the files of the enclave package. It proves nothing (the
process could run anything), but two builds of different code show different measurements, so
that policies and upgrades can be exercised. The walk over the files is `enclave/service`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from enclave.crypto.labels import Label, Mode, Name
from enclave.crypto.transcript import H
from enclave.errors import Code, Refusal

MEASURED_SUFFIX: Final = ".py"
"""Modules alone: caches, type stubs and `.proto` texts do not run."""

_LABEL: Final = Label(Mode.SOFTWARE, Name.SOFTWARE_MEASUREMENT)


def measure_files(files: Iterable[tuple[str, bytes]]) -> bytes:
    """32 bytes over the sorted paths and contents, each framed by its length.

    Args:
        files: pairs of path and content; paths are relative to the measured root, with `/`
            between the parts, so that the place of the installation does not count.

    Raises:
        Refusal: BAD_VALUE for no file at all, a path twice, or one outside ASCII.
    """
    ordered = sorted(files)
    paths = [path for path, _ in ordered]
    if not paths:
        raise Refusal(Code.BAD_VALUE, expected="files to measure", found="none")
    if len(set(paths)) != len(paths) or not all(path.isascii() for path in paths):
        expected = "each path once, in ASCII"
        raise Refusal(Code.BAD_VALUE, expected=expected, found=", ".join(paths))
    return H(_LABEL, *(field for file in ordered for field in file))
