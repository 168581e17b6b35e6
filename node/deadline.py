"""A moment by which something has to be over, handed down so that all its parts share it.

A limit for each wait is none for the whole: whoever sends a byte now and then keeps a caller for
ever. So every answer of another machine gets one of these.
"""

from __future__ import annotations

import time


class Deadline:
    """So many seconds from now. Any thread may ask it."""

    def __init__(self, secs: float) -> None:
        self.secs = secs
        self._end = time.monotonic() + secs

    def left(self) -> float:
        """Seconds that remain; more than none.

        Raises:
            TimeoutError: it has passed.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    @property
    def passed(self) -> bool:
        """Whether it has."""
        return time.monotonic() >= self._end

    def sooner(self, secs: float) -> Deadline:
        """So many seconds from now, or this one where that is earlier.

        Raises:
            TimeoutError: it has passed.
        """
        return Deadline(min(secs, self.left()))
