"""A small deterministic application: keys and values, for tests of the socket and of the engine.

A transaction is "key=value". State is one JSON file, replaced at each commit. A test may hold a
call, or let it raise.
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from chain_module.abci import common
from chain_module.abci import requests as req
from chain_module.abci import responses as res

BAD_TX: Final = 7
CODESPACE: Final = "kv"
SNAPSHOT_FORMAT: Final = 1


@dataclass(frozen=True)
class State:
    """Everything that is agreed on."""

    height: int = 0
    pairs: dict[str, str] = field(default_factory=dict)

    @property
    def encoded(self) -> bytes:
        """One encoding for one state."""
        return json.dumps({"height": self.height, "pairs": self.pairs}, sort_keys=True).encode()

    @property
    def app_hash(self) -> bytes:
        """32 bytes."""
        return hashlib.sha256(self.encoded).digest()

    @staticmethod
    def decode(data: bytes) -> State:
        """As `encoded` has it."""
        parsed = json.loads(data)
        return State(parsed["height"], parsed["pairs"])


class KvApplication:
    """`node.abci.Application` over a file, or in memory."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.committed = State()
        if path is not None and path.exists():
            self.committed = State.decode(path.read_bytes())
        self._next: State | None = None
        self._offered: common.Snapshot | None = None
        self.calls: list[str] = []
        """Names in the order in which they began; of all lanes."""
        self.held: dict[str, threading.Event] = {}
        """A call of that name waits for the event."""
        self.raising: set[str] = set()
        """A call of that name raises."""

    def info(self, request: req.InfoRequest) -> res.InfoResponse:
        self._begin("info")
        state = self.committed
        return res.InfoResponse(
            data="kv",
            version=request.version,
            app_version=1,
            last_block_height=state.height,
            last_block_app_hash=state.app_hash if state.height else b"",
        )

    def init_chain(self, request: req.InitChainRequest) -> res.InitChainResponse:
        self._begin("init_chain")
        pairs = {"chain_id": request.chain_id, **json.loads(request.app_state or b"{}")}
        self.committed = State(request.initial_height - 1, pairs)
        return res.InitChainResponse(app_hash=self.committed.app_hash)

    def query(self, request: req.QueryRequest) -> res.QueryResponse:
        self._begin("query")
        state = self.committed
        value = state.pairs.get(request.data.decode("utf-8", "replace"))
        if value is None:
            return res.QueryResponse(code=1, codespace=CODESPACE, height=state.height)
        return res.QueryResponse(key=request.data, value=value.encode(), height=state.height)

    def check_tx(self, request: req.CheckTxRequest) -> res.TxResult:
        self._begin("check_tx")
        return _check(request.tx)

    def prepare_proposal(self, request: req.PrepareProposalRequest) -> res.PrepareProposalResponse:
        self._begin("prepare_proposal")
        room, chosen = request.max_tx_bytes, []
        for tx in request.txs:
            if len(tx) > room:
                break
            room -= len(tx)
            chosen.append(tx)
        return res.PrepareProposalResponse(tuple(chosen))

    def process_proposal(self, request: req.ProcessProposalRequest) -> res.ProcessProposalResponse:
        self._begin("process_proposal")
        good = all(_check(tx).code == common.OK for tx in request.txs)
        status = res.ProposalStatus.ACCEPT if good else res.ProposalStatus.REJECT
        return res.ProcessProposalResponse(status)

    def extend_vote(self, request: req.ExtendVoteRequest) -> res.ExtendVoteResponse:
        self._begin("extend_vote")
        return res.ExtendVoteResponse(str(request.height).encode())

    def verify_vote_extension(
        self, request: req.VerifyVoteExtensionRequest
    ) -> res.VerifyVoteExtensionResponse:
        self._begin("verify_vote_extension")
        good = request.vote_extension == str(request.height).encode()
        return res.VerifyVoteExtensionResponse(
            res.VerifyStatus.ACCEPT if good else res.VerifyStatus.REJECT
        )

    def finalize_block(self, request: req.FinalizeBlockRequest) -> res.FinalizeBlockResponse:
        self._begin("finalize_block")
        pairs, results = dict(self.committed.pairs), []
        for tx in request.txs:
            result = _check(tx)
            if result.code == common.OK:
                key, value = tx.decode().split("=", 1)
                pairs[key] = value
            results.append(result)
        self._next = State(request.height, pairs)
        return res.FinalizeBlockResponse(tuple(results), self._next.app_hash)

    def commit(self) -> res.CommitResponse:
        self._begin("commit")
        assert self._next is not None
        if self.path is not None:
            partial = self.path.with_suffix(".partial")
            partial.write_bytes(self._next.encoded)
            partial.replace(self.path)
        self.committed = self._next
        return res.CommitResponse()

    def list_snapshots(self) -> res.ListSnapshotsResponse:
        self._begin("list_snapshots")
        state = self.committed
        one = common.Snapshot(state.height, SNAPSHOT_FORMAT, 1, state.app_hash, b"")
        return res.ListSnapshotsResponse((one,))

    def offer_snapshot(self, request: req.OfferSnapshotRequest) -> res.OfferSnapshotResponse:
        self._begin("offer_snapshot")
        if request.snapshot.format != SNAPSHOT_FORMAT:
            return res.OfferSnapshotResponse(res.OfferResult.REJECT_FORMAT)
        self._offered = request.snapshot
        return res.OfferSnapshotResponse(res.OfferResult.ACCEPT)

    def load_snapshot_chunk(
        self, request: req.LoadSnapshotChunkRequest
    ) -> res.LoadSnapshotChunkResponse:
        self._begin("load_snapshot_chunk")
        found = (request.height, request.format, request.chunk)
        known = (self.committed.height, SNAPSHOT_FORMAT, 0)
        return res.LoadSnapshotChunkResponse(self.committed.encoded if found == known else b"")

    def apply_snapshot_chunk(
        self, request: req.ApplySnapshotChunkRequest
    ) -> res.ApplySnapshotChunkResponse:
        self._begin("apply_snapshot_chunk")
        assert self._offered is not None
        if hashlib.sha256(request.chunk).digest() != self._offered.hash:
            return res.ApplySnapshotChunkResponse(
                res.ApplyResult.RETRY, (request.index,), (request.sender,)
            )
        self.committed = State.decode(request.chunk)
        return res.ApplySnapshotChunkResponse(res.ApplyResult.ACCEPT)

    def _begin(self, call: str) -> None:
        self.calls.append(call)
        if call in self.raising:
            raise ValueError("a secret that no peer may see")
        if call in self.held:
            self.held[call].wait()


def _check(tx: bytes) -> res.TxResult:
    key, equals, _ = tx.decode("utf-8", "replace").partition("=")
    if not key or not equals:
        return res.TxResult(code=BAD_TX, codespace=CODESPACE, log="not key=value")
    attributes = (common.EventAttribute("key", key),)
    return res.TxResult(gas_used=len(tx), events=(common.Event("set", attributes),))
