"""How the tree changes its shape: insert, remove, rotate. No hashes: `commit` computes them.

Each function returns new nodes for the path it walked and shares the rest. A new node has the hash
b"" and the version 0: the commit that it belongs to gives it both. The rules are those of iavl's
`recursiveSet`, `recursiveRemove` and `balance`: the shape depends on the order of operations, and
the root on the shape.
"""

from __future__ import annotations

from typing import Final

from chain_module.store.node import LEAF_FIELDS, Inner, Leaf, Node, Tree, size_of

NEW: Final = 0
"""The version of a node that its commit has not reached yet."""


def insert(tree: Tree, key: bytes, value: bytes) -> Node:
    """The tree with one more key. `key` must not be in it."""
    leaf = (0, b"", key, value, NEW)
    return leaf if tree is None else _insert(tree, leaf)


def remove(tree: Node, key: bytes) -> Tree:
    """The tree without `key`, which must be in it."""
    return _remove(tree, key)[0]


def _insert(node: Node, leaf: Leaf) -> Node:
    key = leaf[2]
    if len(node) == LEAF_FIELDS:
        # The inner key is that of the right leaf: the old one's if the new one goes left.
        if key < node[2]:
            return (1, b"", node[2], leaf, node, 2, NEW)
        return (1, b"", key, node, leaf, 2, NEW)
    if key < node[2]:
        return _balance(_inner(node[2], _insert(node[3], leaf), node[4]))
    return _balance(_inner(node[2], node[3], _insert(node[4], leaf)))


def _remove(node: Node, key: bytes) -> tuple[Tree, bytes | None]:
    """What is left of `node`, and its new smallest key where that changed.

    The first ancestor that went right takes that key as its own. A sibling that moves up into
    the place of its parent stays the node it was, with its version.
    """
    if len(node) == LEAF_FIELDS:
        return None, None
    if key < node[2]:
        left, smallest = _remove(node[3], key)
        if left is None:
            return node[4], node[2]
        return _balance(_inner(node[2], left, node[4])), smallest
    right, smallest = _remove(node[4], key)
    if right is None:
        return node[3], None
    return _balance(_inner(smallest or node[2], node[3], right)), None


def _inner(key: bytes, left: Node, right: Node) -> Inner:
    height = max(left[0], right[0]) + 1
    return (height, b"", key, left, right, size_of(left) + size_of(right), NEW)


def _balance(node: Inner) -> Node:
    """`node`, or what rotations make of it where one side is higher by two.

    A double rotation only where the child is strictly higher on its inner side. Every node that a
    rotation touches is a new one, also a child that was not on the path.
    """
    _, _, key, left, right, _, _ = node
    tilt = left[0] - right[0]
    if tilt > 1 and len(left) != LEAF_FIELDS:
        middle = left[4]
        if len(middle) != LEAF_FIELDS and middle[0] > left[3][0]:
            left = _rotate_left(left[2], left[3], middle)
        return _rotate_right(key, left, right)
    if tilt < -1 and len(right) != LEAF_FIELDS:
        middle = right[3]
        if len(middle) != LEAF_FIELDS and middle[0] > right[4][0]:
            right = _rotate_right(right[2], middle, right[4])
        return _rotate_left(key, left, right)
    return node


def _rotate_right(key: bytes, left: Inner, right: Node) -> Inner:
    """The node of these parts, with its left child above it."""
    return _inner(left[2], left[3], _inner(key, left[4], right))


def _rotate_left(key: bytes, left: Node, right: Inner) -> Inner:
    """The node of these parts, with its right child above it."""
    return _inner(right[2], _inner(key, left, right[3]), right[4])
