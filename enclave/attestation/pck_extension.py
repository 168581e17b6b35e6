"""Intel's SGX extension of a PCK certificate, written exactly as Intel writes it.

Intel SGX PCK Certificate and CRL Profile Specification 1.5, section 1.3.5. A test encodes the
values of real certificates again and compares the bytes. Reading is the verifier's work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from enclave.attestation import der
from enclave.attestation.types import PlatformFlags

SGX_EXTENSION_OID: Final = "1.2.840.113741.1.13.1"
_PPID: Final = SGX_EXTENSION_OID + ".1"
_TCB: Final = SGX_EXTENSION_OID + ".2"
"""Below it: .1 to .16 the component SVNs, .17 PCESVN, .18 CPUSVN."""
_PCE_ID: Final = SGX_EXTENSION_OID + ".3"
_FMSPC: Final = SGX_EXTENSION_OID + ".4"
_SGX_TYPE: Final = SGX_EXTENSION_OID + ".5"
_PLATFORM_INSTANCE_ID: Final = SGX_EXTENSION_OID + ".6"
_CONFIGURATION: Final = SGX_EXTENSION_OID + ".7"
"""Below it: .1 dynamic platform, .2 cached keys, .3 SMT enabled."""

PPID_BYTES: Final = 16
FMSPC_BYTES: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class PckExtension:
    """The values of one PCK certificate's SGX extension."""

    ppid: bytes
    """16 bytes."""
    components: tuple[int, ...]
    """16 component SVNs, each 0 to 255."""
    pce_svn: int
    cpu_svn: bytes
    """16 bytes."""
    pce_id: bytes
    """2 bytes."""
    fmspc: bytes
    """6 bytes."""
    sgx_type: int
    """0 standard, 1 scalable, 2 scalable with integrity."""
    platform_instance_id: bytes | None
    """16 bytes; only in certificates of the Platform CA."""
    configuration: PlatformFlags | None
    """Only in certificates of the Platform CA."""


def encode_pck_extension(extension: PckExtension) -> bytes:
    """The extension's value: a SEQUENCE of (OID, value) pairs in Intel's order."""
    pairs = [
        _pair(_PPID, der.octet_string(extension.ppid)),
        _pair(_TCB, _tcb(extension)),
        _pair(_PCE_ID, der.octet_string(extension.pce_id)),
        _pair(_FMSPC, der.octet_string(extension.fmspc)),
        _pair(_SGX_TYPE, der.enumerated(extension.sgx_type)),
    ]
    if extension.platform_instance_id is not None:
        instance = der.octet_string(extension.platform_instance_id)
        pairs.append(_pair(_PLATFORM_INSTANCE_ID, instance))
    if extension.configuration is not None:
        pairs.append(_pair(_CONFIGURATION, _configuration(extension.configuration)))
    return der.sequence(*pairs)


def _tcb(extension: PckExtension) -> bytes:
    svns = (*extension.components, extension.pce_svn)
    pairs = [_pair(f"{_TCB}.{index}", der.integer(svn)) for index, svn in enumerate(svns, start=1)]
    cpu_svn = _pair(f"{_TCB}.{len(svns) + 1}", der.octet_string(extension.cpu_svn))
    return der.sequence(*pairs, cpu_svn)


def _configuration(flags: PlatformFlags) -> bytes:
    values = (flags.dynamic_platform, flags.cached_keys, flags.smt_enabled)
    pairs = (
        _pair(f"{_CONFIGURATION}.{index}", der.boolean(value=value))
        for index, value in enumerate(values, start=1)
    )
    return der.sequence(*pairs)


def _pair(oid: str, value: bytes) -> bytes:
    return der.sequence(der.object_identifier(oid), value)
