"""A writer of DER, as much of it as Intel's SGX extension needs (ITU-T X.690, section 8 and 10).

Writing only: certificates, CRLs and signatures are made and read by `cryptography`.
"""

from __future__ import annotations

from typing import Final

# X.690 8.1.2: identifier octets, universal class.
_BOOLEAN: Final = 0x01
_INTEGER: Final = 0x02
_OCTET_STRING: Final = 0x04
_OBJECT_IDENTIFIER: Final = 0x06
_ENUMERATED: Final = 0x0A
_SEQUENCE: Final = 0x30

_LONG_FORM: Final = 0x80
"""X.690 8.1.3.4: lengths from 128 on carry the number of their own octets."""


def sequence(*items: bytes) -> bytes:
    """SEQUENCE of already encoded items."""
    return _tagged(_SEQUENCE, b"".join(items))


def integer(value: int) -> bytes:
    """INTEGER, never negative here. From 128 on it needs a leading zero: the top bit is a sign."""
    return _tagged(_INTEGER, _unsigned(value))


def enumerated(value: int) -> bytes:
    """ENUMERATED, encoded like an INTEGER."""
    return _tagged(_ENUMERATED, _unsigned(value))


def boolean(*, value: bool) -> bytes:
    """BOOLEAN; DER allows 0xFF alone for true (X.690 11.1)."""
    return _tagged(_BOOLEAN, b"\xff" if value else b"\x00")


def octet_string(value: bytes) -> bytes:
    """OCTET STRING."""
    return _tagged(_OCTET_STRING, value)


def object_identifier(dotted: str) -> bytes:
    """OBJECT IDENTIFIER from text such as `1.2.840.113741.1.13.1`."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    content = b"".join(_base128(arc) for arc in (40 * first + second, *rest))
    return _tagged(_OBJECT_IDENTIFIER, content)


def _tagged(tag: int, content: bytes) -> bytes:
    return bytes([tag]) + _length(len(content)) + content


def _length(length: int) -> bytes:
    if length < _LONG_FORM:
        return bytes([length])
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([_LONG_FORM | len(octets)]) + octets


def _unsigned(value: int) -> bytes:
    if value < 0:
        raise ValueError("negative integers are not written here")
    # One bit more than the value has: the sign, clear.
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def _base128(arc: int) -> bytes:
    """X.690 8.19.2: seven bits an octet, the top bit set on all but the last."""
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(0x80 | arc & 0x7F)
    return bytes(reversed(octets))
