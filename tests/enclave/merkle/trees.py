"""Small Merkle trees of the three kinds, hashed and proven by a few lines of their own.

Written from the formats alone (iavl's docs/node.md, RFC 6962, celestiaorg/smt), for laws about what
the product verifies: it knows nothing of the product but the wire form of a proof.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from seedpact.ics23.v1 import proofs_pb2 as pb

Entry = tuple[bytes, bytes]
"""Key and value."""

PLACEHOLDER: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One key and its value."""

    key: bytes
    value: bytes
    op: pb.LeafOp
    hash: bytes


@dataclass(frozen=True, slots=True)
class Empty:
    """No child, in a sparse tree."""

    hash: bytes = PLACEHOLDER


@dataclass(frozen=True, slots=True)
class Inner:
    """Two children, what stands before them, and before each hash."""

    left: Node
    right: Node
    head: bytes
    mark: bytes
    hash: bytes


Node: TypeAlias = "Leaf | Inner | Empty"


@dataclass(frozen=True, slots=True)
class Proof:
    """A leaf, with its path to the root."""

    leaf: Leaf
    path: tuple[pb.InnerOp, ...]

    def message(self) -> pb.ExistenceProof:
        leaf = self.leaf
        return pb.ExistenceProof(key=leaf.key, value=leaf.value, leaf=leaf.op, path=self.path)


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def iavl(entries: Sequence[Entry], *, version: int = 1) -> Node:
    """A balanced tree: split in the middle, so heights differ by at most one."""
    if len(entries) == 1:
        return _plain_leaf(entries[0], prefix=b"\x00\x02" + signed(version))
    middle = (len(entries) + 1) // 2
    left = iavl(entries[:middle], version=version)
    right = iavl(entries[middle:], version=version + 1)
    height = (len(entries) - 1).bit_length()
    head = signed(height) + signed(len(entries)) + signed(version)
    return _inner(left, right, head=head, mark=b"\x20")


def simple(entries: Sequence[Entry]) -> Node:
    """RFC 6962: split at the largest power of two below the number of leaves."""
    if len(entries) == 1:
        return _plain_leaf(entries[0], prefix=b"\x00")
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return _inner(simple(entries[:split]), simple(entries[split:]), head=b"\x01", mark=b"")


def sparse(entries: Sequence[Entry], *, depth: int = 0) -> Node:
    """By the bits of the keys' hashes; a subtree of one leaf is this leaf."""
    if not entries:
        return Empty()
    if len(entries) == 1 and depth:
        (key, value) = entries[0]
        op = pb.LeafOp(
            hash=pb.HASH_OP_SHA256,
            prehash_key=pb.HASH_OP_SHA256,
            prehash_value=pb.HASH_OP_SHA256,
            prefix=b"\x00",
        )
        return Leaf(key, value, op, sha(b"\x00" + sha(key) + sha(value)))
    sides: tuple[list[Entry], list[Entry]] = ([], [])
    for entry in entries:
        sides[sha(entry[0])[depth // 8] >> 7 - depth % 8 & 1].append(entry)
    left, right = (sparse(side, depth=depth + 1) for side in sides)
    return _inner(left, right, head=b"\x01", mark=b"")


def proofs(node: Node) -> list[Proof]:
    """Of every leaf, from the first to the last."""
    if isinstance(node, Empty):
        return []
    if isinstance(node, Leaf):
        return [Proof(node, ())]
    before = node.head + node.mark
    from_left = pb.InnerOp(
        hash=pb.HASH_OP_SHA256, prefix=before, suffix=node.mark + node.right.hash
    )
    from_right = pb.InnerOp(hash=pb.HASH_OP_SHA256, prefix=before + node.left.hash + node.mark)
    return [Proof(each.leaf, (*each.path, from_left)) for each in proofs(node.left)] + [
        Proof(each.leaf, (*each.path, from_right)) for each in proofs(node.right)
    ]


def signed(value: int) -> bytes:
    """A varint as Go's binary.PutVarint has it, of any 64-bit integer."""
    rest = value * 2 if value >= 0 else -value * 2 - 1
    parts = b""
    while rest > 127:
        parts += bytes([rest & 127 | 128])
        rest >>= 7
    return parts + bytes([rest])


def unsigned(value: int) -> bytes:
    """A varint of a value that is not negative."""
    return signed(value // 2) if value % 2 == 0 else signed(-(value + 1) // 2)


def _plain_leaf(entry: Entry, *, prefix: bytes) -> Leaf:
    key, value = entry
    op = pb.LeafOp(
        hash=pb.HASH_OP_SHA256,
        prehash_value=pb.HASH_OP_SHA256,
        length=pb.LENGTH_OP_VAR_PROTO,
        prefix=prefix,
    )
    return Leaf(key, value, op, sha(prefix + unsigned(len(key)) + key + b"\x20" + sha(value)))


def _inner(left: Node, right: Node, *, head: bytes, mark: bytes) -> Inner:
    both = mark + left.hash + mark + right.hash
    return Inner(left, right, head, mark, sha(head + both))
