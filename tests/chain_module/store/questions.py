"""Keys to be proven: those that a tree has, and those beside, between and beyond them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from chain_module.store.node import Tree, scan
from chain_module.store.state import CommittedState
from chain_module.store.version import Version, no_version
from tests.chain_module.store.operations import Draw, Write, lines_of, store_histories

ANCHOR: Final = b"a key that its store always has"
QUESTIONS: Final = 40
"""Keys that are proven of one history."""

Blocks = list[dict[str, list[Write]]]
"""What each block writes, by store."""

Question = tuple[Version, str, bytes]
"""A store's key, at a version."""


def blocks_of(seed: int, stores: Sequence[str], *, versions: int) -> Blocks:
    """Random histories of all stores; each has the anchor from its first version on."""
    histories = store_histories(seed, stores, versions=versions)
    blocks: Blocks = [
        {name: each[index] for name, each in histories.items()} for index in range(versions)
    ]
    for writes in blocks[0].values():
        writes.append((ANCHOR, b"here"))
    return blocks


def run(blocks: Blocks, stores: Sequence[str], *, initial: int = 1) -> list[Version]:
    """Every version of these blocks, committed by the product."""
    state = CommittedState(no_version(stores, initial_version=initial))
    versions = []
    for block in blocks:
        state.apply(state.prepare({name: dict(writes) for name, writes in block.items()}))
        versions.append(state.newest)
    return versions


def keys_to_ask(draw: Draw, present: Sequence[bytes], *, count: int) -> Iterator[bytes]:
    """Keys of a store that has `present`, sorted: about half of them are in it."""
    for _ in range(count):
        key = present[draw.below(len(present))]
        choices = (
            key,
            key,
            key,
            key + b"\0",
            key[:-1] or b"\0",
            draw.bytes_of(1 + draw.below(40)),
            present[0],
            present[0][:-1] or b"\0",
            present[-1],
            present[-1] + b"\xff",
        )
        yield choices[draw.below(len(choices))]


def questions(seed: int, versions: list[Version]) -> Iterator[Question]:
    """Keys of random stores at random versions."""
    draw = Draw(seed)
    for _ in range(QUESTIONS):
        version = versions[draw.below(len(versions))]
        store = version.names[draw.below(len(version.names))]
        present = keys_of(version.trees[store])
        yield from ((version, store, key) for key in keys_to_ask(draw, present, count=1))


def keys_of(tree: Tree) -> list[bytes]:
    """All keys, ascending."""
    return [key for key, _ in scan(tree, b"", None)]


def lines_of_blocks(blocks: Blocks) -> Iterator[dict[str, str]]:
    """The same as operations; one save for all stores together."""
    for block in blocks:
        for name, writes in block.items():
            yield from lines_of([writes], store=name)[:-1]
        yield {"op": "save"}
