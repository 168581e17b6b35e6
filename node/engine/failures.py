"""What can go wrong with the engine, as one exception with a code, as everywhere else."""

from __future__ import annotations

import enum

from node.failure import CodedFailure


class EngineCode(enum.StrEnum):
    """Why there is no engine. Stable names; the command line has a remedy for each."""

    NO_GO = "engine_no_go"
    GO_TOO_OLD = "engine_go_too_old"
    NO_NETWORK = "engine_no_network"
    CHECKSUM_MISMATCH = "engine_checksum_mismatch"
    DISK_FULL = "engine_disk_full"
    CANNOT_WRITE_CACHE = "engine_cannot_write_cache"
    BUILD_FAILED = "engine_build_failed"
    NOT_BUILT = "engine_not_built"
    NO_CACHE_FOLDER = "engine_no_cache_folder"


class EngineFailure(CodedFailure[EngineCode]):
    """There is no engine to run.

    Attributes:
        code: why.
        expected: what would have been right.
        found: what was there instead, one line.
    """
