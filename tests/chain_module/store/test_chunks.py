"""The manifest of a snapshot's chunks: one encoding, strict and bounded whoever wrote it."""

from __future__ import annotations

import contextlib
from hashlib import sha256
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_module.store.chunks import (
    CHUNK_BYTES,
    FIXED_BYTES,
    HASH_BYTES,
    MAGIC,
    MAX_CHUNKS,
    Manifest,
    decode_manifest,
    encode_manifest,
    manifest_of,
)
from chain_module.store.errors import StoreCode, StoreFault
from chain_module.store.snapshot import write_snapshot
from tests.chain_module.store.test_snapshot import some_version

VERSION: Final = some_version(7)
SNAPSHOT: Final = b"".join(write_snapshot(VERSION))
ENGINE_METADATA: Final = 4_000_000
"""CometBFT, statesync/messages.go: snapshotMsgSize."""


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    """Any that has a meaning."""
    size = draw(st.integers(min_value=1, max_value=40 * CHUNK_BYTES))
    count = -(-size // CHUNK_BYTES)
    hashes = draw(st.lists(st.binary(min_size=32, max_size=32), min_size=count, max_size=count))
    height = draw(st.integers(min_value=0, max_value=2**64 - 1))
    app_hash = draw(st.binary(min_size=32, max_size=32))
    return Manifest(height, app_hash, size, tuple(hashes))


def refused(data: bytes) -> None:
    with pytest.raises(StoreFault) as fault:
        decode_manifest(data)
    assert fault.value.code is StoreCode.BAD_MANIFEST


@given(manifests())
def test_a_manifest_comes_back(manifest: Manifest) -> None:
    assert decode_manifest(encode_manifest(manifest)) == manifest


@given(st.data(), manifests())
def test_other_bytes_are_another_manifest_or_none(data: st.DataObject, manifest: Manifest) -> None:
    encoded = encode_manifest(manifest)
    place = data.draw(st.integers(min_value=0, max_value=len(encoded) - 1))
    flipped = bytearray(encoded)
    flipped[place] ^= 1 << data.draw(st.integers(min_value=0, max_value=7))
    try:
        found = decode_manifest(bytes(flipped))
    except StoreFault:
        pass
    else:
        assert found != manifest
        assert encode_manifest(found) == flipped
    refused(encoded[:place])
    refused(encoded + encoded[place:])


@given(st.binary(max_size=3 * HASH_BYTES + FIXED_BYTES))
def test_any_bytes_are_refused_or_have_one_encoding(data: bytes) -> None:
    for tried in (data, MAGIC + data):
        # Any other exception is a failure.
        with contextlib.suppress(StoreFault):
            assert encode_manifest(decode_manifest(tried)) == tried


def test_the_manifest_of_a_snapshot() -> None:
    chunks = [SNAPSHOT[:CHUNK_BYTES]]
    assert manifest_of(chunks) == Manifest(
        VERSION.number, VERSION.app_hash, len(SNAPSHOT), (sha256(SNAPSHOT).digest(),)
    )


def test_a_chunk_is_that_of_its_place() -> None:
    chunks = [SNAPSHOT + bytes(CHUNK_BYTES - len(SNAPSHOT)), b"second"]
    manifest = manifest_of(chunks)
    assert manifest.size == CHUNK_BYTES + len(b"second")
    for index in range(2):
        assert [manifest.holds(index, chunk) for chunk in chunks] == [index == 0, index == 1]
    assert decode_manifest(encode_manifest(manifest)) == manifest


@pytest.mark.parametrize("chunks", [[], [b""], [SNAPSHOT[:60]], [b"x" + SNAPSHOT]])
def test_bytes_that_do_not_begin_as_a_snapshot_have_none(chunks: list[bytes]) -> None:
    with pytest.raises(StoreFault) as fault:
        manifest_of(chunks)
    assert fault.value.code is StoreCode.DAMAGED_SNAPSHOT


def test_the_most_chunks_fit_the_engines_message() -> None:
    size = MAX_CHUNKS * CHUNK_BYTES
    most = Manifest(1, bytes(32), size, (bytes(32),) * MAX_CHUNKS)
    encoded = encode_manifest(most)
    assert decode_manifest(encoded) == most
    assert len(encoded) < ENGINE_METADATA
    refused(encode_manifest(Manifest(1, bytes(32), size + 1, (bytes(32),) * (MAX_CHUNKS + 1))))


def test_more_chunks_than_an_offer_may_have_are_not_offered() -> None:
    chunks = (SNAPSHOT if n == 0 else b"" for n in range(MAX_CHUNKS + 1))
    with pytest.raises(StoreFault, match="at most 8192 chunks"):
        manifest_of(chunks)


@pytest.mark.parametrize("size", [0, CHUNK_BYTES, 2 * CHUNK_BYTES + 1, 2**64 - 1])
def test_a_size_that_its_chunks_do_not_have_is_refused(size: int) -> None:
    refused(encode_manifest(Manifest(1, bytes(32), size, (bytes(32),) * 2)))
