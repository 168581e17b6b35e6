"""A snapshot of the network, chunk by chunk, until it is the state of this node.

Chunks go into a file of their own, in order. Once all are there, the app hash over them is computed
anew, without keeping them in memory; only if it is the trusted one, the file becomes a snapshot as
this node writes them, and then the state. A crash at any moment leaves either nothing that the next
start would look at, or the whole state.
"""

from __future__ import annotations

from collections.abc import Sequence

from chain_module.store.chunks import Manifest
from chain_module.store.errors import StoreCode, StoreFault
from chain_module.store.snapshot import Head
from chain_module.store.version import Version
from node.storage.faults import typed
from node.storage.snapshot_files import SnapshotFiles


class Restoring:
    """One snapshot that comes."""

    def __init__(self, files: SnapshotFiles, manifest: Manifest, *, names: Sequence[str]) -> None:
        """Begins.

        Args:
            files: where snapshots lie; there is none.
            manifest: whose app hash is trusted.
            names: of the stores that the state must have.

        Raises:
            StorageFault: STORAGE_FULL, STORAGE_UNUSABLE.
        """
        self.manifest = manifest
        self.next = 0
        """The number of the chunk that comes next."""
        self._files = files
        self._names = tuple(sorted(names))
        with typed(files.folder):
            files.begin(manifest.height)

    @property
    def complete(self) -> bool:
        """Whether all chunks are there."""
        return self.next == len(self.manifest.hashes)

    def add(self, chunk: bytes) -> None:
        """Takes the next chunk, which the manifest holds. Raises StorageFault, as at its making."""
        with typed(self._files.folder):
            self._files.append(self.manifest.height, chunk)
        self.next += 1

    def finish(self) -> Version:
        """The state that the chunks are, on the disk as a snapshot.

        Raises:
            StoreFault: DAMAGED_SNAPSHOT, ROOT_MISMATCH: they are not what the manifest says;
                UNKNOWN_STORE: they are, and this program is not the network's. Nothing is left.
            StorageFault: as at its making.
        """
        height = self.manifest.height
        with typed(self._files.folder):
            try:
                self._require(self._files.check(height))
                return self._files.take_over(height)
            except StoreFault:
                self._files.begin(height)
                raise

    def discard(self) -> None:
        """Removes what came. Raises StorageFault."""
        with typed(self._files.folder):
            self._files.begin(self.manifest.height)

    def _require(self, head: Head) -> None:
        found, wanted = (head.number, head.app_hash), (self.manifest.height, self.manifest.app_hash)
        if found != wanted:
            raise StoreFault(
                StoreCode.ROOT_MISMATCH,
                expected=f"app hash {wanted[1].hex()} at version {wanted[0]}",
                found=f"{found[1].hex()} at version {found[0]}",
            )
        if tuple(head.sizes) != self._names:
            raise StoreFault(
                StoreCode.UNKNOWN_STORE,
                expected=f"the stores {', '.join(self._names)}",
                found=", ".join(head.sizes),
            )
