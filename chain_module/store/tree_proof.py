"""ICS-23 proofs of one tree: that a key has a value, or that the tree has no such key.

The bytes are those of github.com/cosmos/iavl v1.3.5 (`proof_ics23.go`), for iavlSpec of
github.com/cosmos/ics23. A leaf's key is hashed as it is and its value by its SHA-256, each behind
its length. A step of the path is an inner node without the child below it: what is hashed before
that child, and what after it.

Absence is shown by the neighbours of the place where the key would be: both, or the first or the
last leaf of the tree where the key lies beside all others. So a tree without keys proves nothing,
and a value must not be empty: ICS-23's verifiers refuse empty values, also those of neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from chain_module.store.encoding import (
    HASH_LENGTH,
    SMALL_VARINTS,
    leaf_head,
    size_varint,
    version_tail,
)
from chain_module.store.node import LEAF_FIELDS, Inner, Leaf, Node
from seedpact.ics23.v1 import proofs_pb2 as pb

LEFT: Final = 3
RIGHT: Final = 4
"""Where an inner node has its children, and so the name of a side."""

Step: TypeAlias = tuple[Inner, int]
"""An inner node, and on which side of it the path goes on."""

Path: TypeAlias = list[Step]
"""From the root to a leaf."""


def tree_proof(tree: Node, key: bytes) -> pb.CommitmentProof:
    """The proof of the key's value in `tree`, or of its absence. The tree is hashed."""
    path, leaf = _descend(tree, key)
    if leaf[2] == key:
        return pb.CommitmentProof(exist=_existence(path, leaf))
    nonexist = pb.NonExistenceProof(key=key)
    if key < leaf[2]:
        # An inner node's key is the first of its right side: so this is before all keys.
        nonexist.right.CopyFrom(_existence(path, leaf))
        return pb.CommitmentProof(nonexist=nonexist)
    nonexist.left.CopyFrom(_existence(path, leaf))
    following = _next(path)
    if following is not None:
        nonexist.right.CopyFrom(_existence(*following))
    return pb.CommitmentProof(nonexist=nonexist)


def leaf_op(prefix: bytes) -> pb.LeafOp:
    """How a leaf of either tree is hashed: prefix, key, SHA-256 of the value, both with lengths."""
    return pb.LeafOp(
        hash=pb.HASH_OP_SHA256,
        prehash_key=pb.HASH_OP_NO_HASH,
        prehash_value=pb.HASH_OP_SHA256,
        length=pb.LENGTH_OP_VAR_PROTO,
        prefix=prefix,
    )


def _descend(tree: Node, key: bytes) -> tuple[Path, Leaf]:
    """The way to the leaf with the key; else to the one before it, or to the first of all."""
    path: Path = []
    node = tree
    while len(node) != LEAF_FIELDS:
        if key < node[2]:
            path.append((node, LEFT))
            node = node[3]
        else:
            path.append((node, RIGHT))
            node = node[4]
    return path, node


def _next(path: Path) -> tuple[Path, Leaf] | None:
    """The leaf after the one at the end of `path`, and the way to it; None after the last."""
    depth = len(path) - 1
    while depth >= 0 and path[depth][1] == RIGHT:
        depth -= 1
    if depth < 0:
        return None
    turn = path[depth][0]
    found: Path = [*path[:depth], (turn, RIGHT)]
    node = turn[4]
    while len(node) != LEAF_FIELDS:
        found.append((node, LEFT))
        node = node[3]
    return found, node


def _existence(path: Sequence[Step], leaf: Leaf) -> pb.ExistenceProof:
    _, _, key, value, version = leaf
    return pb.ExistenceProof(
        key=key,
        value=value,
        leaf=leaf_op(leaf_head(version)),
        path=[_inner_op(node, side) for node, side in reversed(path)],
    )


def _inner_op(node: Inner, side: int) -> pb.InnerOp:
    """What is hashed around the child on that side."""
    height, _, _, left, right, size, version = node
    head = SMALL_VARINTS[height] + size_varint(size) + version_tail(version)
    if side == LEFT:
        return pb.InnerOp(hash=pb.HASH_OP_SHA256, prefix=head, suffix=HASH_LENGTH + right[1])
    return pb.InnerOp(hash=pb.HASH_OP_SHA256, prefix=head + left[1] + HASH_LENGTH)
