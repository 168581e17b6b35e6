"""The type of a remedy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remedy:
    """What a code means, and what to do about it."""

    why: str
    """One or two sentences, for `seedpactd explain`."""
    step: str
    """The next step, as an order without a full stop: it ends the one line of an error."""
