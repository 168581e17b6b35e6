"""How many examples a law gets that costs more than others."""

from __future__ import annotations

from hypothesis import settings

SLOW_PART = 5
LEAST = 20


def slow_law(part: int = SLOW_PART) -> settings:
    """A `part` of the profile's examples, for a law whose example costs a tenth of a second.

    Every profile keeps its meaning: `long` still runs thousands.
    """
    return settings(max_examples=max(LEAST, settings().max_examples // part))
