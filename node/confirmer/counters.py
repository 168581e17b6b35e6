"""What a confirmer has done so far."""

from __future__ import annotations

import dataclasses
import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counters:
    """Numbers of registrations, unless it says otherwise. They only grow."""

    calls: int = 0
    """ConfirmNodes calls that were sent."""
    asked: int = 0
    """Sent in those calls."""
    hits: int = 0
    """Answered from memory, in the block path."""
    confirmed: int = 0
    """That the enclave confirmed; remembered by then."""
    refused: int = 0
    """That the enclave refused; of single ones, remembered by then."""
    quarantined: int = 0
    """Not sent, since the enclave died over them."""
    away: int = 0
    """Requests of the block path that were not sent, since the enclave is away."""
    late: int = 0
    """Calls that passed their deadline."""
    lost: int = 0
    """Calls during which the enclave went."""
    failed: int = 0
    """Calls that were answered, but not as an enclave does."""
    pings: int = 0
    """Pings that were answered."""


class Tally:
    """Counters that any thread may add to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sums = Counters()

    @property
    def sums(self) -> Counters:
        """The numbers so far."""
        return self._sums

    def add(self, more: Counters) -> None:
        """Adds each number."""
        with self._lock:
            sums = zip(dataclasses.astuple(self._sums), dataclasses.astuple(more), strict=True)
            self._sums = Counters(*(first + second for first, second in sums))
