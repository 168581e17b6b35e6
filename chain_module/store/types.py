"""What modules see of the state, and what the state wants of a disk: Protocols and plain types.

A store maps keys to values, both bytes and never empty: an empty value cannot be proved, and
neither can the absence of its neighbours (ICS-23). Order is that of the keys' bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, TypeAlias

Entry: TypeAlias = tuple[bytes, bytes]
"""Key and value."""

Changes: TypeAlias = Mapping[bytes, bytes | None]
"""What a block does to one store: the last value of each changed key, or None for its removal."""

StateChanges: TypeAlias = Mapping[str, Changes]
"""What a block does, by the store's name. A store without changes may be left out."""


class KvReader(Protocol):
    """One store, to read."""

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""
        ...

    def iterate(
        self, start: bytes = b"", end: bytes | None = None, *, reverse: bool = False
    ) -> Iterator[Entry]:
        """Entries with start <= key < end (None: to the last), as they are at this call."""
        ...


class KvStore(KvReader, Protocol):
    """One store, to read and write."""

    def set(self, key: bytes, value: bytes) -> None:
        """Sets the value; nothing happens where it is the same. Raises StoreFault if empty."""
        ...

    def delete(self, key: bytes) -> None:
        """Removes the key; nothing happens where there is none."""
        ...


class StateReader(Protocol):
    """All stores, to read."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all stores, sorted."""
        ...

    @property
    def revision(self) -> int:
        """Grows with every change that a reader of this state could notice."""
        ...

    def store(self, name: str) -> KvReader:
        """The store of that name. Raises StoreFault UNKNOWN_STORE."""
        ...


class StateStore(StateReader, Protocol):
    """All stores, to read and write: what a transaction runs on."""

    def store(self, name: str) -> KvStore:
        """The store of that name. Raises StoreFault UNKNOWN_STORE."""
        ...


class CommitLog(Protocol):
    """Where node keeps the records of commits: one a version, whole and in order.

    The caller of `append` may tell the world of the version once it has returned: the record is
    then on the disk, not in a cache. What else belongs to the block (its index, its height) goes
    into the same atomic write. A record that a crash left half written is found out by
    `CommittedState.replay`; if it is the last, dropping it loses nothing, since the engine gives
    the block again.
    """

    def append(self, version: int, record: bytes) -> None:
        """Makes the record durable. Raises what node raises of a disk.

        Whether the record is in the log after that shows at the next start.
        """
        ...

    def records(self, after: int) -> Iterator[bytes]:
        """Records of the versions above `after`, ascending, without a gap."""
        ...

    def truncate(self, upto: int) -> None:
        """Forgets the records of versions up to `upto`, which a snapshot holds."""
        ...


def prefix_end(prefix: bytes) -> bytes | None:
    """The smallest key above all that start with `prefix`, for `iterate(prefix, ..)`.

    None where there is no such key: the prefix is empty or all 0xff.
    """
    shorter = prefix.rstrip(b"\xff")
    return shorter[:-1] + bytes([shorter[-1] + 1]) if shorter else None
