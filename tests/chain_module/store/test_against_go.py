"""Our roots and app hashes against Go's: cosmos/iavl v1.3.5 and the SDK's multistore.

Go and we replay the same random histories; at their end every version that we kept is hashed
again from its nodes (audit.py), since equal roots do not show that the nodes are right.
`--hypothesis-seed`, printed at the head of each run, chooses the histories.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pytest
from hypothesis import settings

from chain_module.store.log_record import encode_record
from chain_module.store.multistore import app_hash
from chain_module.store.node import root_hash, size_of
from chain_module.store.state import CommittedState
from chain_module.store.types import StateChanges
from chain_module.store.version import no_version
from tests.chain_module.store.audit import Auditor
from tests.chain_module.store.operations import (
    Kept,
    Write,
    history,
    interleaved,
    lines_of,
    replay,
    store_histories,
)
from tests.differential import go_oracle
from tests.vectors import make_state_tree

VERSIONS: Final = 40
STORES: Final = ("auth", "bank", "empty", "registration", "z")
INITIAL: Final = (1, 2, 70, 1_000_000)
"""Versions of the first save; their varints have one to four bytes."""
ANCHOR: Final = b"a key that its store always has"
FILES: Final = 100
"""Histories that Go gets at a time."""


@pytest.fixture
def seeds(pytestconfig: pytest.Config) -> list[int]:
    """50 histories in the dev profile, 250 in ci, 10,000 in long."""
    first = int(pytestconfig.getoption("hypothesis_seed"))
    return [first + number for number in range(settings().max_examples // 2)]


@pytest.mark.parametrize("initial", INITIAL)
def test_every_version_has_the_root_size_and_height_of_gos(initial: int, seeds: list[int]) -> None:
    share = seeds[INITIAL.index(initial) :: len(INITIAL)]
    for start in range(0, len(share), FILES):
        blocks = [list(history(seed, versions=VERSIONS)) for seed in share[start : start + FILES]]
        said = go_oracle.saved_versions(map(lines_of, blocks), initial=initial)
        ours = []
        for number, each in enumerate(blocks):
            kept = list(replay(each, initial=initial))
            ours += [saved(number, one) for one in kept]
            auditor = Auditor()
            for one in kept:
                assert auditor.root_of(one.tree, version=one.version) == root_hash(one.tree)
        assert ours == said
        assert len(said) == VERSIONS * len(blocks)


@pytest.mark.parametrize("initial", [1, 70])
def test_the_app_hash_is_the_multistores(initial: int, seeds: list[int]) -> None:
    chosen = seeds[: len(seeds) // 12]
    written = [name for name in STORES if name != "empty"]
    ours = []
    for number, seed in enumerate(chosen):
        histories = store_histories(seed, written, versions=VERSIONS)
        trees = {name: list(replay(each, initial=initial)) for name, each in histories.items()}
        for index in range(VERSIONS):
            roots = {name: root_hash(kept[index].tree) for name, kept in trees.items()}
            roots["empty"] = root_hash(None)
            ours.append((number, initial + index, app_hash(roots)))
    files = (list(interleaved(seed, written, versions=VERSIONS)) for seed in chosen)
    assert go_oracle.app_hashes(files, stores=STORES, initial=initial) == ours


def test_the_committed_state_is_the_multistore_of_what_its_branches_hold(seeds: list[int]) -> None:
    """Go gets the changes that the branches hold, and not what was written to them."""
    files, ours = [], []
    for number, seed in enumerate(seeds[: len(seeds) // 12]):
        histories = store_histories(seed, STORES, versions=VERSIONS)
        state = CommittedState(no_version(STORES, initial_version=7))
        replica = CommittedState(no_version(STORES, initial_version=7))
        lines: list[go_oracle.Operation] = []
        for index in range(VERSIONS):
            changes = run_block(state, {name: each[index] for name, each in histories.items()})
            prepared = state.prepare(changes)
            state.apply(prepared)
            replica.replay(encode_record(prepared.record))
            lines += lines_of_changes(changes)
            ours.append((number, 7 + index, state.newest.app_hash))
        assert replica.newest == state.newest
        files.append(lines)
    assert go_oracle.app_hashes(files, stores=STORES, initial=7) == ours


def test_the_kept_vectors_are_what_go_says() -> None:
    assert make_state_tree.OUTPUT.read_text() == make_state_tree.document()


def saved(file: int, kept: Kept) -> go_oracle.Saved:
    """A version as Go would say it."""
    tree = kept.tree
    size, height = (0, 0) if tree is None else (size_of(tree), tree[0])
    return go_oracle.Saved(file, kept.version, root_hash(tree), size, height)


def run_block(state: CommittedState, writes: dict[str, list[Write]]) -> StateChanges:
    """Two transactions, of which the first comes to nothing; the changes of the block."""
    block = state.branch()
    for lost in (True, False):
        branch = block.branch()
        for name, each in writes.items():
            store = branch.store(name)
            store.set(ANCHOR, b"here")
            for key, value in each:
                if value is None:
                    store.delete(key)
                else:
                    store.set(key, value)
        if not lost:
            branch.commit()
    return block.changes()


def lines_of_changes(changes: StateChanges) -> Iterator[go_oracle.Operation]:
    """The changes of a block as operations, and its save."""
    for name, each in changes.items():
        writes: Sequence[Write] = list(each.items())
        yield from lines_of([writes], store=name)[:-1]
    yield {"op": "save"}
