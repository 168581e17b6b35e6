"""Pictures are SVG that parses, within its own frame, and say their numbers as text."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.measure import Figure
from benchmarks.picture import WIDTH, Panel, bars, by_unit, draw, histogram

NAMESPACE = {"svg": "http://www.w3.org/2000/svg"}

numbers = st.floats(0.001, 1e7)
figures = st.builds(
    Figure,
    st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), max_size=40),
    numbers,
    st.sampled_from(["ms", "MB", "x"]),
    at_most=st.none() | numbers,
    samples=st.lists(numbers, min_size=1, max_size=20).map(tuple),
)


def parsed(*panels: Panel, title: str = "Title") -> ET.Element:
    return ET.fromstring(draw(title, panels, note="a note"))  # noqa: S314 (our own text)


def texts(picture: ET.Element) -> list[str]:
    return [text.text or "" for text in picture.iterfind(".//svg:text", NAMESPACE)]


@given(some=st.lists(figures, min_size=1, max_size=5))
def test_whatever_is_drawn_parses_and_stays_inside(some: list[Figure]) -> None:
    """Any names and numbers give XML whose shapes are in the frame."""
    picture = parsed(*by_unit(some), *[histogram("All", figure) for figure in some])
    for rect in picture.iterfind(".//svg:rect", NAMESPACE):
        left, wide = float(rect.attrib["x"]), float(rect.attrib["width"])
        assert 0 <= left <= left + wide <= WIDTH + 0.1
    for line in picture.iterfind(".//svg:line", NAMESPACE):
        assert 0 <= float(line.attrib["x1"]) <= float(line.attrib["x2"]) <= WIDTH


def test_a_bar_says_its_name_its_value_and_its_target() -> None:
    picture = parsed(bars("Some", [Figure("a < b", 1234.5, "ms", at_most=2000.0)]), title="A & B")
    assert {"A & B", "Some", "a < b", "1,234 ms, at most 2,000", "a note"} <= set(texts(picture))


@pytest.mark.parametrize(("value", "ink"), [(1.0, "#1f2933"), (3.0, "#b5392f")])
def test_a_missed_target_is_marked(value: float, ink: str) -> None:
    picture = parsed(bars("Some", [Figure("one", value, "ms", at_most=2.0)]))
    elements = picture.iterfind(".//svg:text", NAMESPACE)
    assert [one.attrib["fill"] for one in elements if "at most" in str(one.text)] == [ink]


def test_bars_are_as_long_as_their_values() -> None:
    picture = parsed(bars("Some", [Figure("one", 1.0, "ms"), Figure("two", 4.0, "ms")]))
    _, one, two = picture.iterfind(".//svg:rect", NAMESPACE)
    assert float(two.attrib["width"]) == pytest.approx(4 * float(one.attrib["width"]), rel=0.01)


def test_a_distribution_shows_every_sample_once() -> None:
    samples = (1.0, 1.0, 1.0, 9.0)
    picture = parsed(histogram("Times", Figure("t", 9.0, "ms", at_most=10.0, samples=samples)))
    high = [float(one.attrib["height"]) for one in picture.iterfind(".//svg:rect", NAMESPACE)][1:]
    highest = max(high)
    assert sorted(round(3 * one / highest) for one in high if one) == [1, 3]
    assert "Times: 4 times" in texts(picture)
    assert "target for p99 10.0 ms" in texts(picture)
