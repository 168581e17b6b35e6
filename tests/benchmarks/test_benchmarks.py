"""The benchmarks run. What they measure is `make bench`'s business: no test asserts a time."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from benchmarks import (
    building_blocks,
    by_proof,
    confirmation,
    light_client,
    process,
    proofs,
    proposals,
    queries,
    quote_verification,
    state_sync,
)
from benchmarks.__main__ import FIGURES, recorded, section
from benchmarks.measure import Effort, Figure, alternate, ratio

REPOSITORY: Final = Path(__file__).parents[2]
ONCE: Final = Effort(runs=1, calls=1, slices=1)
FEW: Final = 2


def test_each_file_is_a_figure() -> None:
    names = {path.stem for path in (REPOSITORY / "benchmarks").glob("*.py")}
    with_figures = {
        name for name in names if hasattr(importlib.import_module(f"benchmarks.{name}"), "run")
    }
    assert with_figures == set(FIGURES)


def test_quotes_are_verified_beside_the_bare_library() -> None:
    targets = [figure.at_most for figure in quote_verification.run(ONCE)]
    assert targets == [None, None, quote_verification.TARGET] * 3


def test_newcomers_are_confirmed_in_process_and_through_grpc() -> None:
    figures = confirmation.run(ONCE, count=FEW)
    targets = [figure.at_most for figure in figures if figure.unit == "x"]
    assert targets == [confirmation.IN_PROCESS_TARGET, confirmation.GRPC_TARGET]


def test_headers_are_followed_in_both_ways_beside_go() -> None:
    figures = light_client.run(ONCE)
    rates = [figure for figure in figures if figure.unit == "headers/s"]
    assert [figure.name.rpartition(": ")[2] for figure in rates] == ["ours", "Go's"] * 2
    assert all(figure.value > 0 for figure in rates)
    targets = [figure.at_most for figure in figures if figure.unit == "x"]
    assert targets == [light_client.TARGET] * 2
    assert len(light_client.picture(figures)) == 2


def test_proofs_are_made_and_verified_beside_go() -> None:
    figures = proofs.run(ONCE)
    rates = [figure for figure in figures if figure.unit == "proofs/s"]
    assert len(rates) == 2 * 2 * 2 + 2 * 2
    assert all(figure.value > 0 for figure in rates)
    assert len([figure for figure in figures if figure.unit == "x"]) == 2 * 2
    assert len(proofs.picture(figures)) == 2


def test_what_proofs_add_is_measured() -> None:
    figures = by_proof.run(ONCE)
    assert [figure.name.split(": ")[0] for figure in figures] == [
        *["a block"] * 5,
        *["in a block"] * 2,
        *["beside a block"] * 2,
        *["a join"] * 3,
    ]
    targets = [(figure.name.split(": ")[0], figure.at_most) for figure in figures if figure.at_most]
    assert targets == [("in a block", by_proof.TARGET_MS)] * 2


def test_a_state_is_served_and_restored() -> None:
    figures = state_sync.run(ONCE)
    assert [figure.unit for figure in figures] == ["s", "s", "MB", "MB", "MB", "s", "ms"]
    assert all(figure.value > 0 for figure in figures)


def test_start_and_memory_are_measured() -> None:
    units = [figure.unit for figure in process.run(ONCE, count=FEW)]
    assert units == ["s", "s", "MB", "MB"]


def test_building_blocks_are_measured() -> None:
    assert all(figure.value > 0 for figure in building_blocks.run(ONCE))


def test_a_cold_block_is_measured_in_its_parts() -> None:
    figures = {figure.name.partition(": ")[2]: figure for figure in proposals.run(ONCE)}
    assert set(figures) == {
        "Prepare, the node",
        "Prepare, the enclave",
        "Process, the node",
        "Process, the enclave",
        "Process, both",
        "Finalize, of the kept run",
    }
    parts = figures["Process, the node"].value + figures["Process, the enclave"].value
    assert figures["Process, both"].value == pytest.approx(parts)


def test_a_block_is_measured_beside_queries() -> None:
    figures = queries.run(ONCE)
    assert all(figure.value > 0 for figure in figures)
    assert [figure.at_most for figure in figures if figure.unit == "x"] == [None, queries.AT_MOST]
    assert [figure.name for figure in figures if "the node's" in figure.name][-1].endswith(
        "switch interval 0.5 ms, the node's"
    )


def test_sides_alternate_and_ratios_are_of_one_run() -> None:
    ticks = iter(range(1_000))
    order: list[str] = []
    sides = {name: lambda name=name: order.append(name) for name in ("a", "b")}
    seconds = alternate(sides, effort=Effort(runs=2, calls=4, slices=2), clock=lambda: next(ticks))
    assert order == ["a", "b", *(["a", "a", "b", "b"] * 4)]
    assert seconds == {"a": [0.5, 0.5], "b": [0.5, 0.5]}
    assert ratio("a over b", [3.0, 1.0, 8.0], [1.0, 1.0, 2.0], at_most=3.5).value == 3.0


@pytest.mark.parametrize(("value", "verdict"), [(1.0, "met"), (1.1, "MISSED")])
def test_a_missed_target_is_said(value: float, verdict: str) -> None:
    assert Figure("one", value, "x", at_most=1.0).verdict == verdict


def test_an_unknown_figure_is_wrong_usage() -> None:
    command = [sys.executable, "-m", "benchmarks", "nothing"]
    run = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "no such figure: nothing" in run.stderr


FIGURE: Final = Figure("one", 2.0, "ms", at_most=3.0, samples=(1.0, 2.0, 4.0))
CIRCUMSTANCES: Final = {"machine": "some", "date": "some day"}


def test_a_section_is_recorded_and_the_others_stay() -> None:
    joins = section("joins", [FIGURE], CIRCUMSTANCES)
    text = recorded(recorded("", "joins", joins), "process", section("process", [], {}))
    assert text.index("## The enclave's process") < text.index(joins)
    assert "| one | 2.000 ms | <= 3 ms | met | 1.000 to 4.000 |" in text
    again = recorded(text, "joins", section("joins", [], {}))
    assert "| one |" not in again
    assert text.partition("## Joining")[0] == again.partition("## Joining")[0]
    assert recorded(text, "joins", joins) == text
