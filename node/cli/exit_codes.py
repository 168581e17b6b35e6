"""The one table of exit codes."""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """What a script may rely on, whatever the command."""

    DONE = 0
    """It was done; what was judged was accepted."""
    REFUSED = 1
    """It was refused, or it failed."""
    USAGE = 2
    """Wrong usage, or an input that cannot be read."""
    UNTOLD = 3
    """It was done, but the answer could not be written."""


EXIT_CODES_HELP = (
    "Exit codes: 0 done, 1 refused or failed, 2 wrong usage or unreadable input, "
    "3 done, but the answer could not be written."
)
