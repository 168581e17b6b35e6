"""The platform behind a quote: what a verified PCK certificate says about its machine.

Intel SGX PCK Certificate and CRL Profile Specification 1.5, section 1.3.5; `pck_extension` writes
it. The platform's identity is the PPID alone: the rest changes when Intel reissues the certificate
(attestation.md trap 4).

Each value is found by its encoded identifier, type and length, which must be there once; parsing
the certificate anew would cost a twentieth of verifying the quote. The chain's gates read a leaf
before anybody has verified it, so any bytes give a platform or a refusal. Gate 3 compares PPID and
FMSPC with what the library parsed of a leaf that it accepted.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from enclave.attestation.pck_extension import FMSPC_BYTES, PPID_BYTES
from enclave.attestation.types import PlatformFlags
from enclave.errors import Code, Refusal

PCE_ID_BYTES: Final = 2

_OID: Final = bytes.fromhex("2a864886f84d010d01")
"""1.2.840.113741.1.13.1 as content of an OBJECT IDENTIFIER; each arc below adds a byte."""

# X.690 8.1.2.
_BOOLEAN: Final = 0x01
_OCTET_STRING: Final = 0x04
_OBJECT_IDENTIFIER: Final = 0x06


def _head(arcs: bytes, tag: int, size: int) -> bytes:
    """How a value of `size` bytes starts: its identifier, then its own tag and length."""
    oid = _OID + arcs
    return bytes((_OBJECT_IDENTIFIER, len(oid))) + oid + bytes((tag, size))


_EXTENSION: Final = bytes((_OBJECT_IDENTIFIER, len(_OID))) + _OID
_PPID: Final = _head(b"\x01", _OCTET_STRING, PPID_BYTES)
_PCE_ID: Final = _head(b"\x03", _OCTET_STRING, PCE_ID_BYTES)
_FMSPC: Final = _head(b"\x04", _OCTET_STRING, FMSPC_BYTES)
# Configuration, in certificates of the Platform CA.
_DYNAMIC_PLATFORM: Final = _head(b"\x07\x01", _BOOLEAN, 1)
_CACHED_KEYS: Final = _head(b"\x07\x02", _BOOLEAN, 1)
_SMT_ENABLED: Final = _head(b"\x07\x03", _BOOLEAN, 1)


@dataclass(frozen=True, slots=True)
class Platform:
    """What a PCK certificate says about its machine."""

    ppid: bytes
    """16 bytes."""
    pce_id: bytes
    """2 bytes."""
    fmspc: bytes
    """6 bytes."""
    flags: PlatformFlags
    """Certificates of the Processor CA have none, which counts as clear."""

    @property
    def platform_id(self) -> bytes:
        """32 bytes: SHA-256 of the PPID (protocol.md section 5, gate 6)."""
        return hashlib.sha256(self.ppid).digest()


def read_platform(leaf_der: bytes) -> Platform:
    """The platform that a PCK certificate is for.

    Args:
        leaf_der: DER of a certificate, verified or not.

    Raises:
        Refusal: CERTIFICATE_INVALID.
    """
    extension = _after(leaf_der, _EXTENSION)
    return Platform(
        ppid=_value(extension, _PPID, PPID_BYTES),
        pce_id=_value(extension, _PCE_ID, PCE_ID_BYTES),
        fmspc=_value(extension, _FMSPC, FMSPC_BYTES),
        flags=PlatformFlags(
            dynamic_platform=_flag(extension, _DYNAMIC_PLATFORM),
            cached_keys=_flag(extension, _CACHED_KEYS),
            smt_enabled=_flag(extension, _SMT_ENABLED),
        ),
    )


def _value(extension: bytes, head: bytes, size: int) -> bytes:
    value = _after(extension, head)[:size]
    if len(value) != size:
        raise _refusal()
    return value


def _flag(extension: bytes, head: bytes) -> bool:
    """A BOOLEAN, which is clear where it is absent; DER has one byte for each value."""
    if head not in extension:
        return False
    value = _value(extension, head, 1)
    if value not in (b"\x00", b"\xff"):
        raise _refusal()
    return value == b"\xff"


def _after(data: bytes, head: bytes) -> bytes:
    """What follows the only `head` in `data`."""
    at = data.find(head)
    if at < 0 or data.find(head, at + 1) >= 0:
        raise _refusal()
    return data[at + len(head) :]


def _refusal() -> Refusal:
    expected = "a PCK certificate with Intel's SGX extension"
    return Refusal(Code.CERTIFICATE_INVALID, expected=expected, found="another")
