"""The interval of blocks while strangers flood a network of four, beside a quiet one.

Each scenario has a network of its own, with the settings of `seedpactd init`: first a quiet span,
then one under load (`flooding/scenarios.py`), by a generator of peers, RPC and gRPC clients
(tests/flood) that runs at nice 19 on the same processors. A ratio compares the two means of one
network: it should be 1.2, and may be 1.5. One run of each.

`python -m benchmarks.flood --scenario a4 --seconds 30` runs one by hand, and `--against FOLDER` on
a localnet that runs, whose genesis it takes as it is. All counts are in benchmarks/out/flood/.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks.flooding.generator import Delivered, Generator, since
from benchmarks.flooding.scenarios import SCENARIOS, Scenario
from benchmarks.flooding.watching import (
    Blocks,
    Span,
    Waiting,
    mempool,
    read_blocks,
    sampled,
    validators_cpu,
)
from benchmarks.measure import Effort, Figure, out_folder
from benchmarks.network import Network, network
from benchmarks.picture import Panel, bars
from node.config.cometbft import DEFAULT_COMMIT_MS
from node.localnet.store import Folder

CALLS: Final = 60
"""Seconds under load."""
FEW: Final = 5
QUIET_SECS: Final = 30
AIM: Final = 1.2
BOUND: Final = 1.5
FILL_SECS: Final = 180.0
"""How long a mempool may take to fill; what waits then is what is measured."""
FULL: Final = 0.98
"""Of what should wait: blocks take some of it all the time."""
RATIO: Final = "over quiet"


@dataclass(frozen=True)
class Measured:
    """One scenario on one network."""

    quiet: Blocks
    loaded: Blocks
    seconds: float
    """Of load."""
    delivered: Mapping[str, Delivered]
    """In these seconds, by lane."""
    waiting: Waiting
    generator_cpu: float
    """Seconds of a core."""
    validators_cpu: float


def run(effort: Effort) -> list[Figure]:
    """All scenarios; in a tiny run the first."""
    tiny = effort.calls < FEW
    names = list(SCENARIOS)[:1] if tiny else list(SCENARIOS)
    return [
        figure
        for name in names
        for figure in figures_of(name, measure(name, seconds=max(effort.calls, FEW)))
    ]


def picture(figures: Sequence[Figure]) -> list[Panel]:
    """The ratios, and the longest interval of each load."""
    longest = [one for one in figures if one.name.endswith("the longest")]
    return [
        bars("Mean interval of blocks, over quiet", [one for one in figures if one.unit == "x"]),
        bars("The longest interval under load", longest),
    ]


def measure(name: str, *, seconds: float, quiet: float = QUIET_SECS) -> Measured:
    """One scenario, on a network of its own."""
    scenario = SCENARIOS[name]
    with network(block_ms=DEFAULT_COMMIT_MS, change=scenario.change) as running:
        return measure_on(running, name, seconds=min(seconds, quiet), load=seconds)


def measure_on(running: Network, name: str, *, seconds: float, load: float) -> Measured:
    """One scenario on a network that runs: quiet for some `seconds`, then under `load`.

    Its counts are kept in a file.
    """
    scenario = SCENARIOS[name]
    lanes = scenario.lanes(running)
    first = running.height(running.localnet.bootstrap)
    quiet = _pass(seconds)
    with Generator(running.localnet.chain_id, lanes) as strangers:
        started = strangers.counts()
        _wait_until_full(running, scenario)
        before = strangers.counts() if scenario.fill_bytes or scenario.fill_count else started
        own, others = strangers.cpu_secs(), validators_cpu(running)
        with sampled(running) as waiting:
            loaded = _pass(load)
        used = {pid: cpu - others.get(pid, 0.0) for pid, cpu in validators_cpu(running).items()}
        own = strangers.cpu_secs() - own
        delivered = since(before, strangers.counts())
    found = Measured(
        quiet=read_blocks(running, first, quiet),
        loaded=read_blocks(running, first, loaded),
        seconds=loaded.end - loaded.start,
        delivered=delivered,
        waiting=waiting,
        generator_cpu=own,
        validators_cpu=sum(used.values()),
    )
    _keep(name, found)
    return found


def figures_of(name: str, found: Measured) -> list[Figure]:
    """Of one scenario."""
    title = SCENARIOS[name].title
    sent = sum(one.sent for one in found.delivered.values()) / found.seconds
    size = sum(one.bytes for one in found.delivered.values()) / found.seconds
    share = 100 / (found.seconds * (os.cpu_count() or 1))
    loaded = found.loaded
    return [
        _intervals(f"{title}: interval before, quiet", found.quiet),
        _intervals(f"{title}: interval", loaded),
        Figure(
            f"{title}: {RATIO} (aim {AIM})",
            loaded.mean / found.quiet.mean,
            "x",
            at_most=BOUND,
        ),
        Figure(f"{title}: the longest", 1_000 * loaded.longest, "ms"),
        Figure(f"{title}: blocks after round 0", float(loaded.late_rounds), "blocks"),
        Figure(f"{title}: sent", sent, "per s"),
        Figure(f"{title}: sent, bytes", size / 1e6, "MB/s"),
        Figure(f"{title}: waiting, mean", found.waiting.count, "transactions"),
        Figure(f"{title}: waiting, mean bytes", found.waiting.size / 1e6, "MB"),
        Figure(f"{title}: processors used by the generator", share * found.generator_cpu, "%"),
        Figure(f"{title}: processors used by validators", share * found.validators_cpu, "%"),
    ]


def _intervals(name: str, blocks: Blocks) -> Figure:
    samples = tuple(1_000 * one for one in blocks.intervals)
    return Figure(name, 1_000 * blocks.mean, "ms", samples=samples)


def _keep(name: str, found: Measured) -> None:
    folder = out_folder() / "flood"
    folder.mkdir(exist_ok=True)
    content = {"scenario": name, "title": SCENARIOS[name].title, **asdict(found)}
    (folder / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")


def _pass(seconds: float) -> Span:
    start = time.time()
    time.sleep(seconds)
    return Span(start, time.time())


def _wait_until_full(running: Network, scenario: Scenario) -> None:
    deadline = time.monotonic() + FILL_SECS
    while time.monotonic() < deadline:
        count, size = mempool(running) or (0, 0)
        if count >= FULL * scenario.fill_count and size >= FULL * scenario.fill_bytes:
            return
        time.sleep(1.0)


def main(arguments: Sequence[str]) -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flood", description=__doc__)
    parser.add_argument("--scenario", choices=SCENARIOS, action="append", required=True)
    parser.add_argument("--seconds", type=float, default=CALLS, help="under load")
    parser.add_argument("--quiet", type=float, default=QUIET_SECS, help="seconds before")
    parser.add_argument("--against", type=Path, help="the folder of a localnet that runs")
    options = parser.parse_args(arguments)
    for name in options.scenario:
        if options.against is None:
            found = measure(name, seconds=options.seconds, quiet=options.quiet)
        else:
            folder = Folder(options.against)
            running = Network(folder, folder.load())
            found = measure_on(running, name, seconds=options.quiet, load=options.seconds)
        for figure in figures_of(name, found):
            print(f"{figure.name}: {figure.value:.3f} {figure.unit} {figure.verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
