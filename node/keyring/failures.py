"""What can go wrong with keys, as one exception with a code, as everywhere else."""

from __future__ import annotations

import enum

from node.failure import CodedFailure


class KeyringCode(enum.StrEnum):
    """Why the keyring refuses. Stable names; the command line has a remedy for each."""

    KEY_NOT_FOUND = "key_not_found"
    KEY_EXISTS = "key_exists"
    KEY_DAMAGED = "key_damaged"
    """A key's file is not one, or was changed."""
    BAD_KEY_NAME = "bad_key_name"
    BAD_KEY = "bad_key"
    """Bytes or words that are no key."""
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 (a code's name)
    WEAK_PASSWORD = "weak_password"  # noqa: S105 (a code's name)
    CANNOT_WRITE = "cannot_write"
    UNREADABLE = "unreadable_input"


class KeyringFailure(CodedFailure[KeyringCode]):
    """A key cannot be had, kept or used.

    Attributes:
        code: why.
        expected: what would have been right.
        found: what was there instead; never a secret, nor a part of one.
    """
