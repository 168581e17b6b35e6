"""Every limit of attestation: sizes, counts and nesting that are checked before anything deeper.

A limit that the specification fixes names its clause. The others are far above what Intel's
evidence holds, and low enough that hostile input costs little time and memory.
"""

from __future__ import annotations

from typing import Final

# protocol.md section 5, gate 1.
MAX_QUOTE_BYTES: Final = 16_384
MAX_COLLATERAL_BYTES: Final = 65_536

MAX_JSON_DEPTH: Final = 8
"""Levels of objects and arrays in a collateral's JSON texts. Intel's TCB info has 6."""

MAX_JSON_DIGITS: Final = 10
"""Digits of an integer in a collateral's JSON texts: enough for 32 bits."""

MAX_ADVISORIES: Final = 256
"""Advisories of one verdict. TCB levels of Intel's evidence name up to about 20."""

MAX_ADVISORY_CHARACTERS: Final = 32
"""Length of one advisory id, such as INTEL-SA-00615."""

ISSUER_CHAIN_CERTIFICATES: Final = 2
"""Certificates of an issuer chain in a collateral: the issuer, then the root."""

PCK_CHAIN_CERTIFICATES: Final = 3
"""Certificates of the chain inside a quote: PCK leaf, PCK CA, root."""

MAX_TIME: Final = 2**62
"""Seconds since the Unix epoch that verification accepts as `now`."""
