"""Following headers of 150 validators: ours over CometBFT's `light` package.

Ours: `enclave_rule.verify_step`. Go's: `light.Verify` at trust level 2/3 in a process of its own,
which made the chain: one set of Ed25519 keys, all of which sign. In sequence each header follows
from the one before; skipping, each but the first two from the first. Both sides verify the same
blocks, turn by turn, in seconds of CPU of their whole process. Reading a light block from its bytes
is outside of both, and measured by itself.

Go verifies the signatures of a commit in batches, and for a skip twice; libsodium has no batches,
and ours verifies each once.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Final

from benchmarks.go_process import GoProcess
from benchmarks.measure import CPU, Effort, Figure, alternate, milliseconds, ratio
from benchmarks.picture import Panel, bars
from enclave.light_client.codec import decode_light_block
from enclave.light_client.enclave_rule import verify_step
from enclave.light_client.types import LightBlock
from enclave.wire import strict_decode
from seedpact.light.v1 import light_pb2

VALIDATORS: Final = 150
HEADERS: Final = 12
CALLS: Final = 3
"""Times that each side goes through the chain in one run."""
TARGET: Final = 2.0
"""Half of Go's headers a second."""
MAX_BYTES: Final = 1 << 20
WAYS: Final = {"sequential": "in sequence", "skipping": "skipping"}
"""What the oracle is asked (light/speed.go), and what it is called here."""


class Gos(GoProcess):
    """CometBFT's side: it makes the chain."""

    def __init__(self, *, validators: int, headers: int) -> None:
        super().__init__("light", "speed", f"-validators={validators}", f"-headers={headers}")
        self.blocks = [bytes.fromhex(self.line()) for _ in range(headers)]

    def seconds(self, way: str) -> float:
        """Of CPU, to go through the chain once."""
        return int(self.ask(way)) / 1e9


def run(effort: Effort) -> list[Figure]:
    """Headers a second of both sides, and how many times longer ours takes a header."""
    headers = 4 if effort.calls == 1 else HEADERS
    with Gos(validators=VALIDATORS, headers=headers) as gos:
        figures = [figure for way in WAYS for figure in _figures(way, gos, effort)]
        block = gos.blocks[0]
    reading = alternate({"ours": lambda: _read(block)}, effort=effort, clock=CPU)
    return [*figures, milliseconds("reading a light block of 150", reading["ours"])]


def picture(figures: Sequence[Figure]) -> list[Panel]:
    """Both sides of each way, then the ratios."""
    return [
        bars("Headers a second", [figure for figure in figures if figure.unit == "headers/s"]),
        bars("Ours over Go's, time a header", [figure for figure in figures if figure.unit == "x"]),
    ]


def _figures(way: str, gos: Gos, effort: Effort) -> list[Figure]:
    ours: list[float] = []
    theirs: list[float] = []
    blocks = [_read(block) for block in gos.blocks]
    # The first run warms both up.
    for _ in range(effort.runs + 1):
        used = [0.0, 0.0]
        for _ in range(effort.calls):
            started = time.process_time()
            steps = _follow(blocks, skipping=way == "skipping")
            used[0] += time.process_time() - started
            used[1] += gos.seconds(way)
        for side, total in zip((ours, theirs), used, strict=True):
            side.append(total / effort.calls / steps)
    name = f"{VALIDATORS} validators, {WAYS[way]}"
    return [
        _rate(f"{name}: ours", ours[1:]),
        _rate(f"{name}: Go's", theirs[1:]),
        ratio(f"{name}: ours over Go's, time a header", ours[1:], theirs[1:], at_most=TARGET),
    ]


def _follow(blocks: Sequence[LightBlock], *, skipping: bool) -> int:
    """Ours, through the chain once; the number of steps."""
    trusted = blocks[0].header
    later = blocks[2:] if skipping else blocks[1:]
    for block in later:
        # The set never changes: the block's own is the one that the trusted header announced.
        found = verify_step(trusted, block, chain_id=trusted.chain_id, trusted_next=None)
        trusted = trusted if skipping else found
    return len(later)


def _read(written: bytes) -> LightBlock:
    return decode_light_block(strict_decode(light_pb2.LightBlock, written, max_bytes=MAX_BYTES))


def _rate(name: str, seconds: Sequence[float]) -> Figure:
    samples = tuple(1 / value for value in seconds)
    return Figure(name, statistics.median(samples), "headers/s", samples=samples)
