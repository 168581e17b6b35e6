"""What can be wrong with a genesis, as one exception with a code, as everywhere else."""

from __future__ import annotations

import enum

from node.failure import NodeFailure


class GenesisCode(enum.StrEnum):
    """Why a genesis is refused. Stable names; the command line has a remedy for each."""

    NO_GENESIS = "no_genesis"
    GENESIS_ENTRY_EXISTS = "genesis_entry_exists"
    GENESIS_BOOTSTRAPPED = "genesis_bootstrapped"
    """It has the network's keys: a change would make it another network, without them."""
    GENESIS_NOT_READY = "genesis_not_ready"
    """Something is missing that the bootstrap makes final."""
    GENESIS_TIME_TOO_EARLY = "genesis_time_too_early"


class GenesisFailure(NodeFailure):
    """A genesis cannot be used or changed.

    Attributes:
        code: a `GenesisCode`, or a code of the chain's own rule (`chain_module.registration`).
        expected: what would have been right.
        found: what was there instead.
    """
