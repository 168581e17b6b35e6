"""The libraries whose judgement every node of a network shares, in the versions that run here.

`cryptography` reads and verifies certificates and CRLs in each block, FinalizeBlock included: two
nodes with versions that differ over one certificate would part. So a node says what it runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Final

from cryptography.hazmat.backends.openssl import backend

CERTIFICATES: Final = "cryptography"
"""Judges X.509 in each block."""
JUDGES: Final = (CERTIFICATES, "dcap-qvl", "protobuf", "pynacl")
"""Certificates, quotes, encodings, signatures of upgrade keys and votes."""


def library_versions() -> Mapping[str, str]:
    """The version of each, by name."""
    return {name: version(name) for name in JUDGES}


def openssl_version() -> str:
    """The OpenSSL inside `cryptography`, such as `OpenSSL 4.0.3 25 Nov 2026`."""
    return backend.openssl_version_text()
