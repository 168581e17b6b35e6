"""ICS-23 proofs of a tree of 200,000 keys, made and verified: ours over Go's.

Made: `tree_proof`, encoded, over `GetProof` of iavl v1.3.5 with all nodes in its cache, encoded.
Verified: the encoded proof, by `enclave.merkle.ics23` over github.com/cosmos/ics23. Of keys that
are there, and of keys that are not: those have two neighbours to show. Both sides ask for the same
keys of the same tree (the roots are compared), turn by turn, in seconds of CPU. Then whole proofs
as a node gives them and an enclave takes them, up to an app hash over four stores.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.go_process import GoProcess
from benchmarks.measure import Effort, Figure
from benchmarks.picture import Panel, bars
from benchmarks.state_blocks import genesis, key, value
from chain_module.store.node import Node, root_hash
from chain_module.store.proofs import prove
from chain_module.store.state import CommittedState
from chain_module.store.tree_proof import tree_proof
from chain_module.store.version import Version, no_version
from enclave.merkle.ics23 import verify_absence, verify_existence
from enclave.merkle.proof_ops import check_absence, check_value
from enclave.merkle.specs import IAVL_SPEC
from seedpact.ics23.v1 import proofs_pb2

KEYS: Final = 200_000
QUICK_KEYS: Final = 2_000
CALLS: Final = 1_000
"""Proofs of each kind in one run."""
STORES: Final = ("auth", "bank", "consensus", "registration")
STORE: Final = "bank"
KINDS: Final = ("present", "absent")


class Gos(GoProcess):
    """The tree of iavl."""

    def __init__(self, *, keys: int, count: int) -> None:
        super().__init__("iavl", "proofs", f"-keys={keys}", f"-count={count}")
        self.root = bytes.fromhex(self.line())

    def seconds(self, work: str) -> dict[str, float]:
        """Of CPU, for all proofs of each kind; `work` is make or verify."""
        words = self.ask(work).split()
        return {kind: int(word) / 1e9 for kind, word in zip(KINDS, words, strict=True)}


class Ours:
    """The same tree, beside three small ones."""

    def __init__(self, *, keys: int, count: int) -> None:
        state = CommittedState(no_version(STORES))
        small: dict[bytes, bytes | None] = {b"key": b"value"}
        state.apply(state.prepare({**dict.fromkeys(STORES, small), STORE: genesis(keys)}))
        self.version: Version = state.newest
        tree = self.version.trees[STORE]
        assert tree is not None
        self.tree: Node = tree
        step = keys // count
        present = [key(index * step) for index in range(count)]
        self.entries: dict[str, list[tuple[bytes, bytes | None]]] = {
            "present": [(each, value(index * step, 0)) for index, each in enumerate(present)],
            "absent": [(each + b"\0", None) for each in present],
        }

    def seconds(self, work: str) -> dict[str, float]:
        """As Go's; `work` is also node or enclave."""
        makers: dict[str, Callable[[bytes], bytes]] = {
            "make": lambda key: tree_proof(self.tree, key).SerializeToString(),
            "node": lambda key: prove(self.version, STORE, key).ops.SerializeToString(),
        }
        takers = {"verify": ("make", self._verify), "enclave": ("node", self._check)}
        used = {}
        for kind, entries in self.entries.items():
            if work in makers:
                started = time.process_time()
                for asked, _ in entries:
                    makers[work](asked)
            else:
                maker, take = takers[work]
                made = [(makers[maker](asked), asked, value) for asked, value in entries]
                started = time.process_time()
                for data, asked, value in made:
                    take(data, asked, value)
            used[kind] = time.process_time() - started
        return used

    def _verify(self, data: bytes, asked: bytes, value: bytes | None) -> None:
        proof, root = proofs_pb2.CommitmentProof.FromString(data), root_hash(self.tree)
        if value is None:
            verify_absence(proof, IAVL_SPEC, root=root, key=asked)
        else:
            verify_existence(proof, IAVL_SPEC, root=root, key=asked, value=value)

    def _check(self, data: bytes, asked: bytes, value: bytes | None) -> None:
        ops, app_hash = proofs_pb2.ProofOps.FromString(data), self.version.app_hash
        if value is None:
            check_absence(ops, app_hash=app_hash, store=STORE, key=asked)
        else:
            check_value(ops, app_hash=app_hash, store=STORE, key=asked, value=value)


def run(effort: Effort) -> list[Figure]:
    """Proofs a second of both sides, and how many times longer one of ours takes."""
    keys, count = (QUICK_KEYS, 10) if effort.calls == 1 else (KEYS, effort.calls)
    ours = Ours(keys=keys, count=count)
    with Gos(keys=keys, count=count) as gos:
        assert gos.root == root_hash(ours.tree)
        figures: list[Figure] = []
        for work, name in (("make", "made"), ("verify", "verified")):
            times = _turns((ours.seconds, gos.seconds), work, effort)
            for kind in KINDS:
                mine, theirs = ([used[kind] for used in side] for side in times)
                title = f"{kind}, {name}"
                over = tuple(a / b for a, b in zip(mine, theirs, strict=True))
                figures += [
                    _rate(f"{title}: ours", mine, count),
                    _rate(f"{title}: Go's", theirs, count),
                    Figure(
                        f"{title}: ours over Go's, time a proof",
                        statistics.median(over),
                        "x",
                        samples=over,
                    ),
                ]
    for work, name in (("node", "a node proves"), ("enclave", "an enclave checks")):
        (times_of_ours,) = _turns((ours.seconds,), work, effort)
        for kind in KINDS:
            times_of_kind = [used[kind] for used in times_of_ours]
            figures.append(_rate(f"{kind}, to the app hash: {name}", times_of_kind, count))
    return figures


def picture(figures: Sequence[Figure]) -> list[Panel]:
    """Rates, then ratios."""
    return [
        bars("Proofs a second", [figure for figure in figures if figure.unit == "proofs/s"]),
        bars("Ours over Go's, time a proof", [figure for figure in figures if figure.unit == "x"]),
    ]


Side = Callable[[str], dict[str, float]]


def _turns(sides: Sequence[Side], work: str, effort: Effort) -> list[list[dict[str, float]]]:
    """Seconds of each side, for each run; the first run warms all up."""
    turns = [[side(work) for side in sides] for _ in range(effort.runs + 1)][1:]
    return [[turn[index] for turn in turns] for index in range(len(sides))]


def _rate(name: str, seconds: Sequence[float], count: int) -> Figure:
    samples = tuple(count / used for used in seconds)
    return Figure(name, statistics.median(samples), "proofs/s", samples=samples)
