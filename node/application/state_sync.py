"""State sync at the ABCI boundary: snapshots for peers, and a snapshot in the place of all blocks.

What the engine does, and in which order, is CometBFT's spec/abci ("State Sync") and its statesync
package. Its light client vouches for the app hash of an offer, and for nothing else: the manifest
and every chunk are a peer's word.

A chunk that the manifest does not hold names its sender, who is asked no more. If all chunks are
those of the manifest and the state is another, everybody who sent one had offered that manifest:
no node that computes its state does, so none of them is asked again either.

A state that a block was committed on is never replaced. One that came from a snapshot is, as long
as there is no block on it: the engine may have been killed before it knew of it, and then it starts
over.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from chain_module.abci import requests as req
from chain_module.abci import responses as res
from chain_module.abci.common import Snapshot
from chain_module.store.chunks import (
    FORMAT,
    Manifest,
    decode_manifest,
    encode_manifest,
)
from chain_module.store.errors import StoreCode, StoreFault
from node.log import Log
from node.storage import Restoring, Storage, StorageFault

MAX_SENDERS: Final = 1000
"""Peers that are remembered while one snapshot comes; an engine has some tens."""


class SyncReason(enum.StrEnum):
    """Why a snapshot or a chunk was not taken. Stable names: they stand in the log."""

    UNKNOWN_FORMAT = "unknown_format"
    BAD_MANIFEST = "bad_manifest"
    OTHER_APP_HASH = "other_app_hash"
    STATE_EXISTS = "state_exists"
    BAD_CHUNK = "bad_chunk"
    OTHER_STATE = "other_state"
    OTHER_SOFTWARE = "other_software"
    NOT_OFFERED = "not_offered"
    DISK_FAILED = "disk_failed"


OFFER_RESULTS: Final = {
    SyncReason.UNKNOWN_FORMAT: res.OfferResult.REJECT_FORMAT,
    SyncReason.BAD_MANIFEST: res.OfferResult.REJECT_SENDER,
    SyncReason.OTHER_APP_HASH: res.OfferResult.REJECT,
    SyncReason.STATE_EXISTS: res.OfferResult.ABORT,
    SyncReason.DISK_FAILED: res.OfferResult.ABORT,
}


class _OfferRefused(Exception):
    def __init__(self, reason: SyncReason, *, expected: str, found: str) -> None:
        super().__init__(reason)
        self.reason, self.expected, self.found = reason, expected, found


@dataclass(slots=True)
class _Incoming:
    """The snapshot that was accepted last."""

    parts: Restoring
    senders: dict[str, None]
    """Whoever sent a chunk of it."""


class StateSync:
    """The four calls. `offers` and `load` are for the snapshot lane, the others for consensus."""

    def __init__(self, storage: Storage, *, log: Log, replaced: Callable[[], None]) -> None:
        """`replaced` is called whenever the state is another one."""
        self._storage = storage
        self._log = log
        self._replaced = replaced
        self._incoming: _Incoming | None = None

    def offers(self) -> res.ListSnapshotsResponse:
        """What this node offers."""
        manifests = self._storage.serving.manifests(newest=self._storage.height)
        return res.ListSnapshotsResponse(tuple(map(snapshot_of, manifests)))

    def load(self, request: req.LoadSnapshotChunkRequest) -> res.LoadSnapshotChunkResponse:
        """A chunk; empty where there is none, which tells the peer to ask another."""
        if request.format != FORMAT:
            return res.LoadSnapshotChunkResponse()
        return res.LoadSnapshotChunkResponse(
            self._storage.serving.chunk(request.height, request.chunk)
        )

    def offer(self, request: req.OfferSnapshotRequest) -> res.OfferSnapshotResponse:
        """Whether to restore it. What came of an earlier one is given up."""
        offered = request.snapshot
        self._incoming = None
        try:
            manifest = self._judge(request)
            parts = self._begin(manifest)
        except _OfferRefused as refused:
            self._log(
                "warning",
                "snapshot_refused",
                height=offered.height,
                code=refused.reason,
                expected=refused.expected,
                found=refused.found,
            )
            return res.OfferSnapshotResponse(OFFER_RESULTS[refused.reason])
        self._incoming = _Incoming(parts, {})
        self._log("info", "snapshot_accepted", height=manifest.height, chunks=len(manifest.hashes))
        return res.OfferSnapshotResponse(res.OfferResult.ACCEPT)

    def apply(self, request: req.ApplySnapshotChunkRequest) -> res.ApplySnapshotChunkResponse:
        """Takes the next chunk; with the last one the state is that of the snapshot."""
        incoming = self._incoming
        if incoming is None or request.index != incoming.parts.next:
            return self._abort(
                SyncReason.NOT_OFFERED,
                expected="no chunk" if incoming is None else f"chunk {incoming.parts.next}",
                found=f"chunk {request.index}",
            )
        if not incoming.parts.manifest.holds(request.index, request.chunk):
            return self._bad_chunk(request)
        if len(incoming.senders) < MAX_SENDERS:
            incoming.senders[request.sender] = None
        try:
            incoming.parts.add(request.chunk)
            if not incoming.parts.complete:
                return res.ApplySnapshotChunkResponse(res.ApplyResult.ACCEPT)
            self._incoming = None
            version = incoming.parts.finish()
        except StorageFault as fault:
            return self._abort(SyncReason.DISK_FAILED, expected=fault.expected, found=fault.found)
        except StoreFault as fault:
            return self._other_state(fault, incoming)
        self._storage.restored(version)
        self._replaced()
        self._log("info", "state_restored", height=version.number, app_hash=version.app_hash.hex())
        return res.ApplySnapshotChunkResponse(res.ApplyResult.ACCEPT)

    def _judge(self, request: req.OfferSnapshotRequest) -> Manifest:
        offered = request.snapshot
        if offered.format != FORMAT:
            raise _OfferRefused(
                SyncReason.UNKNOWN_FORMAT, expected=f"format {FORMAT}", found=str(offered.format)
            )
        try:
            manifest = decode_manifest(offered.metadata)
        except StoreFault as fault:
            raise _OfferRefused(
                SyncReason.BAD_MANIFEST, expected=fault.expected, found=fault.found
            ) from None
        if snapshot_of(manifest) != offered:
            raise _OfferRefused(
                SyncReason.BAD_MANIFEST,
                expected="an offer as its manifest says",
                found=f"height {offered.height}, {offered.chunks} chunks",
            )
        if manifest.app_hash != request.app_hash:
            raise _OfferRefused(
                SyncReason.OTHER_APP_HASH,
                expected=f"app hash {request.app_hash.hex()}, the light client's",
                found=manifest.app_hash.hex(),
            )
        return manifest

    def _begin(self, manifest: Manifest) -> Restoring:
        storage = self._storage
        if not storage.restorable:
            raise _OfferRefused(
                SyncReason.STATE_EXISTS,
                expected="a node without blocks: `seedpactd reset-state` makes it one",
                found=f"one at block {storage.height}",
            )
        try:
            return storage.restore(manifest)
        except StorageFault as fault:
            raise _OfferRefused(
                SyncReason.DISK_FAILED, expected=fault.expected, found=fault.found
            ) from None
        finally:
            self._replaced()

    def _bad_chunk(self, request: req.ApplySnapshotChunkRequest) -> res.ApplySnapshotChunkResponse:
        self._log(
            "warning",
            "chunk_refused",
            code=SyncReason.BAD_CHUNK,
            chunk=request.index,
            sender=request.sender,
            consequence="sender_banned",
        )
        return res.ApplySnapshotChunkResponse(
            res.ApplyResult.RETRY,
            refetch_chunks=(request.index,),
            reject_senders=(request.sender,) if request.sender else (),
        )

    def _other_state(
        self, fault: StoreFault, incoming: _Incoming
    ) -> res.ApplySnapshotChunkResponse:
        if fault.code is StoreCode.UNKNOWN_STORE:
            return self._abort(
                SyncReason.OTHER_SOFTWARE, expected=fault.expected, found=fault.found
            )
        senders = tuple(sender for sender in incoming.senders if sender)
        self._log(
            "warning",
            "snapshot_refused",
            height=incoming.parts.manifest.height,
            code=SyncReason.OTHER_STATE,
            expected=fault.expected,
            found=fault.found,
            senders=", ".join(senders),
        )
        return res.ApplySnapshotChunkResponse(
            res.ApplyResult.REJECT_SNAPSHOT, reject_senders=senders
        )

    def _abort(
        self, reason: SyncReason, *, expected: str, found: str
    ) -> res.ApplySnapshotChunkResponse:
        self._incoming = None
        self._log("error", "state_sync_ended", code=reason, expected=expected, found=found)
        return res.ApplySnapshotChunkResponse(res.ApplyResult.ABORT)


def snapshot_of(manifest: Manifest) -> Snapshot:
    """The offer of a snapshot, as the engine's peers get it."""
    metadata = encode_manifest(manifest)
    return Snapshot(
        height=manifest.height,
        format=FORMAT,
        chunks=len(manifest.hashes),
        hash=sha256(metadata).digest(),
        metadata=metadata,
    )
