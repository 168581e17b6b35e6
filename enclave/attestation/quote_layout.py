"""The layout of a DCAP quote, as tables of field names and sizes in bytes.

Names are those of Intel's documents: "Intel SGX ECDSA QuoteLibReference: DCAP API" (quote version
3) and "Intel TDX DCAP: Quote Generation Library and Quote Verification Library" (versions 4 and
5), appendix A of each. Integers are little-endian. This file holds no logic beyond the sums.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_INTEGERS: Final = {2: "H", 4: "I"}

Layout = Mapping[str, slice]
"""Where each named field of a section lies in it; "" is the whole section."""


def _layout(*fields: tuple[str, int]) -> Layout:
    slices: dict[str, slice] = {}
    offset = 0
    for name, size in fields:
        slices[name] = slice(offset, offset + size)
        offset += size
    slices[""] = slice(0, offset)
    return MappingProxyType(slices)


def selector(layout: Layout, *names: str) -> struct.Struct:
    """Unpacks a whole section into the named fields, in the table's order.

    Fields of 2 and 4 bytes are integers, others bytes.
    """
    codes = ["<"]
    for name, where in layout.items():
        size = where.stop - where.start
        if name in names:
            codes.append(_INTEGERS.get(size, f"{size}s"))
        elif name:
            codes.append(f"{size}x")
    return struct.Struct("".join(codes))


def size_of(layout: Layout) -> int:
    """Bytes of the whole section."""
    end: int = layout[""].stop
    return end


# Quote Header (A.3.1 for version 4; version 3 has "Reserved" where "TEE Type" is).
HEADER: Final = _layout(
    ("Version", 2),
    ("Attestation Key Type", 2),
    ("TEE Type", 4),
    ("QE SVN", 2),
    ("PCE SVN", 2),
    ("QE Vendor ID", 16),
    ("User Data", 20),
)

# Quote Body Descriptor (version 5 alone), signed with the header and the body.
BODY_DESCRIPTOR: Final = _layout(
    ("Quote Body Type", 2),
    ("Size", 4),
)

# Enclave Report Body: the body of an SGX quote, and the QE Report of every quote.
ENCLAVE_REPORT: Final = _layout(
    ("CPUSVN", 16),
    ("MISCSELECT", 4),
    ("Reserved 1", 28),
    ("ATTRIBUTES", 16),
    ("MRENCLAVE", 32),
    ("Reserved 2", 32),
    ("MRSIGNER", 32),
    ("Reserved 3", 96),
    ("ISVPRODID", 2),
    ("ISVSVN", 2),
    ("Reserved 4", 60),
    ("REPORTDATA", 64),
)

_TD_REPORT_10_FIELDS: Final = (
    ("TEE_TCB_SVN", 16),
    ("MRSEAM", 48),
    ("MRSIGNERSEAM", 48),
    ("SEAMATTRIBUTES", 8),
    ("TDATTRIBUTES", 8),
    ("XFAM", 8),
    ("MRTD", 48),
    ("MRCONFIGID", 48),
    ("MROWNER", 48),
    ("MROWNERCONFIG", 48),
    ("RTMR0", 48),
    ("RTMR1", 48),
    ("RTMR2", 48),
    ("RTMR3", 48),
    ("REPORTDATA", 64),
)
_TD_REPORT_15_FIELDS: Final = (
    *_TD_REPORT_10_FIELDS,
    ("TEE_TCB_SVN_2", 16),
    ("MRSERVICETD", 48),
)
# sgx_report2_body_v1_5_ex_t of sgx_quote_5.h.
_TD_REPORT_15_EX_FIELDS: Final = (
    *_TD_REPORT_15_FIELDS,
    ("VMID", 1),
    ("TD_ID", 32),
    ("DEV_INFO", 48),
    ("INIT_SERVTD_HASH", 48),
    ("INIT_SERVTD_ATTR", 8),
    ("INIT_CPUSVN", 16),
    ("INIT_TEE_TCB_SVN", 16),
    ("INIT_TEE_FMSPC", 12),
    ("CUR_SERVTD_HASH", 48),
    ("CUR_SERVTD_ATTR", 8),
)

# TD Quote Body of TDX 1.0, 1.5 and 1.5-ex.
TD_REPORT_10: Final = _layout(*_TD_REPORT_10_FIELDS)
TD_REPORT_15: Final = _layout(*_TD_REPORT_15_FIELDS)
TD_REPORT_15_EX: Final = _layout(*_TD_REPORT_15_EX_FIELDS)

SIGNATURE_LENGTH_BYTES: Final = 4
"""Quote Signature Data Len: bytes of the Quote Signature Data, which ends the quote."""

# ECDSA 256-bit Quote Signature Data, up to where versions 3 and 4 part.
SIGNATURE_HEAD: Final = _layout(
    ("ISV Enclave Report Signature", 64),
    ("ECDSA Attestation Key", 64),
)

# QE Report and its signature: in version 3 next, in versions 4 and 5 inside certification data
# of type 6. QE Authentication Data (2-byte length) and certification data follow.
QE_REPORT_HEAD: Final = _layout(
    ("QE Report", 384),
    ("QE Report Signature", 64),
    ("QE Authentication Data Size", 2),
)

# QE Certification Data: type, length of what follows.
CERTIFICATION_HEAD: Final = _layout(
    ("Certification Data Type", 2),
    ("Size of Certification Data", 4),
)

QE_AUTHENTICATION_BYTES: Final = 32
"""QE Authentication Data of Intel's QE; the verifier knows no other size."""


class BodyKind(enum.IntEnum):
    """What a quote says; the number is the Quote Body Type of version 5."""

    SGX_ENCLAVE = 1
    TD10 = 2
    TD15 = 3
    TD15_EX = 4


BODY: Final[Mapping[BodyKind, Layout]] = MappingProxyType(
    {
        BodyKind.SGX_ENCLAVE: ENCLAVE_REPORT,
        BodyKind.TD10: TD_REPORT_10,
        BodyKind.TD15: TD_REPORT_15,
        BodyKind.TD15_EX: TD_REPORT_15_EX,
    }
)

VERSION_3: Final = 3
VERSION_4: Final = 4
VERSION_5: Final = 5
TEE_TYPE_SGX: Final = 0x00
TEE_TYPE_TDX: Final = 0x81
KEY_TYPE_ECDSA_P256: Final = 2
INTEL_QE_VENDOR_ID: Final = bytes.fromhex("939a7233f79c4ca9940a0db3957f0607")

# Certification data types.
CERTIFICATION_PCK_CHAIN: Final = 5
CERTIFICATION_QE_REPORT: Final = 6
