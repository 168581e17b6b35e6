"""What the benchmarks of a network make of their moments; networks run in `make bench` alone."""

from __future__ import annotations

import pytest

from benchmarks import enclaves_stopped, joins, registrations
from benchmarks.joins import STEPS, Headers, Moments, percentile

# A block a second, decided at 101 for height 1 and so on.
HEADERS = Headers({height: 100.0 + height for height in range(1, 10)})
MOMENTS = Moments(sent=102.5, taken=102.6, confirmed=103.25, holder=104.5, height=3)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.01, 1.0), (0.5, 50.0), (0.99, 99.0), (1.0, 100.0)]
)
def test_percentiles_are_samples(share: float, expected: float) -> None:
    assert percentile([float(number) for number in range(100, 0, -1)], share) == expected


def test_a_single_sample_is_every_percentile() -> None:
    assert {percentile([7.0], share) for share in (0.01, 0.5, 0.99)} == {7.0}


def test_blocks_are_counted_by_their_decisions() -> None:
    assert HEADERS.blocks_between(102.5, 104.5) == 2
    assert HEADERS.blocks_between(102.5, 102.9) == 0
    assert HEADERS.intervals == (1000.0,) * 8


def test_the_steps_of_a_join_sum_to_it() -> None:
    figures = {figure.name: figure for figure in joins.figures_of([MOMENTS], HEADERS)}
    assert figures["join: sent to HOLDER, p99"].value == pytest.approx(2000)
    assert figures["join: sent to HOLDER, p99"].at_most == pytest.approx(3000)
    assert figures["join: sent to HOLDER, p99 in blocks"].value == 2
    steps = [figures[f"join: {step}"].value for step in STEPS]
    assert steps == pytest.approx([100, 400, 250, 750, 500])


def test_a_header_that_came_before_the_newcomer_looked_took_no_time() -> None:
    late = Moments(sent=102.5, taken=102.6, confirmed=104.25, holder=104.5, height=3)
    figures = {figure.name: figure for figure in joins.figures_of([late], HEADERS)}
    steps = [figures[f"join: {step}"].value for step in STEPS]
    assert steps == pytest.approx([100, 400, 1250, 0, 250])


def test_a_rate_leaves_the_first_block_out() -> None:
    """Its registers may have waited long before."""
    heights = [2, 2, 2, 3, 4, 4, 6]
    rate, block, interval = registrations.figures_of(heights, HEADERS)
    assert rate.value == pytest.approx(4 / 4)
    assert block.samples == (1.0, 2.0, 0.0, 1.0)
    assert interval.value == pytest.approx(1000)


def test_blocks_without_enclaves_are_compared_run_by_run() -> None:
    """A run on a busy machine is slow on both sides."""
    figures = enclaves_stopped.figures_of([[1.0, 1.0], [3.0, 5.0]], [[1.0, 1.2], [4.0, 4.8]])
    values = {figure.name.partition(", ")[2]: figure for figure in figures}
    assert values["enclaves running"].samples == pytest.approx((1_000, 4_000))
    assert values["enclaves stopped: the longest"].value == pytest.approx(4_800)
    assert values["stopped over running"].samples == pytest.approx((1.1, 1.1))
    assert values["stopped over running"].at_most == enclaves_stopped.TARGET
