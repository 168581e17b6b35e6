"""The rules of an IAVL tree, checked node by node from scratch, with hashing written again.

Roots alone miss a rotated sibling that kept its old version: hashing uses the version of the
commit, so only the tree that is hashed again from its stored versions shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from chain_module.store.node import Node, Tree


@dataclass(frozen=True, slots=True)
class Audited:
    """What a subtree is found to be."""

    digest: bytes
    size: int
    height: int
    smallest: bytes
    largest: bytes
    newest: int
    """The highest version in it."""


@dataclass
class Auditor:
    """Audits trees that share nodes, each node once."""

    _seen: dict[int, tuple[Node, Audited]] = field(default_factory=dict)
    """By identity; the node is kept so that its identity is not used again."""

    def root_of(self, tree: Tree, *, version: int) -> bytes:
        """The root that the nodes of the tree give. Asserts every rule."""
        if tree is None:
            return sha256(b"").digest()
        found = self._audit(tree)
        assert found.newest <= version
        return found.digest

    def _audit(self, node: Node) -> Audited:
        known = self._seen.get(id(node))
        if known is None:
            known = (node, self._leaf(node) if len(node) == 5 else self._inner(node))
            self._seen[id(node)] = known
        found = known[1]
        assert node[1] == found.digest, "a stored hash is not that of the node's own version"
        return found

    @staticmethod
    def _leaf(node: Node) -> Audited:
        assert len(node) == 5
        height, _, key, value, version = node
        assert height == 0
        assert key
        data = b"\x00\x02" + signed(version) + prefixed(key) + prefixed(sha256(value).digest())
        return Audited(sha256(data).digest(), 1, 0, key, key, version)

    def _inner(self, node: Node) -> Audited:
        assert len(node) == 7
        height, _, key, left_node, right_node, size, version = node
        left, right = self._audit(left_node), self._audit(right_node)
        assert size == left.size + right.size
        assert height == 1 + max(left.height, right.height)
        assert abs(left.height - right.height) < 2
        assert left.largest < key
        assert key == right.smallest
        assert version >= max(left.newest, right.newest), "a parent is older than its child"
        data = signed(height) + signed(size) + signed(version)
        data += prefixed(left.digest) + prefixed(right.digest)
        return Audited(sha256(data).digest(), size, height, left.smallest, right.largest, version)


def signed(value: int) -> bytes:
    """Go's binary.PutVarint of a value that is not negative."""
    return unsigned(2 * value)


def unsigned(value: int) -> bytes:
    """Go's binary.PutUvarint."""
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + unsigned(rest) if rest else bytes([low])


def prefixed(data: bytes) -> bytes:
    """The bytes behind their length."""
    return unsigned(len(data)) + data
