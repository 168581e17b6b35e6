"""Limits of a transaction, in one place: auth publishes them as parameters, tx enforces them."""

from __future__ import annotations

from typing import Final

MAX_TX_BYTES: Final = 128 * 1024
"""The largest register has 90 KB: 64 KiB of collateral, 16 KiB of quote."""
MAX_AUTH_INFO_BYTES: Final = 2048
"""Seven signers need 800; the rest is for the fee's coins."""
MAX_MESSAGES: Final = 64
MAX_MEMO_BYTES: Final = 256
"""The SDK's max_memo_characters, which counts bytes, too."""
MAX_SIGNERS: Final = 7
"""The SDK's tx_sig_limit."""
MAX_GAS_LIMIT: Final = 2**63 - 1
"""The SDK's MaxGasWanted: the engine counts gas in int64."""
