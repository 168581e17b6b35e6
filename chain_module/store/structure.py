"""How the tree changes its shape: insert, remove, rotate. No hashes: `commit` computes them.

Each function returns new nodes for the path it walked (hash b"", the version of this commit) and
shares the rest. The rules are those of iavl's `recursiveSet`, `recursiveRemove` and `balance`:
the shape depends on the order of operations, and the root on the shape.
"""

from __future__ import annotations

from chain_module.store.node import LEAF_FIELDS, Inner, Leaf, Node, Tree, size_of


def insert(tree: Tree, key: bytes, value: bytes, version: int) -> Node:
    """The tree with one more key. `key` must not be in it."""
    leaf = (0, b"", key, value, version)
    return leaf if tree is None else _insert(tree, leaf, version)


def remove(tree: Node, key: bytes, version: int) -> Tree:
    """The tree without `key`, which must be in it."""
    return _remove(tree, key, version)[0]


def _insert(node: Node, leaf: Leaf, version: int) -> Node:
    key = leaf[2]
    if len(node) == LEAF_FIELDS:
        # The inner key is that of the right leaf: the old one's if the new one goes left.
        if key < node[2]:
            return (1, b"", node[2], leaf, node, 2, version)
        return (1, b"", key, node, leaf, 2, version)
    if key < node[2]:
        return _balance(_inner(node[2], _insert(node[3], leaf, version), node[4], version))
    return _balance(_inner(node[2], node[3], _insert(node[4], leaf, version), version))


def _remove(node: Node, key: bytes, version: int) -> tuple[Tree, bytes | None]:
    """What is left of `node`, and its new smallest key where that changed.

    The first ancestor that went right takes that key as its own. A sibling that moves up into
    the place of its parent stays the node it was, with its version.
    """
    if len(node) == LEAF_FIELDS:
        return None, None
    if key < node[2]:
        left, smallest = _remove(node[3], key, version)
        if left is None:
            return node[4], node[2]
        return _balance(_inner(node[2], left, node[4], version)), smallest
    right, smallest = _remove(node[4], key, version)
    if right is None:
        return node[3], None
    return _balance(_inner(smallest or node[2], node[3], right, version)), None


def _inner(key: bytes, left: Node, right: Node, version: int) -> Inner:
    height = max(left[0], right[0]) + 1
    return (height, b"", key, left, right, size_of(left) + size_of(right), version)


def _balance(node: Inner) -> Node:
    """`node`, or what rotations make of it where one side is higher by two.

    A double rotation only where the child is strictly higher on its inner side. Every node that a
    rotation touches belongs to this commit, also a child that was not on the path.
    """
    _, _, key, left, right, _, version = node
    tilt = left[0] - right[0]
    if tilt > 1 and len(left) != LEAF_FIELDS:
        if left[3][0] < left[4][0]:
            left = _rotate_left(left, version)
        return _rotate_right(_inner(key, left, right, version), version)
    if tilt < -1 and len(right) != LEAF_FIELDS:
        if right[3][0] > right[4][0]:
            right = _rotate_right(right, version)
        return _rotate_left(_inner(key, left, right, version), version)
    return node


def _rotate_right(node: Inner, version: int) -> Inner:
    """The left child comes up; `node` goes down to the right."""
    left = node[3]
    if len(left) == LEAF_FIELDS:
        raise AssertionError("a leaf is not higher than its sibling")
    return _inner(left[2], left[3], _inner(node[2], left[4], node[4], version), version)


def _rotate_left(node: Inner, version: int) -> Inner:
    """The right child comes up; `node` goes down to the left."""
    right = node[4]
    if len(right) == LEAF_FIELDS:
        raise AssertionError("a leaf is not higher than its sibling")
    return _inner(right[2], _inner(node[2], node[3], right[3], version), right[4], version)
