"""A snapshot of one version as bytes, and back with every hash computed anew.

A snapshot is a sequence of frames: 4 bytes of length, then a sealed payload. First the head:

    magic, 8 version, 32 app hash, 4 stores, names (ascending) | 8 keys of each

then each store's keys in order, in frames of at most `FRAME_KEYS` keys and about `FRAME_BYTES`:

    4 keys, then as columns:
    keys | values | 8 leaf's version | 1 height, 8 version of the inner node of that key

Every key but a store's first is the key of exactly one inner node (0 and 0 for the first), so this
is the whole tree. What was read is believed only once the app hash over the rebuilt trees is the
recorded one.

Trees never change: frames can be written between blocks, one at a time, while the chain goes on.

A snapshot that a peer sent is checked before it is read: the check computes the same app hash and
keeps nothing, so that whoever sends another state fills no memory.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from chain_module.store.columns import (
    CHECKSUM_BYTES,
    Cursor,
    MalformedBytes,
    pack_integers,
    pack_rows,
    require_ascending,
    seal,
)
from chain_module.store.errors import StoreCode, StoreFault
from chain_module.store.multistore import app_hash
from chain_module.store.node import Tree, root_hash, size_of
from chain_module.store.rebuild import Builder, RootOfRows, Row, rows_of
from chain_module.store.version import Version, require_root

MAGIC: Final = b"seedpact snapshot 1\n"
APP_HASH_BYTES: Final = 32
FRAME_KEYS: Final = 8192
FRAME_BYTES: Final = 1 << 20
"""Of keys and values. A frame is what is written or read without a pause: some 20 ms."""
LENGTH_BYTES: Final = 4
MAX_FRAME_BYTES: Final = 1 << 26
"""A length above this is damage, and not memory to ask for: a frame ends with the row that fills
it, and no value is as large as a block may be."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a snapshot says of itself, in its first frame."""

    number: int
    """The version."""
    app_hash: bytes
    """32 bytes."""
    sizes: Mapping[str, int]
    """Keys of each store, by its name, ascending."""


def write_snapshot(version: Version) -> Iterator[bytes]:
    """The frames of a snapshot, each with its length in front."""
    names = version.names
    sizes = [0 if tree is None else size_of(tree) for tree in version.trees.values()]
    head = (
        MAGIC,
        pack_integers([version.number], width=8),
        version.app_hash,
        pack_integers([len(names)], width=4),
        pack_rows([name.encode("ascii") for name in names]),
        pack_integers(sizes, width=8),
    )
    yield _frame(b"".join(head))
    for tree in version.trees.values():
        for rows in _grouped(rows_of(tree)):
            yield _frame(_pack(rows))


def read_snapshot(read: Callable[[int], bytes]) -> Version:
    """The version that a snapshot holds.

    Args:
        read: gives the next n bytes of the snapshot, fewer only at its end.

    Raises:
        StoreFault: DAMAGED_SNAPSHOT, ROOT_MISMATCH.
    """
    with _typed():
        head = _read_head(read)
        trees = {name: _read_tree(read, size) for name, size in head.sizes.items()}
        _require_end(read)
    roots = {name: root_hash(tree) for name, tree in trees.items()}
    version = Version(head.number, trees, app_hash(roots))
    require_root(head.app_hash, version)
    return version


def check_snapshot(read: Callable[[int], bytes]) -> Head:
    """Computes the app hash of a snapshot anew, in the memory of one frame.

    Args:
        read: as `read_snapshot`.

    Raises:
        StoreFault: as `read_snapshot`.
    """
    with _typed():
        head = _read_head(read)
        roots = {name: _root_of(read, size) for name, size in head.sizes.items()}
        _require_end(read)
    require_root(head.app_hash, Version(head.number, {}, app_hash(roots)))
    return head


def read_head(data: bytes) -> Head:
    """What a snapshot that begins with these bytes says of itself; nothing of it is checked.

    Raises:
        StoreFault: DAMAGED_SNAPSHOT.
    """
    with _typed():
        return _read_head(Cursor(data).take)


@contextlib.contextmanager
def _typed() -> Iterator[None]:
    try:
        yield
    except (MalformedBytes, UnicodeDecodeError) as error:
        raise StoreFault(
            StoreCode.DAMAGED_SNAPSHOT, expected="a snapshot as it was written", found=str(error)
        ) from None


def _read_head(read: Callable[[int], bytes]) -> Head:
    cursor = _next_frame(read)
    cursor.expect(MAGIC, "snapshot of this format")
    number = cursor.integer(width=8)
    recorded = cursor.take(APP_HASH_BYTES)
    count = cursor.integer(width=4)
    names = cursor.rows(count)
    sizes = cursor.integers(count, width=8)
    cursor.end()
    require_ascending(names, "store's name")
    named = zip((name.decode("ascii") for name in names), sizes, strict=True)
    return Head(number, recorded, dict(named))


def _read_tree(read: Callable[[int], bytes], size: int) -> Tree:
    builder = Builder()
    for rows in _frames_of(read, size):
        builder.add(rows)
    return builder.tree()


def _root_of(read: Callable[[int], bytes], size: int) -> bytes:
    root = RootOfRows()
    for rows in _frames_of(read, size):
        root.add(rows)
    return root.hash()


def _frames_of(read: Callable[[int], bytes], size: int) -> Iterator[Iterator[Row]]:
    """The rows of each frame of a store with so many keys."""
    while size:
        cursor = _next_frame(read)
        count = cursor.integer(width=4)
        if not 0 < count <= min(size, FRAME_KEYS):
            raise MalformedBytes(f"{count} keys in a frame, where {size} are left")
        size -= count
        keys, values = cursor.rows(count), cursor.rows(count)
        versions = cursor.integers(count, width=8)
        heights, inner_versions = cursor.integers(count, width=1), cursor.integers(count, width=8)
        cursor.end()
        yield zip(keys, values, versions, heights, inner_versions, strict=True)


def _require_end(read: Callable[[int], bytes]) -> None:
    if read(1):
        raise MalformedBytes("bytes after its last frame")


def _grouped(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """The rows of each frame."""
    group: list[Row] = []
    size = 0
    for row in rows:
        group.append(row)
        size += len(row[0]) + len(row[1])
        if len(group) == FRAME_KEYS or size >= FRAME_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _pack(rows: list[Row]) -> bytes:
    keys, values, versions, heights, inner_versions = zip(*rows, strict=True)
    return b"".join(
        (
            pack_integers([len(rows)], width=4),
            pack_rows(keys),
            pack_rows(values),
            pack_integers(versions, width=8),
            pack_integers(heights, width=1),
            pack_integers(inner_versions, width=8),
        )
    )


def _frame(payload: bytes) -> bytes:
    sealed = seal(payload)
    return len(sealed).to_bytes(LENGTH_BYTES, "big") + sealed


def _next_frame(read: Callable[[int], bytes]) -> Cursor:
    size = int.from_bytes(_exactly(read, LENGTH_BYTES), "big")
    if not CHECKSUM_BYTES <= size <= MAX_FRAME_BYTES:
        raise MalformedBytes(f"a frame of {size} bytes")
    return Cursor.unseal(_exactly(read, size))


def _exactly(read: Callable[[int], bytes], size: int) -> bytes:
    data = read(size)
    if len(data) != size:
        raise MalformedBytes(f"{size - len(data)} bytes are missing")
    return data
