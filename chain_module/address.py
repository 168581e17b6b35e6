"""Account addresses: 20 bytes inside, bech32 text at the edge (BIP-173).

Blocks are full of them, and a checksum by the library's loop takes as long as a signature. But it
is linear: that of a sum (XOR) of two addresses is the sum of theirs. So the library makes a table
for each prefix, once; then a text costs 20 of its entries. A text is read by its digits alone, and
is right where the address found is written just so: that judges prefix, case and checksum at once.
"""

from __future__ import annotations

import functools
from typing import Final

import bech32

from chain_module.errors import SdkReason, TxRefusal

ADDRESS_BYTES: Final = 20
ACCOUNT_PREFIX: Final = "seed"
VALIDATOR_PREFIX: Final = "seedvaloper"

_DIGIT_BITS: Final = 5
_CHECKSUM_DIGITS: Final = 6
_CHECKSUM_BITS: Final = _DIGIT_BITS * _CHECKSUM_DIGITS
_DIGITS: Final = 8 * ADDRESS_BYTES // _DIGIT_BITS + _CHECKSUM_DIGITS
_PAIRS: Final = tuple(high + low for high in bech32.CHARSET for low in bech32.CHARSET)
"""Two digits, by their ten bits."""
_PAIR_BITS: Final = 2 * _DIGIT_BITS
_SHIFTS: Final = tuple(reversed(range(0, _DIGITS * _DIGIT_BITS, _PAIR_BITS)))
_PYTHON_DIGITS: Final = str.maketrans(bech32.CHARSET, "0123456789abcdefghijklmnopqrstuv")
_REMEMBERED: Final = 4096
"""Texts that are kept: a block names few accounts often."""


@functools.lru_cache(maxsize=_REMEMBERED)
def to_text(address: bytes, *, prefix: str = ACCOUNT_PREFIX) -> str:
    """The bech32 text of 20 bytes. Raises ValueError for another length."""
    if len(address) != ADDRESS_BYTES:
        raise ValueError(f"an address has {ADDRESS_BYTES} bytes, not {len(address)}")
    checksum, rows = _checksums(prefix)
    for row, byte in zip(rows, address, strict=True):
        checksum ^= row[byte]
    bits = int.from_bytes(address, "big") << _CHECKSUM_BITS | checksum
    digits = [_PAIRS[bits >> shift & (1 << _PAIR_BITS) - 1] for shift in _SHIFTS]
    return f"{prefix}1{''.join(digits)}"


@functools.lru_cache(maxsize=_REMEMBERED)
def from_text(text: str, *, prefix: str = ACCOUNT_PREFIX) -> bytes:
    """The 20 bytes of a bech32 text in lower case. Raises TxRefusal INVALID_ADDRESS."""
    try:
        bits = int(text[-_DIGITS:].translate(_PYTHON_DIGITS), 1 << _DIGIT_BITS)
        address = (bits >> _CHECKSUM_BITS).to_bytes(ADDRESS_BYTES, "big")
    except (ValueError, OverflowError):  # no digits, or a sign before them
        address = bytes(ADDRESS_BYTES)
    if to_text(address, prefix=prefix) != text:
        raise TxRefusal(
            SdkReason.INVALID_ADDRESS,
            expected=f"an address such as {prefix}1..",
            found=repr(text[:100]),
        )
    return address


@functools.cache
def _checksums(prefix: str) -> tuple[int, tuple[tuple[int, ...], ...]]:
    """The checksum of the address of zeros, and what each value of each byte adds to it."""
    zero = _checksum(prefix, 0)
    rows = []
    for place in reversed(range(ADDRESS_BYTES)):
        row = [0]
        for bit in range(8):
            added = _checksum(prefix, 1 << (8 * place + bit)) ^ zero
            row += [one ^ added for one in row]
        rows.append(tuple(row))
    return zero, tuple(rows)


def _checksum(prefix: str, address: int) -> int:
    """The six digits as one number."""
    # Bytes always convert: None would mean a value above 255.
    groups = bech32.convertbits(address.to_bytes(ADDRESS_BYTES, "big"), 8, _DIGIT_BITS) or ()
    digits = bech32.bech32_create_checksum(prefix, groups)
    return functools.reduce(lambda sum_, digit: sum_ << _DIGIT_BITS | digit, digits, 0)
