"""What can be wrong with a home, as one exception with a code, as everywhere else."""

from __future__ import annotations

import enum

from enclave.errors import one_line


class ConfigCode(enum.StrEnum):
    """Why a home cannot be used. Stable names; the command line has a remedy for each."""

    NO_HOME = "no_home"
    """There is no initialized home at that path."""
    HOME_EXISTS = "home_exists"
    """Something stands where a new file would go; keys are never overwritten."""
    CONFIG_INVALID = "config_invalid"
    """A configuration file says what it cannot say."""
    CONFIG_UNREADABLE = "unreadable_input"
    CANNOT_WRITE = "cannot_write"


class ConfigFailure(Exception):
    """A home's file cannot be used.

    Attributes:
        code: why.
        expected: what would have been right, with the file and key.
        found: what was there instead; never a secret.
    """

    def __init__(self, code: ConfigCode, *, expected: str, found: str) -> None:
        self.code = code
        self.expected = one_line(expected)
        self.found = one_line(found)
        super().__init__(f"{self.code}: expected {self.expected}, found {self.found}")
