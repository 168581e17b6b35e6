"""A tree as rows in the order of its keys, and the tree of such rows, hashed anew.

A row is a leaf and the inner node that has the leaf's key: the one in whose right subtree the leaf
comes first. Height and version of that node are all that the rows of other keys do not say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from chain_module.store.columns import MalformedBytes
from chain_module.store.encoding import (
    EMPTY_ROOT,
    inner_hash,
    leaf_hash,
    leaf_head,
    version_tail,
)
from chain_module.store.node import LEAF_FIELDS, Node, Tree, size_of

Row: TypeAlias = tuple[bytes, bytes, int, int, int]
"""Key, value, version of the leaf; height and version of the inner node, 0 and 0 if none."""

MAX_VERSIONS: Final = 4096
"""Versions whose encodings are remembered while a tree is built."""


def rows_of(tree: Tree) -> Iterator[Row]:
    """The rows of a tree, by key."""
    waiting = [] if tree is None else [(tree, 0, 0)]
    while waiting:
        node, height, version = waiting.pop()
        if len(node) == LEAF_FIELDS:
            yield node[2], node[3], node[4], height, version
        else:
            waiting.append((node[4], node[0], node[6]))
            waiting.append((node[3], height, version))


class Builder:
    """Builds a tree from its rows in one pass.

    Heights fall from the root, so an inner node is complete as soon as one follows that is higher.
    What waits are the right ends of complete subtrees, and between them the inner nodes that will
    join them, each lower than the one before it.
    """

    def __init__(self) -> None:
        self._made: list[Node] = []
        """The nodes of the last rows, so that the garbage collector leaves them (state.py)."""
        self._nodes: list[Node] = []
        self._joints: list[tuple[int, bytes, int]] = []
        self._versions = _Versions()

    def add(self, rows: Iterable[Row]) -> None:
        """Takes the next rows."""
        nodes, joints, made = self._nodes, self._joints, self._made
        made.clear()
        for key, value, leaf_version, height, inner_version in rows:
            if nodes:
                while joints and joints[-1][0] < height:
                    self._join()
                joints.append((height, key, inner_version))
            version, head, _ = self._versions.encoded(leaf_version)
            leaf = (0, leaf_hash(head, key, value), key, value, version)
            nodes.append(leaf)
            made.append(leaf)

    def tree(self) -> Tree:
        """The tree of all rows."""
        while self._joints:
            self._join()
        return self._nodes[0] if self._nodes else None

    def _join(self) -> None:
        height, key, inner_version = self._joints.pop()
        right = self._nodes.pop()
        left = self._nodes.pop()
        size = size_of(left) + size_of(right)
        version, _, tail = self._versions.encoded(inner_version)
        digest = inner_hash(height, size, tail, left[1], right[1])
        node = (height, digest, key, left, right, size, version)
        self._nodes.append(node)
        self._made.append(node)


class RootOfRows:
    """The root of a tree from its rows in one pass, as `Builder`, with nothing kept but its edge.

    Nothing is believed of the rows: what waits is bounded by the heights that a byte can say.
    """

    def __init__(self) -> None:
        self._nodes: list[tuple[bytes, int]] = []
        """Hash and size."""
        self._joints: list[tuple[int, int]] = []
        """Height and version."""
        self._versions = _Versions()

    def add(self, rows: Iterable[Row]) -> None:
        """Takes the next rows. Raises MalformedBytes where their heights are no tree's."""
        nodes, joints = self._nodes, self._joints
        for key, value, leaf_version, height, inner_version in rows:
            if nodes:
                while joints and joints[-1][0] < height:
                    self._join()
                if joints and joints[-1][0] == height:
                    raise MalformedBytes(f"a node of height {height} under one of that height")
                joints.append((height, inner_version))
            _, head, _ = self._versions.encoded(leaf_version)
            nodes.append((leaf_hash(head, key, value), 1))

    def hash(self) -> bytes:
        """The root of all rows."""
        while self._joints:
            self._join()
        return self._nodes[0][0] if self._nodes else EMPTY_ROOT

    def _join(self) -> None:
        height, inner_version = self._joints.pop()
        right, right_size = self._nodes.pop()
        left, left_size = self._nodes.pop()
        size = left_size + right_size
        _, _, tail = self._versions.encoded(inner_version)
        self._nodes.append((inner_hash(height, size, tail, left, right), size))


class _Versions:
    """What hashes have of the versions of a tree, remembered."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, bytes, bytes]] = {}

    def encoded(self, version: int) -> tuple[int, bytes, bytes]:
        """One integer object for all nodes of a version, and its leaf head and inner tail."""
        found = self._known.get(version)
        if found is None:
            if len(self._known) >= MAX_VERSIONS:
                self._known.clear()
            found = (version, leaf_head(version), version_tail(version))
            self._known[version] = found
        return found
