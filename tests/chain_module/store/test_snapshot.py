"""Snapshots: the same tree comes back, hashed anew, and damage is found."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_module.store.columns import MalformedBytes, seal
from chain_module.store.commit import commit
from chain_module.store.errors import StoreCode, StoreFault
from chain_module.store.multistore import app_hash
from chain_module.store.node import Tree, root_hash
from chain_module.store.rebuild import Builder, RootOfRows, rows_of
from chain_module.store.snapshot import (
    FRAME_KEYS,
    MAX_FRAME_BYTES,
    check_snapshot,
    read_head,
    read_snapshot,
    write_snapshot,
)
from chain_module.store.version import Version
from tests.chain_module.store.audit import Auditor
from tests.chain_module.store.operations import history, replay


def version_of(trees: dict[str, Tree], *, number: int) -> Version:
    """These trees as one version."""
    return Version(number, trees, app_hash({name: root_hash(tree) for name, tree in trees.items()}))


def some_version(seed: int) -> Version:
    """Three stores with histories, and an empty one."""
    kept = [list(replay(list(history(seed + index, versions=6)))) for index in range(3)]
    trees = dict(zip("acd", (each[-1].tree for each in kept), strict=True))
    return version_of({"a": trees["a"], "b": None, **trees}, number=6)


def read(data: bytes) -> Version:
    """The version of a snapshot; checking it without keeping it says the same."""
    fault = fault_of(read_snapshot, data)
    assert fault_of(check_snapshot, data) == fault
    version = read_snapshot(io.BytesIO(data).read)
    head = check_snapshot(io.BytesIO(data).read)
    assert head == read_head(data)
    assert (head.number, head.app_hash) == (version.number, version.app_hash)
    assert list(head.sizes) == list(version.trees)
    return version


def fault_of(reading: Callable[[Callable[[int], bytes]], object], data: bytes) -> str:
    """What is wrong with it; nothing if it is whole."""
    try:
        reading(io.BytesIO(data).read)
    except StoreFault as fault:
        return str(fault)
    return ""


SMALL: Final = b"".join(write_snapshot(some_version(7)))


@given(st.integers(min_value=0, max_value=10_000))
def test_the_same_trees_come_back(seed: int) -> None:
    version = some_version(seed)
    found = read(b"".join(write_snapshot(version)))
    assert found == version
    assert list(found.trees) == sorted(found.trees)
    for tree in found.trees.values():
        assert Auditor().root_of(tree, version=6) == root_hash(tree)


def test_more_keys_than_a_frame_holds() -> None:
    entries = {number.to_bytes(3, "big"): b"v" for number in range(2 * FRAME_KEYS + 1)}
    tree = commit(None, entries, known=(), version=3)
    updates: dict[bytes, bytes | None] = dict.fromkeys(list(entries)[::1000], b"w")
    version = version_of({"s": commit(tree, updates, known=entries, version=4)}, number=4)
    frames = list(write_snapshot(version))
    assert len(frames) == 4
    assert read(b"".join(frames)) == version


def test_large_values_make_small_frames() -> None:
    entries = {number.to_bytes(1, "big"): bytes([1]) * 100_000 for number in range(25)}
    version = version_of({"s": commit(None, entries, known=(), version=1)}, number=1)
    frames = list(write_snapshot(version))
    assert [len(frame) // 100_000 for frame in frames] == [0, 11, 11, 3]
    assert read(b"".join(frames)) == version


def test_a_version_is_one_object_for_all_nodes() -> None:
    """A million integers would be 32 MB."""
    entries = {number.to_bytes(3, "big"): b"v" for number in range(5000)}
    tree = commit(None, entries, known=(), version=10**6)
    found = read(b"".join(write_snapshot(version_of({"s": tree}, number=10**6))))
    versions = {id(row[2]) for row in rows_of(found.trees["s"])}
    assert len(versions) == 1


@given(st.data())
def test_a_changed_or_missing_byte_is_found(data: st.DataObject) -> None:
    place = data.draw(st.integers(min_value=0, max_value=len(SMALL) - 1))
    flipped = bytearray(SMALL)
    flipped[place] ^= 1 << data.draw(st.integers(min_value=0, max_value=7))
    for damaged in (bytes(flipped), SMALL[:place], SMALL + SMALL[: place + 1]):
        with pytest.raises(StoreFault) as fault:
            read(damaged)
        assert fault.value.code is StoreCode.DAMAGED_SNAPSHOT


def test_a_giant_frame_is_refused_before_it_is_read() -> None:
    def reader(size: int) -> bytes:
        assert size <= MAX_FRAME_BYTES
        return b"\xff" * size

    with pytest.raises(StoreFault, match="a frame of 4294967295 bytes"):
        read_snapshot(reader)


Change = Callable[[bytes], bytes]
FRAMES: Final = list(write_snapshot(some_version(7)))


def resealed(frame: bytes, change: Change) -> bytes:
    """A frame with another payload and the right checksum."""
    sealed = seal(change(frame[4:-32]))
    return len(sealed).to_bytes(4, "big") + sealed


RESEALED: Final[dict[str, tuple[int, Change, StoreCode]]] = {
    "another app hash": (
        0,
        lambda head: head[:28] + bytes(32) + head[60:],
        StoreCode.ROOT_MISMATCH,
    ),
    "another inner version": (
        1,
        lambda rows: rows[:-1] + bytes([rows[-1] ^ 1]),
        StoreCode.ROOT_MISMATCH,
    ),
    "another format": (0, lambda head: b"S" + head[1:], StoreCode.DAMAGED_SNAPSHOT),
    "a head with more": (0, lambda head: head + b"\x00", StoreCode.DAMAGED_SNAPSHOT),
    "a frame with more": (1, lambda rows: rows + b"\x00", StoreCode.DAMAGED_SNAPSHOT),
    "a frame with less": (1, lambda rows: rows[:-1], StoreCode.DAMAGED_SNAPSHOT),
    "a name that is not ASCII": (
        0,
        lambda head: head.replace(b"abcd", b"abc\xff"),
        StoreCode.DAMAGED_SNAPSHOT,
    ),
    "more keys than there are": (
        0,
        lambda head: head[:-25] + bytes([head[-25] - 1]) + head[-24:],
        StoreCode.DAMAGED_SNAPSHOT,
    ),
    "a frame without keys": (
        1,
        lambda rows: bytes(4) + rows[4:],
        StoreCode.DAMAGED_SNAPSHOT,
    ),
    "names out of order": (
        0,
        lambda head: head.replace(b"abcd", b"abdc"),
        StoreCode.DAMAGED_SNAPSHOT,
    ),
}


def test_a_check_keeps_no_more_than_a_path() -> None:
    """Whatever the rows say: a liar's endless row of equal heights is no tree, and is not kept."""
    rows = [(number.to_bytes(3, "big"), b"v", 1, 7, 1) for number in range(50)]
    root = RootOfRows()
    with pytest.raises(MalformedBytes, match="a node of height 7 under one of that height"):
        root.add(rows)
    falling = [(number.to_bytes(3, "big"), b"v", 1, 255 - number, 1) for number in range(256)]
    root = RootOfRows()
    root.add(falling)
    builder = Builder()
    builder.add(falling)
    assert root.hash() == root_hash(builder.tree())


@pytest.mark.parametrize("name", RESEALED)
def test_a_snapshot_that_says_something_else_is_refused(name: str) -> None:
    place, change, code = RESEALED[name]
    frames = [*FRAMES]
    frames[place] = resealed(frames[place], change)
    with pytest.raises(StoreFault) as fault:
        read(b"".join(frames))
    assert fault.value.code is code
