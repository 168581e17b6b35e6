"""Limits of a transaction, in one place: auth publishes them as parameters, tx enforces them."""

from __future__ import annotations

from typing import Final

MAX_TX_BYTES: Final = 128 * 1024
"""The largest register has 90 KB: 64 KiB of collateral, 16 KiB of quote."""
MAX_SEND_BYTES: Final = 4 * 1024
"""A MsgSend: two addresses, and as many coins as fit."""
MAX_OUTPUTS: Final = 256
"""Of a MsgMultiSend: an exchange's payouts of a second, and no more than a block has room for."""
MAX_MULTI_SEND_BYTES: Final = 32 * 1024
"""256 outputs of one coin take 16 KB."""
MAX_AUTH_INFO_BYTES: Final = 2048
"""Seven signers need 800; the rest is for the fee's coins."""
MAX_MESSAGES: Final = 64
MAX_BODY_FIELDS: Final = 4 * MAX_MESSAGES
"""Of TxBody, before it is parsed: three a message, and room for the rest."""
MAX_MEMO_BYTES: Final = 256
"""The SDK's max_memo_characters, which counts bytes, too."""
MAX_SIGNERS: Final = 7
"""The SDK's tx_sig_limit."""
MAX_BLOCK_GAS: Final = 250_000_000
"""Of a block, whatever the consensus parameter says: a proposer that fills more of it makes what
the others cannot judge in time."""
MAX_GAS_LIMIT: Final = 2**63 - 1
"""The SDK's MaxGasWanted: the engine counts gas in int64."""
