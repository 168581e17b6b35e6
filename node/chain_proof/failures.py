"""What a node is told that proves nothing."""

from __future__ import annotations

import enum

from node.failure import CodedFailure


class ChainProofCode(enum.StrEnum):
    """Stable names; the command line has a remedy for each."""

    NOT_PROVABLE = "not_provable"
    BAD_PATH = "bad_path"
    OLDER_BLOCKS_MISSING = "older_blocks_missing"


class ChainProofFailure(CodedFailure[ChainProofCode]):
    """An engine gives no headers or proofs of which an enclave could make something."""
