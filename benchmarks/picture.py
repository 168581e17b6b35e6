"""Pictures of figures, as SVG that a browser and a code forge show: bars, and distributions.

A panel is drawn from its own top; `draw` puts panels under each other. Colours are told apart by
people who see few of them, and nothing is said by colour alone.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from benchmarks.measure import Figure

WIDTH: Final = 980
MARGIN: Final = 24
LABELS: Final = 440
"""Where bars begin: their names stand left of it."""
VALUES: Final = 150
"""What stands right of the longest bar."""
ROW: Final = 26
BAR: Final = 14
TITLE: Final = 40
GAP: Final = 20
PLOT: Final = 170
"""Height of a distribution."""
BINS: Final = 40

INK: Final = "#1f2933"
SOFT: Final = "#6b7785"
BLUE: Final = "#2f6db5"
PALE: Final = "#a9c4e4"
RED: Final = "#b5392f"
FONT: Final = "font-family='system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'"
SPANS: Final = (1, 2, 2.5, 5, 10)
"""Round steps of an axis, of a power of ten."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a picture."""

    height: int
    parts: tuple[str, ...]
    """SVG elements, from y = 0 on."""


def bars(title: str, figures: Sequence[Figure]) -> Panel:
    """One bar a figure, all of one unit: value, the range of its runs, its target."""
    most = max(max(_extent(figure)) for figure in figures) or 1.0
    scale = (WIDTH - 2 * MARGIN - LABELS - VALUES) / most
    parts = [_heading(title)]
    for row, figure in enumerate(figures):
        parts += _bar(figure, top=TITLE + row * ROW, scale=scale)
    return Panel(TITLE + len(figures) * ROW + GAP, tuple(parts))


def histogram(title: str, figure: Figure) -> Panel:
    """How the samples of a figure are spread, with median, the figure itself, and its target."""
    most = max(_extent(figure)) or 1.0
    step = _step(most)
    end = step * math.ceil(most / step)
    scale = (WIDTH - 2 * MARGIN) / end
    base = TITLE + PLOT
    counts = [0] * BINS
    for sample in figure.samples:
        counts[min(BINS - 1, int(sample / end * BINS))] += 1
    parts = [_heading(f"{title}: {len(figure.samples)} times")]
    wide = (WIDTH - 2 * MARGIN) / BINS
    for index, count in enumerate(counts):
        high = (PLOT - GAP) * count / max(counts)
        parts.append(_rect(MARGIN + index * wide, base - high, wide - 1, high, PALE))
    parts.append(_line(MARGIN, base, WIDTH - MARGIN, base, INK))
    last = round(end / step)
    for tick in range(last + 1):
        x, said = MARGIN + tick * step * scale, f"{tick * step:g} {figure.unit}"
        anchor = {0: "start", last: "end"}.get(tick, "middle")
        parts.append(_text(x, base + 16, said, SOFT, size=11, anchor=anchor))
    marks = [("median", statistics.median(figure.samples), BLUE), ("p99", figure.value, INK)]
    if figure.at_most is not None:
        marks.append(("target for p99", figure.at_most, RED))
    for row, (name, value, colour) in enumerate(marks):
        x, y = MARGIN + value * scale, TITLE + 8 + row * 15
        parts.append(_line(x, y - 8, x, base, colour, dashed=True))
        left = value > end / 2
        label = f"{name} {_number(value)} {figure.unit}"
        place = x - 5 if left else x + 5
        parts.append(_text(place, y, label, colour, size=12, anchor="end" if left else "start"))
    return Panel(base + 26 + GAP, tuple(parts))


def by_unit(figures: Sequence[Figure]) -> list[Panel]:
    """Bars of all figures, a panel for each unit."""
    units = dict.fromkeys(figure.unit for figure in figures)
    names = {"x": "Ratios", "ms": "Milliseconds", "s": "Seconds", "MB": "Memory, MB"}
    return [
        bars(names.get(unit, unit), [figure for figure in figures if figure.unit == unit])
        for unit in units
    ]


def draw(title: str, panels: Iterable[Panel], *, note: str) -> str:
    """The picture: an SVG document."""
    placed, top = [], 2 * MARGIN
    for panel in panels:
        inside = "\n".join(panel.parts)
        placed.append(f"<g transform='translate(0 {top})'>\n{inside}\n</g>")
        top += panel.height
    height = top + MARGIN
    head = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' "
        f"width='{WIDTH}' height='{height}' role='img' {FONT}>"
    )
    lines = [
        head,
        f"<title>{escape(title)}</title>",
        _rect(0, 0, WIDTH, height, "#ffffff"),
        _text(MARGIN, MARGIN + 10, title, INK, size=19, bold=True),
        *placed,
        _text(MARGIN, height - 12, note, SOFT, size=11),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _bar(figure: Figure, *, top: float, scale: float) -> list[str]:
    left, middle = MARGIN + LABELS, top + BAR / 2
    parts = [
        _text(left - 10, middle + 4, figure.name, INK, size=12, anchor="end"),
        _rect(left, top, figure.value * scale, BAR, BLUE),
    ]
    if len(figure.samples) > 1:
        low, high = min(figure.samples) * scale, max(figure.samples) * scale
        parts += [
            _line(left + low, middle, left + high, middle, INK),
            _line(left + low, middle - 4, left + low, middle + 4, INK),
            _line(left + high, middle - 4, left + high, middle + 4, INK),
        ]
    said = f"{_number(figure.value)} {figure.unit}"
    if figure.at_most is not None:
        x = left + figure.at_most * scale
        parts.append(_line(x, top - 4, x, top + BAR + 4, RED))
        said += f", at most {_number(figure.at_most)}"
    end = max(_extent(figure)) * scale
    colour = RED if figure.verdict == "MISSED" else INK
    parts.append(_text(left + end + 8, middle + 4, said, colour, size=12))
    return parts


def _extent(figure: Figure) -> tuple[float, ...]:
    return (figure.value, figure.at_most or 0.0, *figure.samples)


def _step(most: float) -> float:
    """A round step of which at most eight reach `most`."""
    power = 10.0 ** math.floor(math.log10(most / 8))
    return next(power * span for span in SPANS if power * span * 8 >= most)


def _number(value: float) -> str:
    """Three digits, or all of a larger number."""
    digits = max(0, 2 - math.floor(math.log10(value))) if value > 0 else 0
    return f"{value:,.{digits}f}"


def _heading(text: str) -> str:
    return _text(MARGIN, 18, text, INK, size=14, bold=True)


def _rect(x: float, y: float, wide: float, high: float, colour: str) -> str:
    size = f"width='{max(0.0, wide):.1f}' height='{max(0.0, high):.1f}'"
    return f"<rect x='{x:.1f}' y='{y:.1f}' {size} fill='{colour}'/>"


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, dashed: bool = False) -> str:
    dash = " stroke-dasharray='4 3'" if dashed else ""
    ends = f"x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}'"
    return f"<line {ends} stroke='{colour}' stroke-width='1.5'{dash}/>"


def _text(
    x: float,
    y: float,
    text: str,
    colour: str,
    *,
    size: int,
    anchor: str = "start",
    bold: bool = False,
) -> str:
    weight = " font-weight='600'" if bold else ""
    place = f"x='{x:.1f}' y='{y:.1f}' fill='{colour}' text-anchor='{anchor}'"
    return f"<text {place} font-size='{size}'{weight}>{escape(text)}</text>"
