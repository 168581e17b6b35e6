"""How values look to people."""

from __future__ import annotations

from typing import Final

SHORT_HEX_BYTES: Final = 64
"""Longer values are cut in text; JSON has them whole."""
_HEAD_BYTES: Final = 16


def short_hex(data: bytes) -> str:
    """`data` in hex for people; "none" where empty."""
    if not data:
        return "none"
    if len(data) <= SHORT_HEX_BYTES:
        return data.hex()
    return f"{data[:_HEAD_BYTES].hex()}… ({len(data):,} bytes)"
