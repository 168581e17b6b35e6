"""Random histories of one store, the same for a seed on every machine and Python.

Drawn from a hash, since the roots of some seeds are kept in tests/vectors/state_tree.json.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chain_module.store.commit import commit
from chain_module.store.node import Tree

Write = tuple[bytes, bytes | None]
"""A key and its new value, or None for its removal."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One version of one store."""

    version: int
    tree: Tree


POOLS: Final = (1, 4, 40, 400)
"""How many keys a history uses: few make deep changes and empty trees, many make high trees."""
BLOCKS: Final = (0, 1, 5, 40, 250)
"""Writes of a version, at most."""


class Draw:
    """Random choices, one after the other."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._drawn = 0

    def bytes_of(self, length: int) -> bytes:
        """So many bytes."""
        self._drawn += 1
        return hashlib.shake_128(f"history {self._seed} {self._drawn}".encode()).digest(length)

    def below(self, limit: int) -> int:
        """0 .. limit-1."""
        return int.from_bytes(self.bytes_of(8), "big") % limit

    def chance(self, percent: int) -> bool:
        """True that often."""
        return self.below(100) < percent

    def one_of(self, choices: Sequence[int]) -> int:
        """One of them."""
        return choices[self.below(len(choices))]


def history(seed: int, *, versions: int) -> Iterator[list[Write]]:
    """What each version writes, in order; a key may be written more than once.

    Keys have 1 to 340 bytes and values 1 to 200. Missing keys are removed, removed keys set again,
    values written again unchanged; now and then a version empties the tree, or writes nothing.
    """
    draw = Draw(seed)
    pool = [draw.bytes_of(_key_length(draw)) for _ in range(draw.one_of(POOLS))]
    removals = draw.one_of((10, 30, 50, 70))
    values: dict[bytes, bytes] = {}
    for _ in range(versions):
        if draw.chance(3):
            writes: list[Write] = [(key, None) for key in pool]
        else:
            count = draw.below(draw.one_of(BLOCKS) + 1)
            writes = [_write(draw, pool, removals, values) for _ in range(count)]
        yield writes
        values.update((key, value) for key, value in writes if value is not None)


def replay(blocks: Sequence[Sequence[Write]], *, initial: int = 1) -> Iterator[Kept]:
    """Every version of a history, committed by the product."""
    tree: Tree = None
    values: dict[bytes, bytes] = {}
    for version, writes in enumerate(blocks, start=initial):
        changes = dict(writes)
        tree = commit(tree, changes, known=values, version=version)
        yield Kept(version, tree)
        for key, value in changes.items():
            if value is None:
                values.pop(key, None)
            else:
                values[key] = value


def lines_of(blocks: Sequence[Sequence[Write]], *, store: str = "") -> list[dict[str, str]]:
    """The same as an operation file's lines."""
    where = {"store": store} if store else {}
    lines: list[dict[str, str]] = []
    for writes in blocks:
        for key, value in writes:
            named = {"key": key.hex(), **where}
            if value is None:
                lines.append({"op": "remove", **named})
            else:
                lines.append({"op": "set", "value": value.hex(), **named})
        lines.append({"op": "save"})
    return lines


def store_histories(
    seed: int, stores: Sequence[str], *, versions: int
) -> dict[str, list[list[Write]]]:
    """A history for each store."""
    return {
        store: list(history(seed * 100 + index, versions=versions))
        for index, store in enumerate(stores)
    }


def interleaved(seed: int, stores: Sequence[str], *, versions: int) -> Iterator[dict[str, str]]:
    """The lines of all stores' histories, one save for all stores together."""
    histories = store_histories(seed, stores, versions=versions)
    for index in range(versions):
        for store, blocks in histories.items():
            yield from lines_of([blocks[index]], store=store)[:-1]
        yield {"op": "save"}


def _key_length(draw: Draw) -> int:
    return 1 + draw.below(draw.one_of((2, 20, 64, 340)))


def _write(draw: Draw, pool: Sequence[bytes], removals: int, values: dict[bytes, bytes]) -> Write:
    key = pool[draw.below(len(pool))]
    if draw.chance(removals):
        return key, None
    if draw.chance(10) and key in values:
        return key, values[key]
    return key, draw.bytes_of(1 + draw.below(200))
