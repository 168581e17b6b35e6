"""What things cost: every gas constant of the chain, in one place for all modules.

One gas is at most five nanoseconds of a validator's core for one look at a transaction that it has
never seen, whatever its messages are (`make bench`, figure gas). So a block's gas bounds the time
of those who judge it; a send costs what it costs on other Cosmos chains, and their wallets' usual
limits fit.

Gas is flat: it follows from a transaction's bytes and messages alone, and is known before anything
runs. What a simulation cannot know, since wallets simulate without fee and signature, costs nothing
by the byte: its size is bounded (tx/codec.py) and paid for by TX and SIGNATURE.
"""

from __future__ import annotations

from typing import Final

TX: Final = 20_000
"""Each transaction: decoding, its fee's two balances, its place in the block and the index."""
BODY_BYTE: Final = 10
"""Each byte of TxBody: messages and memo (the SDK's tx_size_cost_per_byte)."""
SIGNATURE: Final = 40_000
"""Each signer: one secp256k1 verification and the account's record."""

SEND: Final = 20_000
"""MsgSend, with one coin: two balances, and the receiver's account where it is new."""
MULTI_SEND_OUTPUT: Final = 60_000
"""Each output of a MsgMultiSend, with one coin: an address to decode, a balance, and an account
where it is new. A block of nothing else takes no longer than one of sends."""
COIN: Final = 5_000
"""Each further coin of an input, an output or a send."""

REGISTER_NODE: Final = 3_000_000
"""MsgRegisterNode and its confirm: a quote is verified, and a record written."""
UPDATE_POLICY: Final = 200_000
"""MsgUpdatePolicy."""
REVOKE_NODE: Final = 50_000
"""MsgRevokeNode."""
FRESHNESS: Final = 90_000
"""MsgFreshness (measured: 90 us): a node's record is read strictly, which is two thirds of it, and
a short one written over the one before. The state does not grow."""
