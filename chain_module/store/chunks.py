"""A snapshot for peers: the same bytes as on this disk, cut into chunks, and a manifest of them.

Nodes that hold equal states write equal snapshots, so peers offer one and the same, and a newcomer
may ask each of them for a part. The manifest travels as the metadata of the engine's offer:

    magic, 8 height, 32 app hash, 8 bytes of the snapshot, then 32 SHA-256 of each chunk

It comes from a peer that nobody trusts. It says at once whether a chunk is the offered one, and so
who sent another; that the chunks are the state of the network shows the app hash alone, which the
engine's light client has from signed headers (`snapshot.check_snapshot`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from chain_module.store.columns import Cursor, MalformedBytes, pack_integers
from chain_module.store.errors import StoreCode, StoreFault
from chain_module.store.snapshot import APP_HASH_BYTES, read_head

FORMAT: Final = 1
"""Of snapshot, chunks and manifest together: a change of any is another number."""
CHUNK_BYTES: Final = 1 << 20
"""The last may be shorter. The engine's largest message with a chunk has 16 MB."""
MAX_CHUNKS: Final = 8192
"""8 GiB, some 70 million small keys: far more than a node can hold. Of a disk it is all that an
offer may ask for; the manifest then has 256 KiB, of the 4 MB that the engine takes."""
MAGIC: Final = b"seedpact chunks 1\n"
HASH_BYTES: Final = 32
FIXED_BYTES: Final = len(MAGIC) + 8 + APP_HASH_BYTES + 8


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot on offer consists of."""

    height: int
    app_hash: bytes
    """32 bytes: of the state after that block."""
    size: int
    """Bytes of all chunks."""
    hashes: tuple[bytes, ...]
    """SHA-256 of each chunk, in order; at least one."""

    def holds(self, index: int, chunk: bytes) -> bool:
        """Whether these bytes are the chunk of that number, from 0."""
        return sha256(chunk).digest() == self.hashes[index]


def manifest_of(chunks: Iterable[bytes]) -> Manifest:
    """The manifest of a snapshot that this node wrote.

    Args:
        chunks: its bytes, `CHUNK_BYTES` each but for the last.

    Raises:
        StoreFault: DAMAGED_SNAPSHOT, where it does not begin as one or has too many chunks.
    """
    hashes: list[bytes] = []
    height = size = 0
    app_hash = b""
    for chunk in chunks:
        if not hashes:
            head = read_head(chunk)
            height, app_hash = head.number, head.app_hash
        if len(hashes) == MAX_CHUNKS:
            raise _damaged(f"a snapshot of at most {MAX_CHUNKS} chunks", "more")
        hashes.append(sha256(chunk).digest())
        size += len(chunk)
    if not hashes:
        raise _damaged("a snapshot", "no bytes")
    return Manifest(height, app_hash, size, tuple(hashes))


def encode_manifest(manifest: Manifest) -> bytes:
    """The manifest as bytes. Equal manifests give equal bytes."""
    return b"".join(
        (
            MAGIC,
            pack_integers([manifest.height], width=8),
            manifest.app_hash,
            pack_integers([manifest.size], width=8),
            *manifest.hashes,
        )
    )


def decode_manifest(data: bytes) -> Manifest:
    """The manifest of these bytes, whoever made them. Raises StoreFault BAD_MANIFEST."""
    try:
        return _decode(data)
    except MalformedBytes as error:
        raise StoreFault(
            StoreCode.BAD_MANIFEST, expected="a manifest of this format", found=str(error)
        ) from None


def _decode(data: bytes) -> Manifest:
    count, rest = divmod(len(data) - FIXED_BYTES, HASH_BYTES)
    if rest or not 0 < count <= MAX_CHUNKS:
        raise MalformedBytes(f"{len(data)} bytes")
    cursor = Cursor(data)
    cursor.expect(MAGIC, "manifest of this format")
    height = cursor.integer(width=8)
    app_hash = cursor.take(APP_HASH_BYTES)
    size = cursor.integer(width=8)
    if -(-size // CHUNK_BYTES) != count:
        raise MalformedBytes(f"{count} chunks for {size} bytes")
    return Manifest(height, app_hash, size, tuple(cursor.take(HASH_BYTES) for _ in range(count)))


def _damaged(expected: str, found: str) -> StoreFault:
    return StoreFault(StoreCode.DAMAGED_SNAPSHOT, expected=expected, found=found)
