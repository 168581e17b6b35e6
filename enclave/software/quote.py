"""The bytes of a software quote: SGX v3, TDX v4 and v5, as real quoting enclaves lay them out.

Intel SGX ECDSA QuoteGeneration reference (quote v3) and TDX DCAP quoting library API (v4, v5):
integers little-endian; what no field names is zero. Signing keys and certificates come from
`chains`.
"""

from __future__ import annotations

import hashlib
from typing import Final

from enclave.attestation.types import SgxMeasurement, TdxMeasurement, Tee
from enclave.software.blueprint import Blueprint, Piece, QuoteKind
from enclave.software.chains import Chains
from enclave.software.pki import raw_public_key, sign_raw
from enclave.software.platform import (
    CPU_SVN,
    MR_SIGNER_SEAM,
    PCE_SVN,
    QE_ATTRIBUTES,
    QE_MR_SIGNER,
    QE_PROD_ID,
    QE_SVN,
    QE_VENDOR_ID,
    current_tcb_svn,
    identity,
    launch_tcb_svn,
)

# Quote header (48 bytes).
_ECDSA_P256: Final = 2
_TEE_TYPE: Final = {Tee.SGX: 0x00, Tee.TDX: 0x81}

# Certification data types.
_PCK_CHAIN: Final = 5
_QE_REPORT: Final = 6

# SGX attributes: flags INIT (bit 0), DEBUG (1), MODE64BIT (2); then XFRM.
_SGX_ATTRIBUTES: Final = bytes.fromhex("0500000000000000e700000000000000")
_SGX_DEBUG: Final = 1 << 1
_XFAM: Final = bytes.fromhex("e702060000000000")

_QE_AUTH_DATA: Final = bytes(range(32))
"""Intel's QE writes these 32 bytes too."""


def signed_part(blueprint: Blueprint, report_data: bytes) -> bytes:
    """Header and body: what the attestation key signs."""
    return _header(blueprint) + _body(blueprint, report_data)


def quote_bytes(signed: bytes, chains: Chains, certification: bytes) -> bytes:
    """The whole quote: the signed part, then the length and bytes of its authentication data."""
    signature = sign_raw(chains.signing_key(Piece.QUOTE), signed)
    data = signature + raw_public_key(chains.attestation_key) + certification
    return signed + _u32(len(data)) + data


def certification_data(blueprint: Blueprint, chains: Chains) -> bytes:
    """QE report, its signature, QE auth data and the PCK chain; wrapped as type 6 from v4 on."""
    key = raw_public_key(chains.attestation_key)
    report = _qe_report(blueprint, hashlib.sha256(key + _QE_AUTH_DATA).digest())
    signature = sign_raw(chains.signing_key(Piece.QE_REPORT), report)
    # Intel's libraries pass the chain as a C string, and the zero is counted.
    chain = chains.pck_chain.encode("ascii") + b"\0"
    data = report + signature + _u16(len(_QE_AUTH_DATA)) + _QE_AUTH_DATA
    data += _u16(_PCK_CHAIN) + _u32(len(chain)) + chain
    if blueprint.kind is QuoteKind.SGX_V3:
        return data
    return _u16(_QE_REPORT) + _u32(len(data)) + data


def _header(blueprint: Blueprint) -> bytes:
    kind = blueprint.kind
    # From v4 on the SVNs of QE and PCE are reserved.
    svns = _u16(QE_SVN) + _u16(PCE_SVN) if kind is QuoteKind.SGX_V3 else bytes(4)
    user_data = identity(blueprint, "qe") + bytes(4)
    fields = _u16(kind.version) + _u16(_ECDSA_P256) + _u32(_TEE_TYPE[kind.tee])
    return fields + svns + QE_VENDOR_ID + user_data


def _body(blueprint: Blueprint, report_data: bytes) -> bytes:
    match blueprint.measurement:
        case SgxMeasurement() as measurement:
            return _sgx_body(blueprint, measurement, report_data)
        case TdxMeasurement() as measurement:
            body = _td_body(blueprint, measurement, report_data)
    if not blueprint.kind.body_type:
        return body
    return _u16(blueprint.kind.body_type) + _u32(len(body)) + body


def _sgx_body(blueprint: Blueprint, measurement: SgxMeasurement, report_data: bytes) -> bytes:
    return enclave_report(
        attributes=_with_debug(_SGX_ATTRIBUTES, debug=blueprint.debug),
        measurement=measurement,
        report_data=report_data,
    )


def _qe_report(blueprint: Blueprint, key_hash: bytes) -> bytes:
    tee = blueprint.kind.tee
    mr_signer = bytes(32) if blueprint.qe_foreign else QE_MR_SIGNER[tee]
    mr_enclave = hashlib.sha256(b"seedpact software quoting enclave").digest()
    return enclave_report(
        attributes=_with_debug(QE_ATTRIBUTES, debug=blueprint.qe_debug),
        measurement=SgxMeasurement(mr_enclave, mr_signer, QE_PROD_ID[tee], QE_SVN),
        report_data=key_hash + bytes(32),
    )


def enclave_report(*, attributes: bytes, measurement: SgxMeasurement, report_data: bytes) -> bytes:
    """`sgx_report_body_t`, 384 bytes (Intel SDM 3D, table 38-21)."""
    return b"".join(
        (
            CPU_SVN,
            bytes(4),  # miscselect
            bytes(28),
            attributes,
            measurement.mr_enclave,
            bytes(32),
            measurement.mr_signer,
            bytes(96),
            _u16(measurement.isv_prod_id),
            _u16(measurement.isv_svn),
            bytes(60),
            report_data,
        )
    )


def _td_body(blueprint: Blueprint, measurement: TdxMeasurement, report_data: bytes) -> bytes:
    """TD report 1.0 (584 bytes), 1.5 (648) or 1.5-ex (885)."""
    body = b"".join(
        (
            launch_tcb_svn(),
            hashlib.sha384(b"seedpact software TDX module").digest(),  # mr_seam
            MR_SIGNER_SEAM,
            bytes(8),  # seam attributes
            blueprint.raw_td_attributes,
            _XFAM,
            measurement.mr_td,
            bytes(48 * 3),  # mr_config_id, mr_owner, mr_owner_config
            *measurement.rtmrs,
            report_data,
        )
    )
    if blueprint.kind.is_td15:
        body += current_tcb_svn(blueprint) + blueprint.mr_service_td
    if blueprint.kind is QuoteKind.TDX_V5_TD15_EX:
        body += _td15_ex_fields(blueprint)
    return body


def _td15_ex_fields(blueprint: Blueprint) -> bytes:
    """What TD 1.5-ex adds, 237 bytes: zero without service TDs, but for the TD's own id."""
    td_id = identity(blueprint, "td-id") + bytes(16)
    service_td_at_start = bytes(48 + 8)
    init_cpu_svn, init_tee_fmspc = CPU_SVN, blueprint.fmspc + bytes(6)
    service_td_now = bytes(48 + 8)
    return b"".join(
        (
            bytes(1),  # vmid
            td_id,
            bytes(48),  # dev_info
            service_td_at_start,
            init_cpu_svn,
            launch_tcb_svn(),
            init_tee_fmspc,
            service_td_now,
        )
    )


def _with_debug(attributes: bytes, *, debug: bool) -> bytes:
    return bytes([attributes[0] | (_SGX_DEBUG if debug else 0)]) + attributes[1:]


def _u16(value: int) -> bytes:
    return value.to_bytes(2, "little")


def _u32(value: int) -> bytes:
    return value.to_bytes(4, "little")
