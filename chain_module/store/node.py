"""Nodes of the tree as plain tuples, and how a tree is read.

Tuples are the fastest immutable value that Python has, and a tree of them is shared between
versions without a copy. The hash of a node that its commit has not reached yet is b"".

    Leaf   (0, hash, key, value, version)
    Inner  (height, hash, key, left, right, size, version)

An inner node's key is the smallest key of its right subtree; a key smaller than it is on the
left. `version` is the commit that made the node: it is hashed, so an old version can be hashed
again from its nodes, and a proof needs nothing but the nodes on its path.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from chain_module.store.encoding import EMPTY_ROOT

Leaf: TypeAlias = tuple[int, bytes, bytes, bytes, int]
Inner: TypeAlias = "tuple[int, bytes, bytes, Node, Node, int, int]"
Node: TypeAlias = "Leaf | Inner"
Tree: TypeAlias = "Node | None"
"""A root; None is the tree without keys."""

LEAF_FIELDS: Final = 5
"""`len(node) == LEAF_FIELDS` tells a leaf, to the type checker too."""


def root_hash(tree: Tree) -> bytes:
    """The 32 bytes that stand for the tree."""
    return EMPTY_ROOT if tree is None else tree[1]


def size_of(node: Node) -> int:
    """The number of leaves."""
    return 1 if len(node) == LEAF_FIELDS else node[5]


def version_of(node: Node) -> int:
    """The commit that made the node."""
    return node[4] if len(node) == LEAF_FIELDS else node[6]


def lookup(tree: Tree, key: bytes) -> bytes | None:
    """The value of `key`, or None."""
    if tree is None:
        return None
    node = tree
    while len(node) != LEAF_FIELDS:
        node = node[3] if key < node[2] else node[4]
    return node[3] if node[2] == key else None


def scan(
    tree: Tree, start: bytes, end: bytes | None, *, reverse: bool = False
) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values with start <= key < end (None: to the last key), in the order of keys."""
    waiting = [] if tree is None else [tree]
    while waiting:
        node = waiting.pop()
        if len(node) == LEAF_FIELDS:
            if start <= node[2] and (end is None or node[2] < end):
                yield node[2], node[3]
            continue
        children = []
        if start < node[2]:
            children.append(node[3])
        if end is None or node[2] < end:
            children.append(node[4])
        waiting += children if reverse else children[::-1]
