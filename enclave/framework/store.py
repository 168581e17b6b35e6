"""`KvStore` and `TypedStore[K, V]`: the enclave's state, and one transaction at a time over it.

`TransactionalStore` keeps the committed entries in memory and writes of the running request in an
overlay; `commit` hands the whole to a `save` function and takes it over only once that returned.
Encoding, sealing and disks are not here: `framework.sealed_state` and `service` do that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class KvStore(Protocol):
    """Bytes to bytes, in ascending order of keys."""

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""
        ...

    def put(self, key: bytes, value: bytes) -> None:
        """Sets the value."""
        ...

    def delete(self, key: bytes) -> None:
        """Removes the key; nothing happens where there is none."""
        ...

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Entries whose key starts with `prefix`, ascending."""
        ...


@dataclass(frozen=True, slots=True)
class Codec(Generic[V]):
    """How a value becomes bytes and comes back. `decode` raises Refusal."""

    encode: Callable[[V], bytes]
    decode: Callable[[bytes], V]


class TypedStore(Generic[K, V]):
    """One kind of entry in a `KvStore`: keys under a prefix, values by a codec."""

    def __init__(self, store: KvStore, *, prefix: bytes, key: Codec[K], value: Codec[V]) -> None:
        self._store = store
        self._prefix = prefix
        self._key = key
        self._value = value

    def get(self, key: K) -> V | None:
        """The value, or None."""
        data = self._store.get(self._prefix + self._key.encode(key))
        return None if data is None else self._value.decode(data)

    def put(self, key: K, value: V) -> None:
        """Sets the value."""
        self._store.put(self._prefix + self._key.encode(key), self._value.encode(value))

    def delete(self, key: K) -> None:
        """Removes the key."""
        self._store.delete(self._prefix + self._key.encode(key))

    def items(self) -> list[tuple[K, V]]:
        """All entries, ascending by encoded key."""
        size = len(self._prefix)
        return [
            (self._key.decode(key[size:]), self._value.decode(value))
            for key, value in self._store.scan(self._prefix)
        ]

    def clear(self) -> None:
        """Removes every entry of this kind."""
        for key, _ in list(self._store.scan(self._prefix)):
            self._store.delete(key)


class TypedValue(Generic[V]):
    """The one value of its kind in a `KvStore`."""

    def __init__(self, store: KvStore, *, key: bytes, value: Codec[V]) -> None:
        self._store = store
        self._key = key
        self._value = value

    def get(self) -> V | None:
        """The value, or None."""
        data = self._store.get(self._key)
        return None if data is None else self._value.decode(data)

    def put(self, value: V) -> None:
        """Sets the value."""
        self._store.put(self._key, self._value.encode(value))

    def clear(self) -> None:
        """Removes the value."""
        self._store.delete(self._key)


class TransactionalStore:
    """A `KvStore` whose writes count only after `commit`."""

    def __init__(self, entries: Mapping[bytes, bytes]) -> None:
        self._committed = dict(entries)
        self._overlay: dict[bytes, bytes | None] = {}

    def get(self, key: bytes) -> bytes | None:
        """The value as this transaction sees it."""
        return self._overlay[key] if key in self._overlay else self._committed.get(key)

    def put(self, key: bytes, value: bytes) -> None:
        """Sets the value in this transaction."""
        self._overlay[key] = value

    def delete(self, key: bytes) -> None:
        """Removes the key in this transaction."""
        self._overlay[key] = None

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Entries as this transaction sees them."""
        return iter([item for item in self._merged().items() if item[0].startswith(prefix)])

    def commit(self, save: Callable[[Mapping[bytes, bytes]], None]) -> bool:
        """Saves all entries if any changed, then takes them over; says whether any did.

        If `save` raises, nothing changed.
        """
        merged = self._merged()
        changed = merged != self._committed
        if changed:
            save(merged)
            self._committed = merged
        self._overlay = {}
        return changed

    def rollback(self) -> None:
        """Forgets this transaction's writes."""
        self._overlay = {}

    def _merged(self) -> dict[bytes, bytes]:
        merged: dict[bytes, bytes | None] = {**self._committed, **self._overlay}
        return {key: value for key, value in sorted(merged.items()) if value is not None}
