"""Numbers of the command line: none that the field which it goes to could not hold."""

from __future__ import annotations

import math
from typing import Final

import click

MAX_INT64: Final = 2**63 - 1
MAX_UINT32: Final = 2**32 - 1


def integer(low: int, high: int = MAX_INT64) -> click.IntRange:
    """An integer from `low` to `high`."""
    return click.IntRange(low, high)


class Seconds(click.FloatRange):
    """A span of time. No comparison refuses what is not a number, so it is refused by itself."""

    def convert(
        self, value: float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The seconds. Raises click.BadParameter."""
        found: float = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value!r} is not a number of seconds", param, ctx)
        return found
