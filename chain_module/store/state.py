"""The committed state: every store's tree and flat dict, the app hash, and the last versions.

A block goes in two steps, since the engine asks for the app hash before it says commit: `prepare`
computes the next version and changes nothing; `apply` takes it over, once its log record is
durable. Older versions are kept by their roots (version.py).

Python's garbage collector must not walk the trees: a full collection of a million keys takes 0.5 s,
and trees have no cycles. A tuple leaves the collector for good once a collection meets it after
all of its items have left, but collections meet parents before children, unless each node is
referred to from an older object. So every new node is put on a list that lives as long as the
state, children first, until the next block. That needs the collector as it is by default: node
must neither switch it off for long nor freeze it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from chain_module.store.branch import Branch, unknown_store
from chain_module.store.commit import commit
from chain_module.store.errors import StoreCode, StoreFault
from chain_module.store.log_record import Record, decode_record
from chain_module.store.multistore import app_hash
from chain_module.store.node import Node, root_hash, scan
from chain_module.store.types import Changes, Entry, StateChanges
from chain_module.store.version import Version, require_root

DEFAULT_KEEP: Final = 100
"""Versions that stay readable, the newest among them."""

NO_CHANGES: Final[Changes] = {}


@dataclass(frozen=True, slots=True)
class Prepared:
    """The next version, computed and not yet taken over."""

    version: Version
    changes: StateChanges

    @property
    def record(self) -> Record:
        """What the commit log keeps of it."""
        return Record(self.version.number, self.version.app_hash, self.changes)


class CommittedState:
    """All stores at their newest version. A `StateReader`, and what `Branch`es start from."""

    def __init__(self, version: Version, *, keep: int = DEFAULT_KEEP) -> None:
        """Takes a version that was loaded, or `no_version`; `keep` is at least 1."""
        self._keep = keep
        self.restore(version)

    def restore(self, version: Version) -> None:
        """Takes a version that was loaded in the place of all there is; no branch outlives it."""
        self._values = {name: dict(scan(tree, b"", None)) for name, tree in version.trees.items()}
        self._kept = {version.number: version}
        self._made: list[Node] = []
        """The nodes of the version prepared last: see the module."""
        self.newest = version

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all stores, sorted."""
        return self.newest.names

    @property
    def revision(self) -> int:
        """The newest version: branches of an older one are stale."""
        return self.newest.number

    def store(self, name: str) -> NewestReader:
        """The store of that name, always at the newest version."""
        if name not in self._values:
            raise unknown_store(name, self.names)
        return NewestReader(self, name, self._values[name])

    def branch(self) -> Branch:
        """A branch of the newest version."""
        return Branch(self)

    def at(self, version: int) -> Version:
        """A version that is still kept. Raises StoreFault VERSION_NOT_KEPT."""
        # One look: queries of other threads come while a block is committed.
        found = self._kept.get(version)
        if found is None:
            kept = tuple(self._kept)
            raise StoreFault(
                StoreCode.VERSION_NOT_KEPT,
                expected=f"a version from {min(kept)} to {max(kept)}",
                found=str(version),
            )
        return found

    def versions(self) -> dict[int, Version]:
        """Those that are kept now, by number."""
        return dict(self._kept)

    def prepare(self, changes: StateChanges) -> Prepared:
        """The next version. Nothing is changed.

        Raises:
            StoreFault: UNKNOWN_STORE; EMPTY_STORE, since nothing could be proved about it.
        """
        for name in changes:
            if name not in self._values:
                raise unknown_store(name, self.names)
        number = self.newest.number + 1
        self._made.clear()
        trees = {
            name: commit(
                tree,
                changes.get(name, NO_CHANGES),
                known=self._values[name],
                version=number,
                made=self._made,
            )
            for name, tree in self.newest.trees.items()
        }
        for name, tree in trees.items():
            if tree is None:
                raise StoreFault(
                    StoreCode.EMPTY_STORE, expected=f"a key in {name} at every version", found=""
                )
        roots = {name: root_hash(tree) for name, tree in trees.items()}
        return Prepared(Version(number, trees, app_hash(roots)), changes)

    def apply(self, prepared: Prepared) -> None:
        """Takes the prepared version over. Raises StoreFault WRONG_VERSION if it is another's."""
        version = prepared.version
        if version.number != self.newest.number + 1:
            raise _wrong_version(self.newest.number + 1, version.number)
        for name, changes in prepared.changes.items():
            values = self._values[name]
            for key, value in changes.items():
                if value is None:
                    values.pop(key, None)
                else:
                    values[key] = value
        self._kept[version.number] = version
        self._kept.pop(version.number - self._keep, None)
        self.newest = version

    def replay(self, record: bytes) -> None:
        """Takes over the version that a log record holds, if it gives the recorded app hash.

        Raises:
            StoreFault: DAMAGED_RECORD, WRONG_VERSION, ROOT_MISMATCH, or as `prepare`.
        """
        wanted = decode_record(record)
        if wanted.version != self.newest.number + 1:
            raise _wrong_version(self.newest.number + 1, wanted.version)
        prepared = self.prepare(wanted.changes)
        require_root(wanted.app_hash, prepared.version)
        self.apply(prepared)


@dataclass(frozen=True, slots=True)
class NewestReader:
    """One store at the newest version: single keys by the flat dict, ranges by the tree."""

    state: CommittedState
    name: str
    values: Mapping[bytes, bytes]

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""
        return self.values.get(key)

    def iterate(
        self, start: bytes = b"", end: bytes | None = None, *, reverse: bool = False
    ) -> Iterator[Entry]:
        """Entries with start <= key < end (None: to the last), as they are at this call."""
        return scan(self.state.newest.trees[self.name], start, end, reverse=reverse)


def _wrong_version(expected: int, found: int) -> StoreFault:
    return StoreFault(
        StoreCode.WRONG_VERSION, expected=f"version {expected}", found=f"version {found}"
    )
