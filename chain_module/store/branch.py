"""Branches: changes that may yet be thrown away, over a state that does not see them.

A block runs on a branch of the committed state, each of its transactions on a branch of that
branch. A branch holds real changes only: setting a value that is there already, or removing a key
that is not, leaves nothing behind, since in the tree even an unchanged write changes the root.

That holds while what is below stands still. So a branch whose base has changed since the branch
was made is stale, and every use of it raises: make a new one.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

from chain_module.store.errors import StoreCode, StoreFault
from chain_module.store.types import Entry, KvReader, StateChanges, StateReader


class Branch:
    """A `StateStore` over another state. `changes` is what it holds."""

    def __init__(self, base: StateReader) -> None:
        self._base = base
        self._base_revision = base.revision
        self._stores = {name: BranchStore(self, base.store(name)) for name in base.names}
        self._revision = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all stores, sorted."""
        return self._base.names

    @property
    def revision(self) -> int:
        """Grows with every change in this branch, or below it."""
        return self._base.revision + self._revision

    def store(self, name: str) -> BranchStore:
        """The store of that name. Raises StoreFault UNKNOWN_STORE."""
        found = self._stores.get(name)
        if found is None:
            raise unknown_store(name, self.names)
        return found

    def branch(self) -> ChildBranch:
        """A branch of this branch, to be committed into it or forgotten."""
        return ChildBranch(self)

    def changes(self) -> dict[str, dict[bytes, bytes | None]]:
        """All changes by store, keys sorted; stores without any are left out."""
        self.require_fresh()
        return {
            name: {key: store.overlay[key] for key in sorted(store.overlay)}
            for name, store in self._stores.items()
            if store.overlay
        }

    def write(self, changes: StateChanges) -> None:
        """Makes all of these changes in this branch."""
        for name, entries in changes.items():
            store = self.store(name)
            for key, value in entries.items():
                if value is None:
                    store.delete(key)
                else:
                    store.set(key, value)

    def require_fresh(self) -> None:
        """Raises StoreFault STALE_BRANCH if the state below has changed."""
        if self._base.revision != self._base_revision:
            raise StoreFault(
                StoreCode.STALE_BRANCH,
                expected=f"a branch of revision {self._base.revision}",
                found=f"one of revision {self._base_revision}",
            )

    def touched(self) -> None:
        """A store of this branch has changed: branches of it are stale."""
        self._revision += 1


class ChildBranch(Branch):
    """A branch of a branch."""

    def __init__(self, parent: Branch) -> None:
        super().__init__(parent)
        self._parent = parent

    def commit(self) -> None:
        """Writes the changes into the parent. This branch is stale afterwards, if it had any."""
        self._parent.write(self.changes())


class BranchStore:
    """One store of a branch. `overlay` holds its changes: a value, or None for a removal."""

    __slots__ = ("_base", "_branch", "_order", "overlay")

    def __init__(self, branch: Branch, base: KvReader) -> None:
        self._branch = branch
        self._base = base
        self.overlay: dict[bytes, bytes | None] = {}
        self._order: list[bytes] | None = None
        """Keys of the overlay, sorted; made when they are first wanted."""

    def get(self, key: bytes) -> bytes | None:
        """The value as this branch sees it."""
        self._branch.require_fresh()
        return self.overlay[key] if key in self.overlay else self._base.get(key)

    def set(self, key: bytes, value: bytes) -> None:
        """Sets the value. Raises StoreFault BAD_KEY or BAD_VALUE for an empty one."""
        if not key:
            raise StoreFault(StoreCode.BAD_KEY, expected="a key", found="an empty one")
        if not value:
            raise StoreFault(StoreCode.BAD_VALUE, expected="a value", found="an empty one")
        self._change(key, value)

    def delete(self, key: bytes) -> None:
        """Removes the key; nothing happens where there is none."""
        self._change(key, None)

    def iterate(
        self, start: bytes = b"", end: bytes | None = None, *, reverse: bool = False
    ) -> Iterator[Entry]:
        """Entries with start <= key < end (None: to the last), as they are at this call."""
        self._branch.require_fresh()
        base = self._base.iterate(start, end, reverse=reverse)
        if self._order is None:
            self._order = sorted(self.overlay)
        low = bisect_left(self._order, start)
        high = len(self._order) if end is None else bisect_left(self._order, end)
        own = [(key, self.overlay[key]) for key in self._order[low:high]]
        return _merge(base, own[::-1] if reverse else own, reverse=reverse) if own else base

    def _change(self, key: bytes, value: bytes | None) -> None:
        self._branch.require_fresh()
        below = self._base.get(key)
        if self.overlay.get(key, below) == value:
            return
        if below == value:
            del self.overlay[key]
            if self._order is not None:
                del self._order[bisect_left(self._order, key)]
        else:
            if self._order is not None and key not in self.overlay:
                insort(self._order, key)
            self.overlay[key] = value
        self._branch.touched()


def unknown_store(name: str, names: tuple[str, ...]) -> StoreFault:
    """There is no store of that name."""
    return StoreFault(
        StoreCode.UNKNOWN_STORE, expected=f"one of {', '.join(names)}", found=repr(name)
    )


def _merge(
    base: Iterator[Entry], own: list[tuple[bytes, bytes | None]], *, reverse: bool
) -> Iterator[Entry]:
    """Two ascending (or descending) runs as one; for a key in both, the overlay's word counts."""
    waiting = own[::-1]
    for key, value in base:
        while waiting and (waiting[-1][0] > key if reverse else waiting[-1][0] < key):
            yield from _present(waiting.pop())
        if waiting and waiting[-1][0] == key:
            yield from _present(waiting.pop())
        else:
            yield key, value
    while waiting:
        yield from _present(waiting.pop())


def _present(change: tuple[bytes, bytes | None]) -> Iterator[Entry]:
    key, value = change
    if value is not None:
        yield key, value
