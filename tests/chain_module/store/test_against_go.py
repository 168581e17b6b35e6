"""Our roots and app hashes against Go's: cosmos/iavl v1.3.5 and the SDK's multistore.

Go and we replay the same random histories; at their end every version that we kept is hashed
again from its nodes (audit.py), since equal roots do not show that the nodes are right.
`--hypothesis-seed`, printed at the head of each run, chooses the histories.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pytest
from hypothesis import settings

from chain_module.store.commit import commit
from chain_module.store.multistore import app_hash
from chain_module.store.node import Tree, root_hash, size_of
from tests.chain_module.store.audit import Auditor
from tests.chain_module.store.operations import Write, changes_of, history, lines_of
from tests.differential import go_oracle

VERSIONS: Final = 40
STORES: Final = ("auth", "bank", "empty", "registration", "z")
INITIAL: Final = (1, 2, 70, 1_000_000)
"""Versions of the first save; their varints have one to four bytes."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One version as we computed it."""

    version: int
    tree: Tree


@pytest.fixture
def seeds(pytestconfig: pytest.Config) -> list[int]:
    """50 histories in the dev profile, 250 in ci, 10,000 in long."""
    first = int(pytestconfig.getoption("hypothesis_seed"))
    return [first + number for number in range(settings().max_examples // 2)]


def replay(blocks: Sequence[Sequence[Write]], *, initial: int) -> Iterator[Kept]:
    """Every version of a history."""
    tree: Tree = None
    values: dict[bytes, bytes] = {}
    for version, writes in enumerate(blocks, start=initial):
        changes = changes_of(writes)
        tree = commit(tree, changes, known=values, version=version)
        yield Kept(version, tree)
        values.update((key, value) for key, value in changes.items() if value is not None)
        for key in [key for key, value in changes.items() if value is None]:
            values.pop(key, None)


@pytest.mark.parametrize("initial", INITIAL)
def test_every_version_has_the_root_size_and_height_of_gos(initial: int, seeds: list[int]) -> None:
    share = seeds[INITIAL.index(initial) :: len(INITIAL)]
    blocks = [list(history(seed, versions=VERSIONS)) for seed in share]
    said = go_oracle.saved_versions(map(lines_of, blocks), initial=initial)

    ours = []
    for number, each in enumerate(blocks):
        auditor = Auditor()
        kept = list(replay(each, initial=initial))
        ours += [
            go_oracle.Saved(
                file=number,
                version=one.version,
                root=root_hash(one.tree),
                size=0 if one.tree is None else size_of(one.tree),
                height=0 if one.tree is None else one.tree[0],
            )
            for one in kept
        ]
        for one in kept:
            assert auditor.root_of(one.tree, version=one.version) == root_hash(one.tree)
    assert ours == said
    assert len(said) == VERSIONS * len(share)


@pytest.mark.parametrize("initial", [1, 70])
def test_the_app_hash_is_the_multistores(initial: int, seeds: list[int]) -> None:
    files, ours = [], []
    for number, seed in enumerate(seeds[:10]):
        histories = {
            name: list(history(seed * 100 + index, versions=VERSIONS))
            for index, name in enumerate(STORES)
            if name != "empty"
        }
        files.append(list(interleaved(histories)))
        trees = {name: list(replay(each, initial=initial)) for name, each in histories.items()}
        for index in range(VERSIONS):
            roots = {name: root_hash(kept[index].tree) for name, kept in trees.items()}
            roots["empty"] = root_hash(None)
            ours.append((number, initial + index, app_hash(roots)))
    assert go_oracle.app_hashes(files, stores=STORES, initial=initial) == ours


def interleaved(
    histories: dict[str, list[list[Write]]],
) -> Iterator[go_oracle.Operation]:
    """The lines of all stores' versions, one save for all stores together."""
    for index in range(VERSIONS):
        for name, blocks in histories.items():
            yield from lines_of([blocks[index]], store=name)[:-1]
        yield {"op": "save"}
