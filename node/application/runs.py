"""What this node remembers of proposals: runs that may be decided, and its own bad luck.

A run is kept so that a block runs once: what this node prepared is found again by its content when
it processes its own proposal, and what it processed by the block's hash when it is decided.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from chain_module.abci.requests import PrepareProposalRequest, ProcessProposalRequest
from chain_module.app.block import BlockRun

KEPT_RUNS: Final = 4
"""A height; each holds the changes of a block."""
PENALTY_BLOCKS: Final = 10
"""A node whose proposal with registers failed leaves them out of its own for so many heights."""


class KeptRuns:
    """Runs of the next height by key, the newest few."""

    def __init__(self) -> None:
        self._runs: OrderedDict[bytes, BlockRun] = OrderedDict()

    def keep(self, key: bytes, run: BlockRun) -> None:
        """Keeps a run; the oldest goes where there are too many."""
        self._runs[key] = run
        if len(self._runs) > KEPT_RUNS:
            self._runs.popitem(last=False)

    def get(self, key: bytes) -> BlockRun | None:
        """The run of that key. It is changed when the block is finished, so use one once."""
        return self._runs.get(key)

    def clear(self) -> None:
        """Forgets all: their base has changed."""
        self._runs.clear()


class OwnProposals:
    """Whether this node's own proposals may carry registers (protocol.md section 6).

    A proposal of its own with registers that was not the block decided at its height, or that is
    asked for again at the same height, may have failed because of them: of a wrong envelope, or
    of registers that cost the others too much.
    """

    def __init__(self) -> None:
        self._proposed: tuple[int, bytes] | None = None
        """Height and digest of the last proposal with registers, until it is decided."""
        self._without_until = 0

    def may_register(self, height: int) -> bool:
        """Whether the next proposal, at `height`, may carry registers."""
        if self._proposed is not None and self._proposed[0] == height:
            self._fail(height)
        return height > self._without_until

    def proposed(self, height: int, txs: Sequence[bytes]) -> None:
        """A proposal with registers was made."""
        self._proposed = (height, txs_digest(txs))

    def decided(self, height: int, txs: Sequence[bytes]) -> None:
        """A block was decided."""
        proposed, self._proposed = self._proposed, None
        if proposed is not None and proposed[0] == height and proposed[1] != txs_digest(txs):
            self._fail(height)

    def _fail(self, height: int) -> None:
        self._proposed = None
        self._without_until = height + PENALTY_BLOCKS


def txs_digest(txs: Sequence[bytes]) -> bytes:
    """32 bytes over transactions, in order."""
    return hashlib.sha256(b"".join(hashlib.sha256(raw).digest() for raw in txs)).digest()


def content_key(
    request: PrepareProposalRequest | ProcessProposalRequest, txs: Sequence[bytes]
) -> bytes:
    """32 bytes over everything of a proposal that its execution may depend on."""
    fields = (
        request.height,
        request.time_ns,
        txs_digest(txs).hex(),
        request.next_validators_hash.hex(),
        request.proposer_address.hex(),
        _last_commit(request),
        request.misbehavior,
    )
    return hashlib.sha256(repr(fields).encode()).digest()


def _last_commit(
    request: PrepareProposalRequest | ProcessProposalRequest,
) -> tuple[object, ...]:
    """The same for a proposer, who sees the votes' extensions, and for a validator."""
    if isinstance(request, PrepareProposalRequest):
        seen = request.local_last_commit
        return seen.round, *((vote.validator, vote.block_id_flag) for vote in seen.votes)
    commit = request.proposed_last_commit
    return commit.round, *((vote.validator, vote.block_id_flag) for vote in commit.votes)
