"""What a validator's precommit signs (CometBFT types/canonical.go, types/vote.go).

A CanonicalVote with its length before it. Height and round have fixed width, and are left out
where they are 0; the block id is left out of a vote for no block; the time is always there.
"""

from __future__ import annotations

from typing import Final

from enclave.light_client.types import BlockIdFlag, Commit, CommitSig
from enclave.light_client.wire_form import (
    block_id,
    bytes_field,
    fixed_field,
    integer_field,
    message_field,
    timestamp,
    varint,
)

_PRECOMMIT: Final = 2
"""SIGNED_MSG_TYPE_PRECOMMIT."""


def precommit_sign_bytes(commit: Commit, signature: CommitSig, *, chain_id: str) -> bytes:
    """The bytes that `signature`, one of `commit`'s, has to be over."""
    names_block = signature.flag is BlockIdFlag.COMMIT and not commit.block_id.is_zero
    vote = (
        integer_field(1, _PRECOMMIT)
        + fixed_field(2, commit.height)
        + fixed_field(3, commit.round)
        + (message_field(4, block_id(commit.block_id)) if names_block else b"")
        + message_field(5, timestamp(signature.time))
        + bytes_field(6, chain_id.encode())
    )
    return varint(len(vote)) + vote
