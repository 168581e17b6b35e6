"""What can be wrong with a home, as one exception with a code, as everywhere else."""

from __future__ import annotations

import enum

from node.failure import CodedFailure


class ConfigCode(enum.StrEnum):
    """Why a home cannot be used. Stable names; the command line has a remedy for each."""

    NO_HOME = "no_home"
    """There is no initialized home at that path."""
    HOME_EXISTS = "home_exists"
    """Something stands where a new file would go; keys are never overwritten."""
    CONFIG_INVALID = "config_invalid"
    """A configuration file says what it cannot say."""
    SIGNED_UNKNOWN = "signed_unknown"
    """What the consensus key signed last cannot be read: it could sign twice."""
    ADDRESS_BOOK_DAMAGED = "address_book_damaged"
    BAD_HOME_PATH = "bad_home_path"
    CONFIG_UNREADABLE = "unreadable_input"
    CANNOT_WRITE = "cannot_write"
    NOT_PERMITTED = "not_permitted"
    """The system does not let this user open it."""
    NO_HOME_FOLDER = "no_home_folder"
    """The user has no folder of their own, and named none."""


class ConfigFailure(CodedFailure[ConfigCode]):
    """A home's file cannot be used.

    Attributes:
        code: why.
        expected: what would have been right, with the file and key.
        found: what was there instead; never a secret.
    """
