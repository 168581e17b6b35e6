"""One version of all stores: what queries and proofs read while the chain goes on.

Trees never change, so a version is kept by keeping its roots, and reading one needs no lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chain_module.store.branch import unknown_store
from chain_module.store.encoding import EMPTY_ROOT
from chain_module.store.errors import StoreCode, StoreFault
from chain_module.store.node import Tree, lookup, scan
from chain_module.store.types import Entry


@dataclass(frozen=True, slots=True)
class Version:
    """One version of all stores. It stays as it is: a `StateReader` for queries and proofs."""

    number: int
    trees: Mapping[str, Tree]
    app_hash: bytes

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all stores, sorted."""
        return tuple(self.trees)

    @property
    def revision(self) -> int:
        """Always the same: a version does not change."""
        return self.number

    def store(self, name: str) -> TreeReader:
        """The store of that name. Raises StoreFault UNKNOWN_STORE."""
        if name not in self.trees:
            raise unknown_store(name, self.names)
        return TreeReader(self.trees[name])


@dataclass(frozen=True, slots=True)
class TreeReader:
    """One store of one version."""

    tree: Tree

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""
        return lookup(self.tree, key)

    def iterate(
        self, start: bytes = b"", end: bytes | None = None, *, reverse: bool = False
    ) -> Iterator[Entry]:
        """Entries with start <= key < end (None: to the last)."""
        return scan(self.tree, start, end, reverse=reverse)


def no_version(names: Sequence[str], *, initial_version: int = 1) -> Version:
    """What is there before the first commit, which will be `initial_version`: empty stores.

    Its app hash is the SDK's for a chain without a block, SHA-256 of nothing.
    """
    return Version(initial_version - 1, dict.fromkeys(sorted(names)), EMPTY_ROOT)


def require_root(expected: bytes, version: Version) -> None:
    """Raises StoreFault ROOT_MISMATCH where the version has another app hash."""
    if version.app_hash != expected:
        raise StoreFault(
            StoreCode.ROOT_MISMATCH,
            expected=f"app hash {expected.hex()} at version {version.number}",
            found=version.app_hash.hex(),
        )
