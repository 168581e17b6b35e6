"""The platform behind a quote: Intel's SGX extension in the PCK certificate, read.

Intel SGX PCK Certificate and CRL Profile Specification 1.5, section 1.3.5; `pck_extension` writes
it. Only certificates that the verification library accepted come here. The platform's identity is
the PPID alone: the rest changes when Intel reissues the certificate (attestation.md trap 4).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cryptography import x509

from enclave.attestation.certificates import UNUSABLE
from enclave.attestation.pck_extension import FMSPC_BYTES, PPID_BYTES, SGX_EXTENSION_OID
from enclave.attestation.types import PlatformFlags
from enclave.errors import Code, Refusal

PCE_ID_BYTES: Final = 2

_SGX_EXTENSION: Final = x509.ObjectIdentifier(SGX_EXTENSION_OID)
_OID_PREFIX: Final = bytes.fromhex("2a864886f84d010d01")
"""1.2.840.113741.1.13.1 as an OBJECT IDENTIFIER's content; one byte more for each arc below."""
_PPID: Final = _OID_PREFIX + b"\x01"
_PCE_ID: Final = _OID_PREFIX + b"\x03"
_FMSPC: Final = _OID_PREFIX + b"\x04"
_CONFIGURATION: Final = _OID_PREFIX + b"\x07"
_DYNAMIC_PLATFORM: Final = _CONFIGURATION + b"\x01"
_CACHED_KEYS: Final = _CONFIGURATION + b"\x02"
_SMT_ENABLED: Final = _CONFIGURATION + b"\x03"

# X.690 8.1.2 and 8.1.3.
_OBJECT_IDENTIFIER: Final = 0x06
_SEQUENCE: Final = 0x30
_SHORT_LENGTH: Final = 0x80


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

    Raises:
        Refusal: CERTIFICATE_INVALID.
    """
    try:
        extensions = x509.load_der_x509_certificate(leaf_der).extensions
        extension = extensions.get_extension_for_oid(_SGX_EXTENSION).value
        return _read(extension.public_bytes())
    except (KeyError, NotImplementedError, *UNUSABLE):
        expected = "a PCK certificate with Intel's SGX extension"
        raise Refusal(Code.CERTIFICATE_INVALID, expected=expected, found="another") from None


def _read(extension: bytes) -> Platform:
    values = _pairs(extension)
    flags = _pairs(values[_CONFIGURATION], header=False) if _CONFIGURATION in values else {}
    return Platform(
        ppid=_sized(values[_PPID], PPID_BYTES),
        pce_id=_sized(values[_PCE_ID], PCE_ID_BYTES),
        fmspc=_sized(values[_FMSPC], FMSPC_BYTES),
        flags=PlatformFlags(
            dynamic_platform=_is_set(flags, _DYNAMIC_PLATFORM),
            cached_keys=_is_set(flags, _CACHED_KEYS),
            smt_enabled=_is_set(flags, _SMT_ENABLED),
        ),
    )


def _pairs(data: bytes, *, header: bool = True) -> dict[bytes, bytes]:
    """OID to value's content, of a SEQUENCE of (OID, value) pairs."""
    content = _only(data) if header else data
    found: dict[bytes, bytes] = {}
    for tag, pair in _items(content):
        (oid_tag, oid), (_, value) = _items(pair)
        if tag != _SEQUENCE or oid_tag != _OBJECT_IDENTIFIER or oid in found:
            raise ValueError("not unique pairs")
        found[oid] = value
    return found


def _only(data: bytes) -> bytes:
    ((tag, content),) = _items(data)
    if tag != _SEQUENCE:
        raise ValueError("not a sequence")
    return content


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each value in `data`, one after the other (DER, one-byte tags)."""
    position = 0
    while position < len(data):
        # Unpacking raises ValueError where one of the two is missing.
        tag, length = data[position : position + 2]
        start = position + 2
        if length >= _SHORT_LENGTH:
            octets = length - _SHORT_LENGTH
            length = int.from_bytes(data[start : start + octets], "big")
            start += octets
        position = start + length
        if position > len(data):
            raise ValueError("truncated")
        yield tag, data[start:position]


def _sized(value: bytes, size: int) -> bytes:
    if len(value) != size:
        raise ValueError("another length")
    return value


def _is_set(flags: dict[bytes, bytes], oid: bytes) -> bool:
    return flags.get(oid, b"\0") != b"\0"
