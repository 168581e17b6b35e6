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
)
from enclave.wire import varint

_PRECOMMIT: Final = 2
"""SIGNED_MSG_TYPE_PRECOMMIT."""


class SignBytes:
    """What the votes of one commit sign. They share all but the time, so the rest is made once."""

    __slots__ = ("_after_time", "_for_block", "_for_none")

    def __init__(self, commit: Commit, *, chain_id: str) -> None:
        self._for_none = (
            integer_field(1, _PRECOMMIT)
            + fixed_field(2, commit.height)
            + fixed_field(3, commit.round)
        )
        named = b"" if commit.block_id.is_zero else message_field(4, block_id(commit.block_id))
        self._for_block = self._for_none + named
        self._after_time = bytes_field(6, chain_id.encode())

    def of(self, signature: CommitSig) -> bytes:
        """The bytes that `signature`, one of the commit's, has to be over."""
        before = self._for_block if signature.flag is BlockIdFlag.COMMIT else self._for_none
        vote = before + message_field(5, timestamp(signature.time)) + self._after_time
        return varint(len(vote)) + vote
