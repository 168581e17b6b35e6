"""Account addresses: 20 bytes inside, bech32 text at the edge (BIP-173)."""

from __future__ import annotations

import functools
from typing import Final

import bech32

from chain_module.errors import SdkReason, TxRefusal

ADDRESS_BYTES: Final = 20
ACCOUNT_PREFIX: Final = "seed"
VALIDATOR_PREFIX: Final = "seedvaloper"

_AFTER_PREFIX: Final = 39
"""A 1, 32 digits of 5 bits, and 6 of the checksum. The library looks at each character of a text
before it looks at its length."""
_REMEMBERED: Final = 4096
"""Texts that are kept: pure-Python bech32 is slow, and a block names few accounts often."""


@functools.lru_cache(maxsize=_REMEMBERED)
def to_text(address: bytes, *, prefix: str = ACCOUNT_PREFIX) -> str:
    """The bech32 text of 20 bytes. Raises ValueError for another length."""
    if len(address) != ADDRESS_BYTES:
        raise ValueError(f"an address has {ADDRESS_BYTES} bytes, not {len(address)}")
    # Bytes always convert: None would mean a value above 255.
    return bech32.bech32_encode(prefix, bech32.convertbits(address, 8, 5) or ())


@functools.lru_cache(maxsize=_REMEMBERED)
def from_text(text: str, *, prefix: str = ACCOUNT_PREFIX) -> bytes:
    """The 20 bytes of a bech32 text in lower case. Raises TxRefusal INVALID_ADDRESS."""
    fits = len(text) == len(prefix) + _AFTER_PREFIX
    found, groups = bech32.bech32_decode(text) if fits else (None, None)
    data = None if groups is None else bech32.convertbits(groups, 5, 8, pad=False)
    if found != prefix or data is None or len(data) != ADDRESS_BYTES or text != text.lower():
        raise TxRefusal(
            SdkReason.INVALID_ADDRESS,
            expected=f"an address such as {prefix}1..",
            found=repr(text[:100]),
        )
    return bytes(data)
