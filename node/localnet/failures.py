"""What can go wrong with a localnet, as one exception with a code, as everywhere else."""

from __future__ import annotations

import enum

from node.failure import CodedFailure


class LocalnetCode(enum.StrEnum):
    """Why a localnet does not do it. Stable names; the command line has a remedy for each."""

    NO_LOCALNET = "no_localnet"
    LOCALNET_RUNNING = "localnet_running"
    LOCALNET_NOT_RUNNING = "localnet_not_running"
    LOCALNET_DIFFERS = "localnet_differs"
    LOCALNET_UNUSABLE = "localnet_unusable"
    LOCALNET_FAILED = "localnet_failed"


class LocalnetFailure(CodedFailure[LocalnetCode]):
    """A localnet cannot be made, found or changed.

    Attributes:
        code: why.
        expected: what would have been right.
        found: what was there instead, one line.
    """
