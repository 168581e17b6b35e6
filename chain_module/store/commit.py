"""One commit of a tree: a block's changes in the order of the Cosmos SDK, then one hashing pass.

The SDK's cache store writes the last change of each key, sorted by key, sets and removals mixed.
Insertions and removals shape the tree and are done in that order, one by one. Updates of existing
keys change no shape, so they commute with the rest: one pass over the sorted updates makes their
paths anew and hashes whatever has no hash yet, bottom up.

A set makes its leaf and path anew even where the value is the same: not to write an unchanged
value is the branch's business. A removal of a missing key changes nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container
from hashlib import sha256

from chain_module.store.encoding import (
    HASH_LENGTH,
    SMALL,
    SMALL_VARINTS,
    inner_hash,
    leaf_hash,
    leaf_head,
    varint,
    version_tail,
)
from chain_module.store.node import LEAF_FIELDS, Inner, Node, Tree
from chain_module.store.structure import insert, remove
from chain_module.store.types import Changes


def commit(
    tree: Tree,
    changes: Changes,
    *,
    known: Container[bytes],
    version: int,
    made: list[Node] | None = None,
) -> Tree:
    """The tree after `changes`, hashed to the last node. Nothing is changed in place.

    Args:
        tree: the tree before.
        changes: values by key; None removes.
        known: the keys of `tree`: a flat dict beside the tree answers faster than the tree.
        version: of this commit, above every version in the tree.
        made: takes every new node, children before parents.
    """
    updates: list[bytes] = []
    values: list[bytes] = []
    for key in sorted(changes):
        value = changes[key]
        if value is None:
            if tree is not None and key in known:
                tree = remove(tree, key)
        elif key in known:
            updates.append(key)
            values.append(value)
        else:
            tree = insert(tree, key, value)
    if tree is None or (tree[1] and not updates):
        return tree
    batch = _Batch(updates, values, version, [] if made is None else made)
    return _rewrite(tree, 0, len(updates), batch)


class _Batch:
    """Sorted updates, and what every hash of this commit has in common."""

    __slots__ = ("head", "keys", "made", "tail", "values", "version")

    def __init__(
        self, keys: list[bytes], values: list[bytes], version: int, made: list[Node]
    ) -> None:
        self.keys = keys
        self.values = values
        self.version = version
        self.made = made
        self.head = leaf_head(version)
        self.tail = version_tail(version)


def _rewrite(node: Node, low: int, high: int, batch: _Batch) -> Node:
    """`node` after the updates low .. high-1, which are all below it, hashed."""
    if len(node) == LEAF_FIELDS:
        key = node[2]
        value = batch.values[low] if low < high else node[3]
        node = (0, leaf_hash(batch.head, key, value), key, value, batch.version)
        batch.made.append(node)
        return node
    if high - low == 1 and node[1]:
        return _rewrite_one(node, batch.keys[low], batch.values[low], batch)
    height, _, key, left, right, size, _ = node
    middle = bisect_left(batch.keys, key, low, high)
    if low < middle or not left[1]:
        left = _rewrite(left, low, middle, batch)
    if middle < high or not right[1]:
        right = _rewrite(right, middle, high, batch)
    digest = inner_hash(height, size, batch.tail, left[1], right[1])
    node = (height, digest, key, left, right, size, batch.version)
    batch.made.append(node)
    return node


def _rewrite_one(node: Node, key: bytes, value: bytes, batch: _Batch) -> Node:
    """As `_rewrite` for one update under a node that is hashed: most of a commit is spent here."""
    path: list[Inner] = []
    while len(node) != LEAF_FIELDS:
        path.append(node)
        node = node[3] if key < node[2] else node[4]
    version, tail, made, join = batch.version, batch.tail, batch.made.append, b"".join
    # The tree's own key object is kept: the caller's equal one would be memory for nothing.
    digest = leaf_hash(batch.head, node[2], value)
    node = (0, digest, node[2], value, version)
    made(node)
    path.reverse()
    for height, _, split, left, right, size, _ in path:
        # `inner_hash`, written out: its calls would cost a tenth of the commit.
        head = SMALL_VARINTS[height]
        middle = SMALL_VARINTS[size] if size < SMALL else varint(size)
        if key < split:
            digest = sha256(join((head, middle, tail, digest, HASH_LENGTH, right[1]))).digest()
            node = (height, digest, split, node, right, size, version)
        else:
            digest = sha256(join((head, middle, tail, left[1], HASH_LENGTH, digest))).digest()
            node = (height, digest, split, left, node, size, version)
        made(node)
    return node
