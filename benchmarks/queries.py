"""A block beside queries: what 16 clients that simulate without a pause cost the consensus lane.

Their transaction has as many messages as one may. A block of 300 sends is judged (ProcessProposal
of an application that has seen none of them) and finalized, by the product's application over one
state: alone; beside the callers while the services answer from the same interpreter, without
limits, as they did before docs/adr/0024; and beside the callers while the query process answers
them. Seconds that passed.

Then the same beside a thread that checks transactions, as the mempool's lane does, at several
switch intervals of the interpreter: who lets go of its lock waits so long to have it back.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.measure import WALL, Effort, Figure, milliseconds
from benchmarks.simulate_callers import CALLERS
from chain_module.limits import MAX_MESSAGES
from node.application.backend import NodeBackend
from node.engine_rpc import EngineRpc
from node.log import no_log
from node.metrics import Metrics
from node.query_process import QueryProcess, Settings
from node.run import SWITCH_SECS
from node.services import GrpcServer, ServerLimits
from node.services.table import all_queries
from node.storage import Storage
from tests.support.next_block import NextBlock
from tests.support.services import NOBODY

SENDS: Final = 300
PEOPLE: Final = 30
CALLS: Final = 1
RUNS: Final = 3
"""At most: one beside the callers in one interpreter takes half a minute."""
AT_MOST: Final = 2.0
"""Times as long as alone."""
BEFORE: Final = ServerLimits(client_calls=64, simulations=64, waiting_simulations=64)
INTERVALS: Final = (0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)
PYTHONS_OWN: Final = 0.005


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds for one block."""

    judged: float
    finalized: float


GAS: Final = 200_000
"""Of a send: a block holds all of them."""


class Blocks:
    """A chain, and its next block of sends: another one at each run, whose signatures are new."""

    def __init__(self, folder: Path) -> None:
        self._people = tuple(f"sender{number}" for number in range(PEOPLE))
        self._next = NextBlock(folder, people=self._people)
        self.chain = self._next.chain
        self.chain.blocks(2)
        self._amounts = itertools.count(1)
        self._signing = threading.Lock()
        sender = self._people[0]
        self.simulated = self.chain.sign(
            self.chain.people[sender], *[self.chain.send_message(sender)] * MAX_MESSAGES
        )
        """What the callers ask about: as much as one transaction may hold."""

    @property
    def storage(self) -> Storage:
        """Of the node."""
        return self.chain.peers[0].storage

    def run(self) -> Took:
        """Judges one, and finalizes it where nobody has judged it, but for its signatures."""
        judge, finalize = self._next.application(), self._next.application()
        txs = self._sends()
        started = WALL()
        accepted = self._next.processed(judge, txs)
        judged = WALL()
        self._next.finalized(finalize, txs)
        if not accepted:
            raise RuntimeError("the block was refused")
        return Took(judged - started, WALL() - judged)

    def check_for_ever(self, stopped: threading.Event) -> None:
        """The mempool's lane under load."""
        while not stopped.is_set():
            check = self._next.application()
            for raw in self._sends():
                if stopped.is_set():
                    return
                self._next.checked(check, raw)

    def _sends(self) -> tuple[bytes, ...]:
        chain, amount = self.chain, next(self._amounts)
        with self._signing:
            for account in chain.people.values():
                account.sequence = 0
            return tuple(
                chain.sign(chain.people[sender], chain.send_message(sender, amount=amount), gas=GAS)
                for _ in range(SENDS // PEOPLE)
                for sender in self._people
            )


def run(effort: Effort) -> list[Figure]:
    """The three ways, and the intervals."""
    runs = min(effort.runs, RUNS)
    with tempfile.TemporaryDirectory() as folder:
        blocks = Blocks(Path(folder))
        with switching(SWITCH_SECS):
            alone = [blocks.run() for _ in range(runs)]
            with query_process(blocks.storage) as address, callers(address, blocks.simulated):
                apart = [blocks.run() for _ in range(runs)]
        with same_process(blocks.storage) as address, callers(address, blocks.simulated):
            together = [blocks.run() for _ in range(runs)]
        intervals = [_beside_checks(blocks, secs, runs=runs) for secs in INTERVALS]
        blocks.chain.close()
    return [
        *_figures("alone", alone),
        *_figures(f"beside {CALLERS} that simulate, in the node's own interpreter", together),
        *_figures(f"beside {CALLERS} that simulate, in the query process", apart),
        _times("in the node's own interpreter", together, alone, at_most=None),
        _times("in the query process", apart, alone, at_most=AT_MOST),
        *intervals,
    ]


@contextlib.contextmanager
def callers(address: str, tx: bytes) -> Iterator[None]:
    """The clients, once the first is answered."""
    command = [sys.executable, "-m", "benchmarks.simulate_callers", address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        try:
            process.stdin.write(tx.hex().encode() + b"\n")
            process.stdin.flush()
            process.stdout.readline()
            yield
        finally:
            process.kill()


@contextlib.contextmanager
def query_process(storage: Storage) -> Iterator[str]:
    """As a node has it; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    settings = Settings(
        listen=address,
        engine=NOBODY,
        keep=100,
        initial_version=storage.initial_version,
        log_format="text",
        log_level="error",
        names=storage.state.names,
    )
    with QueryProcess(storage, settings, log=no_log, metrics=Metrics()):
        yield address


@contextlib.contextmanager
def same_process(storage: Storage) -> Iterator[str]:
    """As it was: the services' threads beside the consensus lane's."""
    with EngineRpc(NOBODY) as engine:
        backend = NodeBackend(storage, engine)
        server = GrpcServer(
            backend,
            all_queries(),
            address="127.0.0.1:0",
            log=no_log,
            metrics=Metrics(),
            limits=BEFORE,
        )
        with server:
            yield server.address


@contextlib.contextmanager
def switching(seconds: float) -> Iterator[None]:
    """The interpreter's switch interval for a while."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _beside_checks(blocks: Blocks, seconds: float, *, runs: int) -> Figure:
    stopped = threading.Event()
    thread = threading.Thread(target=blocks.check_for_ever, args=(stopped,))
    with switching(seconds):
        thread.start()
        try:
            took = [blocks.run().judged for _ in range(runs)]
        finally:
            stopped.set()
            thread.join()
    ours = ", the node's" if seconds == SWITCH_SECS else ""
    return milliseconds(f"judge, beside checks, switch interval {1_000 * seconds:g} ms{ours}", took)


def _figures(how: str, took: Sequence[Took]) -> list[Figure]:
    return [
        milliseconds(f"judge {SENDS} sends, {how}", [each.judged for each in took]),
        milliseconds(f"finalize {SENDS} sends, {how}", [each.finalized for each in took]),
    ]


def _times(
    how: str, took: Sequence[Took], alone: Sequence[Took], *, at_most: float | None
) -> Figure:
    base = statistics.median(each.judged for each in alone)
    samples = tuple(each.judged / base for each in took)
    name = f"judge beside {CALLERS} that simulate {how}, of alone"
    return Figure(name, statistics.median(samples), "x", at_most=at_most, samples=samples)
