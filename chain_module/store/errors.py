"""What the state refuses, and what it finds damaged: one exception with a stable code.

A fault of the first group is a mistake of the caller, of the second damage on the disk (or, where a
peer sent the snapshot, its lie), of the third a peer's. Nothing is changed when one is raised.
"""

from __future__ import annotations

import enum

from enclave.errors import CodedError


class StoreCode(enum.StrEnum):
    """Every reason. The value is the stable public name."""

    # The caller's mistakes.
    BAD_KEY = "bad_key"
    BAD_VALUE = "bad_value"
    UNKNOWN_STORE = "unknown_store"
    EMPTY_STORE = "empty_store"
    STALE_BRANCH = "stale_branch"
    WRONG_VERSION = "wrong_version"
    VERSION_NOT_KEPT = "version_not_kept"

    # What came from the disk is not what was written, or this program computes another state.
    DAMAGED_RECORD = "damaged_record"
    DAMAGED_SNAPSHOT = "damaged_snapshot"
    ROOT_MISMATCH = "root_mismatch"

    # What a peer says of its snapshot is not of this format.
    BAD_MANIFEST = "bad_manifest"


class StoreFault(CodedError[StoreCode]):
    """The state said no, and nothing was changed."""
