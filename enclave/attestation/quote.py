"""Quotes, read strictly: bytes in, a frozen `Quote` out, or a refusal (gates 1 and 4).

This file decides what a quote says and over which bytes its signature goes. Every length must be
exact: no byte follows the signature data, none is left inside it (quote bytes are malleable, so
the identity of a quote is `attestation_id`, over the signed bytes alone; attestation.md trap 1).
It does not verify anything: a `Quote` is untrusted until `verifier.verify_quote` took it.

Some platforms hand out quotes in a zero-filled buffer. `strip_padding` is the one explicit way to
cut that off; the gates never call it, so on a chain a quote has one length.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from enclave.attestation import quote_layout as layout
from enclave.attestation.limits import MAX_QUOTE_BYTES
from enclave.attestation.quote_layout import BodyKind, selector, size_of
from enclave.attestation.types import Measurement, SgxMeasurement, TdxMeasurement, Tee
from enclave.errors import Code, Refusal

_SGX_DEBUG: Final = 0x02
"""ATTRIBUTES.DEBUG, in the first byte."""
_TD_UNDER_DEBUG: Final = 0xFF
"""TDATTRIBUTES.TUD, the first byte: DEBUG, profiling, and bits reserved for their like."""

_BODY_OF_VERSION: Final = {
    (layout.VERSION_3, layout.TEE_TYPE_SGX): BodyKind.SGX_ENCLAVE,
    (layout.VERSION_4, layout.TEE_TYPE_TDX): BodyKind.TD10,
}
"""Versions whose body follows from the TEE type. SGX is defined for version 3 alone here, as in
the verification library; a version 5 quote names its body itself."""

_BODIES_OF_VERSION_5: Final = {
    int(kind): kind for kind in (BodyKind.TD10, BodyKind.TD15, BodyKind.TD15_EX)
}

_HEADER: Final = selector(
    layout.HEADER, "Version", "Attestation Key Type", "TEE Type", "QE Vendor ID"
)
_DESCRIPTOR: Final = selector(layout.BODY_DESCRIPTOR, "Quote Body Type", "Size")
_ENCLAVE_REPORT: Final = selector(
    layout.ENCLAVE_REPORT,
    "ATTRIBUTES",
    "MRENCLAVE",
    "MRSIGNER",
    "ISVPRODID",
    "ISVSVN",
    "REPORTDATA",
)
# Every TD body starts with the fields of TDX 1.0.
_TD_REPORT: Final = selector(
    layout.TD_REPORT_10, "TDATTRIBUTES", "MRTD", "RTMR0", "RTMR1", "RTMR2", "RTMR3", "REPORTDATA"
)
_QE_REPORT_HEAD: Final = selector(layout.QE_REPORT_HEAD, "QE Authentication Data Size")
_CERTIFICATION_HEAD: Final = selector(
    layout.CERTIFICATION_HEAD, "Certification Data Type", "Size of Certification Data"
)


@dataclass(frozen=True, slots=True)
class Quote:
    """What a quote says, unverified."""

    raw: bytes
    """The whole quote, at most 16,384 bytes."""
    version: int
    tee: Tee
    kind: BodyKind
    measurement: Measurement
    report_data: bytes
    """64 bytes."""
    attributes: bytes
    """SGX ATTRIBUTES (16 bytes) or TDATTRIBUTES (8 bytes)."""
    debug: bool
    """SGX: ATTRIBUTES.DEBUG. TDX: any bit of TDATTRIBUTES.TUD; with one set, a TD is untrusted."""
    signed: bytes
    """Header and body (version 5: with the body descriptor between): what the signature covers."""
    attestation_id: bytes
    """32 bytes: SHA-256 of `signed`. The one name under which this evidence counts once."""
    certification_type: int
    """Type of the innermost certification data; 5 is a PCK certificate chain in PEM."""
    certification_data: bytes


def parse_quote(raw: bytes) -> Quote:
    """Reads one quote of exactly this length.

    Raises:
        Refusal: TOO_LARGE, MALFORMED_QUOTE (a length is wrong), or UNSUPPORTED_QUOTE (a version,
            body, key or certification type that no verifier here knows).
    """
    _check_size(raw)
    reader = _Reader(raw)
    kind, version, signed = _read_signed(reader)
    length = int.from_bytes(reader.take(layout.SIGNATURE_LENGTH_BYTES, "length"), "little")
    signature = reader.take(length, "signature data")
    reader.finish("quote")
    certification_type, certification_data = _read_certification(version, signature)
    is_sgx = kind is BodyKind.SGX_ENCLAVE
    start = len(signed) - size_of(layout.BODY[kind])
    attributes, measurement, report_data = (_read_sgx if is_sgx else _read_td)(raw, start)
    return Quote(
        raw=raw,
        version=version,
        tee=Tee.SGX if is_sgx else Tee.TDX,
        kind=kind,
        measurement=measurement,
        report_data=report_data,
        attributes=attributes,
        debug=bool(attributes[0] & (_SGX_DEBUG if is_sgx else _TD_UNDER_DEBUG)),
        signed=signed,
        attestation_id=hashlib.sha256(signed).digest(),
        certification_type=certification_type,
        certification_data=certification_data,
    )


def strip_padding(raw: bytes) -> bytes:
    """`raw` without zero bytes after the end that the quote itself declares.

    For evidence as platforms and publications hand it out, before it is submitted or judged on
    its own. Any other byte after the end stays, and `parse_quote` will refuse it.

    Raises:
        Refusal: as `parse_quote`, where the quote's own end cannot be found.
    """
    _check_size(raw)
    reader = _Reader(raw)
    _read_signed(reader)
    length = int.from_bytes(reader.take(layout.SIGNATURE_LENGTH_BYTES, "length"), "little")
    reader.take(length, "signature data")
    return raw if raw[reader.offset :].strip(b"\0") else raw[: reader.offset]


class _Reader:
    """A cursor over bytes that takes exact lengths."""

    __slots__ = ("_data", "offset")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.offset = 0

    def take(self, size: int, section: str) -> bytes:
        end = self.offset + size
        if end > len(self._data):
            left = len(self._data) - self.offset
            raise _malformed(f"{size} bytes of {section}", f"{left} left")
        part = self._data[self.offset : end]
        self.offset = end
        return part

    def finish(self, section: str) -> None:
        left = len(self._data) - self.offset
        if left:
            raise _malformed(f"the end of the {section}", f"{left} bytes more")


def _check_size(raw: bytes) -> None:
    if len(raw) > MAX_QUOTE_BYTES:
        expected = f"a quote of at most {MAX_QUOTE_BYTES} bytes"
        raise Refusal(Code.TOO_LARGE, expected=expected, found=f"{len(raw)} bytes")


def _read_signed(reader: _Reader) -> tuple[BodyKind, int, bytes]:
    """Header, descriptor and body: the kind of body, the version, and the signed bytes."""
    header = reader.take(_HEADER.size, "header")
    version, key_type, tee_type, vendor = _HEADER.unpack(header)
    if key_type != layout.KEY_TYPE_ECDSA_P256:
        raise _unsupported("attestation key type 2 (ECDSA P-256)", f"type {key_type}")
    if vendor != layout.INTEL_QE_VENDOR_ID:
        raise _unsupported("Intel's QE vendor id", vendor.hex())
    descriptor = b""
    if version == layout.VERSION_5 and tee_type == layout.TEE_TYPE_TDX:
        descriptor = reader.take(_DESCRIPTOR.size, "body descriptor")
        kind = _described_kind(descriptor)
    else:
        found = _BODY_OF_VERSION.get((version, tee_type))
        if found is None:
            expected = "SGX version 3, TDX version 4 or TDX version 5"
            raise _unsupported(expected, f"version {version}, TEE type {tee_type:#x}")
        kind = found
    body = reader.take(size_of(layout.BODY[kind]), "body")
    return kind, version, header + descriptor + body


def _described_kind(descriptor: bytes) -> BodyKind:
    number, size = _DESCRIPTOR.unpack(descriptor)
    kind = _BODIES_OF_VERSION_5.get(number)
    if kind is None:
        raise _unsupported("body type 2, 3 or 4 in version 5", f"type {number}")
    if size != size_of(layout.BODY[kind]):
        raise _malformed(f"a body size of {size_of(layout.BODY[kind])}", str(size))
    return kind


def _read_certification(version: int, signature: bytes) -> tuple[int, bytes]:
    """Type and bytes of the innermost certification data; every layer ends exactly."""
    reader = _Reader(signature)
    reader.take(size_of(layout.SIGNATURE_HEAD), "signature and attestation key")
    if version == layout.VERSION_3:
        return _read_qe_report(reader)
    outer, data = _read_certification_data(reader)
    if outer != layout.CERTIFICATION_QE_REPORT:
        raise _unsupported("certification data of type 6", f"type {outer}")
    return _read_qe_report(_Reader(data))


def _read_qe_report(reader: _Reader) -> tuple[int, bytes]:
    head = reader.take(_QE_REPORT_HEAD.size, "QE report and signature")
    (size,) = _QE_REPORT_HEAD.unpack(head)
    if size != layout.QE_AUTHENTICATION_BYTES:
        expected = f"{layout.QE_AUTHENTICATION_BYTES} bytes of QE authentication data"
        raise _unsupported(expected, f"{size} bytes")
    reader.take(size, "QE authentication data")
    return _read_certification_data(reader)


def _read_certification_data(reader: _Reader) -> tuple[int, bytes]:
    head = reader.take(_CERTIFICATION_HEAD.size, "certification data header")
    certification_type, size = _CERTIFICATION_HEAD.unpack(head)
    data = reader.take(size, "certification data")
    reader.finish("certification data")
    return certification_type, data


def _read_sgx(raw: bytes, start: int) -> tuple[bytes, Measurement, bytes]:
    """Attributes, measurement and report_data of the body at `start`."""
    attributes, mr_enclave, mr_signer, isv_prod_id, isv_svn, report_data = (
        _ENCLAVE_REPORT.unpack_from(raw, start)
    )
    measurement = SgxMeasurement(mr_enclave, mr_signer, isv_prod_id, isv_svn)
    return attributes, measurement, report_data


def _read_td(raw: bytes, start: int) -> tuple[bytes, Measurement, bytes]:
    """The same of a TD."""
    attributes, mr_td, *rtmrs, report_data = _TD_REPORT.unpack_from(raw, start)
    first, second, third, fourth = rtmrs
    return attributes, TdxMeasurement(mr_td, (first, second, third, fourth)), report_data


def _malformed(expected: str, found: str) -> Refusal:
    return Refusal(Code.MALFORMED_QUOTE, expected=expected, found=found)


def _unsupported(expected: str, found: str) -> Refusal:
    return Refusal(Code.UNSUPPORTED_QUOTE, expected=expected, found=found)
