"""The law of restarts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from node.base.backoff import (
    FIRST_DEATHS,
    FIRST_DELAY_SECS,
    LONGEST_DELAY_SECS,
    QUICK_DEATHS,
    STABLE_SECS,
    Backoff,
)

served = st.lists(st.floats(min_value=0, max_value=3 * STABLE_SECS), max_size=50)


@given(served)
def test_only_quick_deaths_in_a_row_are_hopeless(lives: list[float]) -> None:
    """The count is that of the quick deaths at the end, and the delay grows with it."""
    backoff = Backoff()
    in_a_row = 0
    last = 0.0
    for life in lives:
        delay = backoff.died(served_secs=life)
        in_a_row = 1 if life >= STABLE_SECS else in_a_row + 1
        assert FIRST_DELAY_SECS <= delay <= LONGEST_DELAY_SECS
        assert delay == FIRST_DELAY_SECS if in_a_row == 1 else delay >= last
        assert backoff.hopeless(was_ready=True) == (in_a_row >= QUICK_DEATHS)
        assert backoff.hopeless(was_ready=False) == (in_a_row >= FIRST_DEATHS)
        last = delay
