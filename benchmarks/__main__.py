"""`python -m benchmarks [FIGURE ..] [--quick] [--record]`: measures, prints a table, keeps JSON.

One file of this folder a figure. Results go to benchmarks/out/FIGURE.json with a picture beside it
(FIGURE.svg); with --record the picture goes to benchmarks/pictures/, and the figure's section of
benchmarks/RESULTS.md is written anew, all others left as they are. Exit codes: 0 measured, 1 a
benchmark broke, 2 wrong usage; a missed target is a result, and the table says so.
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
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks import (
    building_blocks,
    by_proof,
    confirmation,
    enclaves_stopped,
    flood,
    gas,
    joins,
    light_client,
    process,
    proofs,
    proposals,
    queries,
    quote_verification,
    registrations,
    restart,
    state_sync,
    state_tree,
)
from benchmarks.measure import RUNS, Effort, Figure, out_folder
from benchmarks.picture import Panel, by_unit, draw

FOLDER: Final = Path(__file__).parent
PICTURES: Final = FOLDER / "pictures"
LIBRARIES: Final = ("dcap-qvl", "cryptography", "pynacl", "grpcio")
TABLE_WIDTH: Final = 140
RESULTS: Final = FOLDER / "RESULTS.md"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One file of this folder."""

    title: str
    run: Callable[[Effort], list[Figure]]
    calls: int
    """Of each side in one run; or the number of things that are done once."""
    picture: Callable[[Sequence[Figure]], list[Panel]] = by_unit


FIGURES: Final[Mapping[str, Benchmark]] = {
    "quote_verification": Benchmark(
        "Verifying a quote", quote_verification.run, quote_verification.CALLS
    ),
    "confirmation": Benchmark("Confirming newcomers", confirmation.run, confirmation.CALLS),
    "process": Benchmark("The enclave's process", process.run, process.CALLS),
    "building_blocks": Benchmark("Building blocks", building_blocks.run, building_blocks.CALLS),
    "state_tree": Benchmark("The state tree", state_tree.run, state_tree.CALLS, state_tree.picture),
    "proofs": Benchmark("Proofs", proofs.run, proofs.CALLS, proofs.picture),
    "light_client": Benchmark(
        "The light client", light_client.run, light_client.CALLS, light_client.picture
    ),
    "by_proof": Benchmark("What proofs add", by_proof.run, by_proof.CALLS),
    "state_sync": Benchmark("State sync", state_sync.run, state_sync.CALLS),
    "proposals": Benchmark(
        "A cold block of registers", proposals.run, proposals.CALLS, proposals.picture
    ),
    "gas": Benchmark("What a unit of gas takes", gas.run, gas.CALLS, gas.picture),
    "queries": Benchmark("A block beside queries", queries.run, queries.CALLS),
    "joins": Benchmark("Joining a network of four", joins.run, joins.CALLS, joins.picture),
    "registrations": Benchmark(
        "Registrations of a network of four",
        registrations.run,
        registrations.CALLS,
        registrations.picture,
    ),
    "enclaves_stopped": Benchmark(
        "Blocks while every enclave is stopped", enclaves_stopped.run, enclaves_stopped.CALLS
    ),
    "flood": Benchmark("Blocks under floods", flood.run, flood.CALLS, flood.picture),
    "restart": Benchmark("A validator starts again", restart.run, restart.CALLS, restart.picture),
}
"""By the name of the file."""


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
    results = {
        name: _measure(name, quick=options.quick, record=options.record)
        for name in options.figures or FIGURES
    }
    _print(results)
    return 0


def _measure(name: str, *, quick: bool, record: bool) -> list[Figure]:
    benchmark = FIGURES[name]
    effort = Effort(runs=1, calls=1) if quick else Effort(runs=RUNS, calls=benchmark.calls)
    load = os.getloadavg()[0]
    figures = benchmark.run(effort)
    circumstances = _circumstances(load)
    out = out_folder()
    content = {**circumstances, "figures": [asdict(figure) for figure in figures]}
    (out / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")
    note = f"{circumstances['machine']}, {circumstances['date']}, commit {circumstances['commit']}"
    picture = draw(benchmark.title, benchmark.picture(figures), note=note)
    (out / f"{name}.svg").write_text(picture)
    if record:
        PICTURES.mkdir(exist_ok=True)
        (PICTURES / f"{name}.svg").write_text(picture)
        text = RESULTS.read_text() if RESULTS.exists() else ""
        RESULTS.write_text(recorded(text, name, section(name, figures, circumstances)))
    return figures


def section(name: str, figures: Sequence[Figure], circumstances: Mapping[str, str]) -> str:
    """A figure's part of RESULTS.md."""
    facts = "".join(f"- {key}: {value}\n" for key, value in circumstances.items())
    rows = "".join("| " + " | ".join(_cells(figure)) + " |\n" for figure in figures)
    title = FIGURES[name].title
    return f"## {title}\n\n![{title}](pictures/{name}.svg)\n\n{facts}\n{_COLUMNS}{rows}"


def recorded(text: str, name: str, new: str) -> str:
    """RESULTS.md with another section for one figure; in the order of `FIGURES`."""
    found = {part.partition("\n")[0]: f"## {part}" for part in text.split("\n## ")[1:]}
    found[FIGURES[name].title] = new
    titles = [benchmark.title for benchmark in FIGURES.values()]
    sections = [found[title].rstrip("\n") for title in titles if title in found]
    return _TITLE + "\n" + "\n\n".join(sections) + "\n"


def _circumstances(before: float) -> dict[str, str]:
    """What may explain the figures; `before` is the load when they began, by others alone."""
    with Path("/proc/cpuinfo").open() as file:
        models = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    after = os.getloadavg()[0]
    return {
        "machine": f"{len(models)} x {models[0] if models else platform.machine()}",
        "load": f"{before:.1f} before, {after:.1f} after, of {os.cpu_count()} processors",
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

    parts = (
        "../enclave",
        "../chain_module",
        "../node",
        "../proto",
        ".",
        ":!RESULTS.md",
        ":!pictures",
    )
    changed = git("status", "--porcelain", "--", *parts)
    return git("rev-parse", "--short", "HEAD") + (" and changes" if changed else "")


def _print(results: Mapping[str, Sequence[Figure]]) -> None:
    table = Table("figure", "value", "target", "verdict", "runs")
    for figures in results.values():
        for figure in figures:
            table.add_row(*_cells(figure))
        table.add_section()
    Console(width=TABLE_WIDTH).print(table)


def _cells(figure: Figure) -> tuple[str, str, str, str, str]:
    target = f"<= {figure.at_most:g} {figure.unit}" if figure.at_most is not None else ""
    spread = f"{min(figure.samples):.3f} to {max(figure.samples):.3f}" if figure.samples else ""
    return figure.name, f"{figure.value:.3f} {figure.unit}", target, figure.verdict, spread


_TITLE: Final = """\
# Results

Written by `.venv/bin/python -m benchmarks --record`, a section for each file of this folder, which
says what is measured and how. A value is the median of 7 runs that alternate between its sides,
unless its name or its file says otherwise; a ratio is the median of the ratios of each run. Work
inside one thread is in seconds of CPU, work of several processes in seconds that passed.
"""
_COLUMNS: Final = """\
| figure | value | target | verdict | runs |
| --- | --- | --- | --- | --- |
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
