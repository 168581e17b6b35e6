"""The log record of a commit: its version, app hash and changes as bytes, and back.

    magic, 8 version, 32 app hash, 4 stores
    for each store with changes, names ascending:
        4 length of name, name, 4 changes, then as columns:
        keys ascending | values (empty where the key was removed: no value is)
    32 SHA-256 of all before

The checksum tells bytes that a disk has spoiled from a record that gives another state than it
did: the first is the disk's fault, the second this program's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chain_module.store.columns import (
    Cursor,
    MalformedBytes,
    pack_integers,
    pack_rows,
    require_ascending,
    seal,
)
from chain_module.store.errors import StoreCode, StoreFault
from chain_module.store.types import Changes, StateChanges

MAGIC: Final = b"seedpact log 1\n"
APP_HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Record:
    """What one commit did."""

    version: int
    app_hash: bytes
    """32 bytes, after the changes."""
    changes: StateChanges


def encode_record(record: Record) -> bytes:
    """The record as bytes. Equal records give equal bytes."""
    named = {name: changes for name, changes in sorted(record.changes.items()) if changes}
    parts = [
        MAGIC,
        pack_integers([record.version], width=8),
        record.app_hash,
        pack_integers([len(named)], width=4),
    ]
    for name, changes in named.items():
        parts += [pack_rows([name.encode("ascii")]), _encode_changes(changes)]
    return seal(b"".join(parts))


def decode_record(data: bytes) -> Record:
    """The record of these bytes. Raises StoreFault DAMAGED_RECORD."""
    try:
        return _decode(data)
    except (MalformedBytes, UnicodeDecodeError) as error:
        raise StoreFault(
            StoreCode.DAMAGED_RECORD, expected="a log record as it was written", found=str(error)
        ) from None


def _encode_changes(changes: Changes) -> bytes:
    keys = sorted(changes)
    values = [changes[key] for key in keys]
    return b"".join(
        (
            pack_integers([len(keys)], width=4),
            pack_rows(keys),
            pack_rows([value or b"" for value in values]),
        )
    )


def _decode(data: bytes) -> Record:
    cursor = Cursor.unseal(data)
    cursor.expect(MAGIC, "log record of this format")
    version = cursor.integer(width=8)
    app_hash = cursor.take(APP_HASH_BYTES)
    stores: dict[str, Mapping[bytes, bytes | None]] = {}
    names: list[bytes] = []
    for _ in range(cursor.integer(width=4)):
        names += cursor.rows(1)
        stores[names[-1].decode("ascii")] = _decode_changes(cursor)
    require_ascending(names, "store's name")
    cursor.end()
    return Record(version, app_hash, stores)


def _decode_changes(cursor: Cursor) -> dict[bytes, bytes | None]:
    count = cursor.integer(width=4)
    keys = cursor.rows(count)
    values = cursor.rows(count)
    require_ascending(keys, "key")
    if not keys:
        raise MalformedBytes("a store without changes")
    return {key: value or None for key, value in zip(keys, values, strict=True)}
