"""Snapshots for peers: which there are, and their chunks.

The files are those that a restart of this node reads. A manifest is computed once for each, when
the first peer asks; a chunk is compared with it before it leaves, so that a damaged disk costs this
node no peer. The thread that writes snapshots removes old ones at any moment: a file that is gone
is a snapshot that there is not, and no fault.
"""

from __future__ import annotations

from typing import Final

from chain_module.store.chunks import Manifest, manifest_of
from chain_module.store.errors import StoreFault
from node.abci import Log
from node.storage.snapshot_files import SnapshotFiles

BLOCKS_AFTER: Final = 3
"""A snapshot is offered when so many blocks came after it: who restores it needs the next two
headers, of other nodes too, and gives it up for ever where they are missing."""


class Serving:
    """The snapshots of one storage, for one thread: that of the engine's snapshot connection."""

    def __init__(self, files: SnapshotFiles, *, log: Log) -> None:
        self._files = files
        self._log = log
        self._known: dict[int, Manifest] = {}

    def manifests(self, *, newest: int) -> tuple[Manifest, ...]:
        """Of the snapshots on offer, the newest first; `newest` is the last block's height."""
        try:
            there = [v for v in self._files.versions() if v <= newest - BLOCKS_AFTER]
        except OSError as error:
            self._log("warning", "snapshots_unreadable", reason=str(error))
            return ()
        self._known = {version: self._known[version] for version in there if version in self._known}
        found = (self._manifest(version) for version in there)
        return tuple(manifest for manifest in found if manifest is not None)

    def chunk(self, height: int, index: int) -> bytes:
        """A chunk of a snapshot on offer; empty where there is none."""
        manifest = self._manifest(height)
        if manifest is None or not 0 <= index < len(manifest.hashes):
            return b""
        try:
            data = self._files.chunk(height, index)
        except OSError:
            return b""
        if not manifest.holds(index, data):
            self._log("error", "snapshot_damaged", version=height, chunk=index)
            return b""
        return data

    def _manifest(self, version: int) -> Manifest | None:
        known = self._known.get(version)
        if known is not None:
            return known
        try:
            made = manifest_of(self._files.chunks(version))
        except FileNotFoundError:
            return None
        except (OSError, StoreFault) as fault:
            self._log("warning", "snapshot_not_offered", version=version, reason=str(fault))
            return None
        self._known[version] = made
        return made
