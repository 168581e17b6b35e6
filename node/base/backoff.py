"""When a process that died is started again, and when not any more. Pure: times are arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FIRST_DELAY_SECS: Final = 0.1
LONGEST_DELAY_SECS: Final = 10.0
STABLE_SECS: Final = 10.0
"""A process that served this long was healthy: its death starts a new count."""
QUICK_DEATHS: Final = 6
"""In a row: then something is wrong that no restart mends."""
FIRST_DEATHS: Final = 3
"""The same for one that was never ready: most often its configuration is wrong."""


@dataclass(slots=True)
class Backoff:
    """The deaths of one process."""

    quick_deaths: int = 0
    longest_delay_secs: float = LONGEST_DELAY_SECS

    def died(self, *, served_secs: float) -> float:
        """Counts a death.

        Args:
            served_secs: how long it had been ready; 0 where it never was.

        Returns:
            Seconds to wait until the next start.
        """
        self.quick_deaths = 1 if served_secs >= STABLE_SECS else self.quick_deaths + 1
        delay = FIRST_DELAY_SECS * 2.0 ** min(self.quick_deaths - 1, 16)
        return min(delay, self.longest_delay_secs)

    def hopeless(self, *, was_ready: bool) -> bool:
        """Whether it died quickly too many times in a row.

        Args:
            was_ready: whether it ever was.
        """
        return self.quick_deaths >= (QUICK_DEATHS if was_ready else FIRST_DEATHS)
