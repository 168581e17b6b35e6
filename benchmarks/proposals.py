"""CPU of a block with eight registers that a validator has never seen: no verdict is ready.

Applications of the product over one state, each with empty caches; the registers stood in no
mempool before. Prepare has the envelopes made, Process has them made again and compares, Finalize
takes the run that Process kept. The enclave answers in the same thread here: its time is said
apart, for on a real node it is another process's.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.measure import CPU, Effort, Figure, milliseconds
from benchmarks.picture import Panel, bars
from chain_module.app.block import Pending
from chain_module.app.proposals import Envelopes
from chain_module.message import BlockContext
from node.application.parts import EnvelopeSource
from tests.support.enclaves import Node
from tests.support.next_block import NextBlock

REGISTERS: Final = 8
CALLS: Final = 10
HISTORY: Final = 5
TARGET_MS: Final = 33.0
"""protocol.md section 6: about 23 ms of CPU for a cold block, the node's and the enclave's; and 10
that proofs may add (`by_proof`)."""


class Timed:
    """An `EnvelopeSource` that knows how long its enclave took."""

    def __init__(self, source: EnvelopeSource) -> None:
        self._source = source
        self.seconds = 0.0

    def for_proposal(self, context: BlockContext) -> Envelopes:
        """As `EnvelopeSource`."""
        return self._timed(self._source.for_proposal(context))

    def for_judgement(self, context: BlockContext) -> Envelopes:
        """As `EnvelopeSource`."""
        return self._timed(self._source.for_judgement(context))

    def _timed(self, ask: Envelopes) -> Envelopes:
        def timed(registers: Sequence[Pending]) -> Sequence[bytes | None]:
            started = CPU()
            answers = ask(registers)
            self.seconds += CPU() - started
            return answers

        return timed


class ColdBlock:
    """A block of registers, and what it costs to come to it with nothing known."""

    def __init__(self, folder: Path) -> None:
        people = tuple(f"newcomer{number}" for number in range(REGISTERS))
        self._next = NextBlock(folder, people=people)
        chain = self._next.chain
        chain.blocks(HISTORY)
        self._mempool = [chain.register_tx(Node(name), chain.people[name]) for name in people]
        self._txs = self._next.prepared(self._next.application(), self._mempool)
        if len(self._txs) != 2 * REGISTERS:
            raise RuntimeError(f"{len(self._txs)} transactions in the block")

    def prepare(self) -> dict[str, float]:
        """Seconds of CPU."""
        source = Timed(self._next.chain.peers[0].source)
        application = self._next.application(envelopes=source)
        started = CPU()
        self._next.prepared(application, self._mempool)
        return _parts("Prepare", CPU() - started, source)

    def process_and_finalize(self) -> dict[str, float]:
        """Seconds of CPU."""
        source = Timed(self._next.chain.peers[0].source)
        application = self._next.application(envelopes=source)
        started = CPU()
        accepted = self._next.processed(application, self._txs)
        processed = CPU()
        self._next.finalized(application, self._txs)
        finalized = CPU() - processed
        if not accepted:
            raise RuntimeError("the block was refused")
        found = _parts("Process", processed - started, source)
        return {**found, "Finalize, of the kept run": finalized}

    def close(self) -> None:
        """Ends it."""
        self._next.chain.close()


def run(effort: Effort) -> list[Figure]:
    """Each call, the node's part and the enclave's; then a validator's whole block."""
    samples: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        block = ColdBlock(Path(folder))
        block.process_and_finalize()
        for _ in range(effort.runs):
            calls = [
                {**block.prepare(), **block.process_and_finalize()} for _ in range(effort.calls)
            ]
            for name in calls[0]:
                mean = statistics.mean(call[name] for call in calls)
                samples.setdefault(name, []).append(mean)
        block.close()
    kind = f"a cold block of {REGISTERS} registers"
    figures = [milliseconds(f"{kind}: {name}", seconds) for name, seconds in samples.items()]
    validator = tuple(
        1_000 * (node + enclave)
        for node, enclave in zip(
            samples["Process, the node"], samples["Process, the enclave"], strict=True
        )
    )
    whole = f"{kind}: Process, both"
    return [
        *figures,
        Figure(whole, statistics.median(validator), "ms", TARGET_MS, validator),
    ]


def picture(figures: Sequence[Figure]) -> list[Panel]:
    """All in one."""
    return [bars("Milliseconds of CPU", figures)]


def _parts(name: str, seconds: float, source: Timed) -> dict[str, float]:
    return {f"{name}, the node": seconds - source.seconds, f"{name}, the enclave": source.seconds}
