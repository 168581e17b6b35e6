"""`python -m benchmarks [FIGURE ..] [--quick] [--record]`: measures, prints a table, keeps JSON.

One file of this folder a figure; results go to benchmarks/out/FIGURE.json, and with --record the
table to benchmarks/RESULTS.md. Exit codes: 0 measured, 1 a benchmark broke, 2 wrong usage; a
missed target is a result, and the table says so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks import building_blocks, confirmation, process, quote_verification, state_tree
from benchmarks.measure import RUNS, Effort, Figure

FOLDER: Final = Path(__file__).parent
OUT: Final = FOLDER / "out"
LIBRARIES: Final = ("dcap-qvl", "cryptography", "grpcio")
TABLE_WIDTH: Final = 140
RESULTS: Final = FOLDER / "RESULTS.md"

FIGURES: Final[Mapping[str, tuple[Callable[[Effort], list[Figure]], int]]] = {
    "quote_verification": (quote_verification.run, quote_verification.CALLS),
    "confirmation": (confirmation.run, confirmation.CALLS),
    "process": (process.run, process.CALLS),
    "building_blocks": (building_blocks.run, building_blocks.CALLS),
    "state_tree": (state_tree.run, state_tree.CALLS),
}
"""By the name of the file: what it measures, and calls of each side in one run."""


def main(arguments: Sequence[str]) -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=", ".join(FIGURES))
    parser.add_argument("--quick", action="store_true", help="one tiny run: that it works at all")
    parser.add_argument("--record", action="store_true", help="write benchmarks/RESULTS.md")
    options = parser.parse_args(arguments)
    unknown = set(options.figures) - set(FIGURES)
    if unknown:
        parser.error(
            f"no such figure: {', '.join(sorted(unknown))}; there are {', '.join(FIGURES)}"
        )
    results = {name: _measure(name, quick=options.quick) for name in options.figures or FIGURES}
    _print(results)
    if options.record:
        RESULTS.write_text(_markdown(results))
    return 0


def _measure(name: str, *, quick: bool) -> list[Figure]:
    run, calls = FIGURES[name]
    figures = run(Effort(runs=1, calls=1) if quick else Effort(runs=RUNS, calls=calls))
    OUT.mkdir(exist_ok=True)
    content = {**_circumstances(), "figures": [asdict(figure) for figure in figures]}
    (OUT / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")
    return figures


def _circumstances() -> dict[str, str]:
    with Path("/proc/cpuinfo").open() as file:
        models = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    load = os.getloadavg()[0]
    return {
        "machine": f"{len(models)} x {models[0] if models else platform.machine()}",
        "load": f"{load:.1f} when it ended (of {os.cpu_count()} processors)",
        "python": platform.python_version(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "commit": _commit(),
        "command": "make bench",
    }


def _commit() -> str:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(FOLDER), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    parts = ("../enclave", "../chain_module", "../proto", ".", ":!RESULTS.md")
    changed = git("status", "--porcelain", "--", *parts)
    return git("rev-parse", "--short", "HEAD") + (" and changes" if changed else "")


def _print(results: Mapping[str, Sequence[Figure]]) -> None:
    table = Table("figure", "median", "target", "verdict", "runs")
    for figures in results.values():
        for figure in figures:
            table.add_row(*_cells(figure))
        table.add_section()
    Console(width=TABLE_WIDTH).print(table)


def _cells(figure: Figure) -> tuple[str, str, str, str, str]:
    target = f"<= {figure.at_most:g} {figure.unit}" if figure.at_most is not None else ""
    spread = f"{min(figure.samples):.3f} to {max(figure.samples):.3f}" if figure.samples else ""
    return figure.name, f"{figure.value:.3f} {figure.unit}", target, figure.verdict, spread


def _markdown(results: Mapping[str, Sequence[Figure]]) -> str:
    head = "".join(f"- {key}: {value}\n" for key, value in _circumstances().items())
    rows = "".join(
        "| " + " | ".join(_cells(figure)) + " |\n"
        for figures in results.values()
        for figure in figures
    )
    return f"{_TITLE}{head}\n{_COLUMNS}{rows}"


_TITLE: Final = """\
# Results

Written by `.venv/bin/python -m benchmarks --record`. Each figure is the median of 7 runs that
alternate between its sides; a ratio is the median of the ratios of each run. Work inside one thread
is in seconds of CPU, work of several processes in seconds that passed.

"""
_COLUMNS: Final = """\
| figure | median | target | verdict | runs |
| --- | --- | --- | --- | --- |
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
