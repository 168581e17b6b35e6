"""What a server of ABCI serves.

Every method may block. Calls come from four threads, one for each lane (`lanes`): never two calls
of one lane at once, but calls of different lanes at any moment. So `query` and `check_tx` must
read state that a call of the consensus lane does not change under them: committed state, swapped
in one assignment. The engine itself sees to it that no `check_tx` runs during `commit`.

An exception ends the engine: it is for bugs and lost disks. A bad transaction is a result.
"""

from __future__ import annotations

from typing import Protocol

from chain_module.abci import requests as req
from chain_module.abci import responses as res


class Application(Protocol):
    """The state machine as the engine sees it, in the order of CometBFT's specification."""

    def info(self, request: req.InfoRequest) -> res.InfoResponse:
        """Consensus lane where it opens a connection (the handshake), else query lane."""
        ...

    def init_chain(self, request: req.InitChainRequest) -> res.InitChainResponse:
        """Consensus lane."""
        ...

    def query(self, request: req.QueryRequest) -> res.QueryResponse:
        """Query lane."""
        ...

    def check_tx(self, request: req.CheckTxRequest) -> res.TxResult:
        """Mempool lane."""
        ...

    def prepare_proposal(self, request: req.PrepareProposalRequest) -> res.PrepareProposalResponse:
        """Consensus lane."""
        ...

    def process_proposal(self, request: req.ProcessProposalRequest) -> res.ProcessProposalResponse:
        """Consensus lane."""
        ...

    def extend_vote(self, request: req.ExtendVoteRequest) -> res.ExtendVoteResponse:
        """Consensus lane."""
        ...

    def verify_vote_extension(
        self, request: req.VerifyVoteExtensionRequest
    ) -> res.VerifyVoteExtensionResponse:
        """Consensus lane."""
        ...

    def finalize_block(self, request: req.FinalizeBlockRequest) -> res.FinalizeBlockResponse:
        """Consensus lane."""
        ...

    def commit(self) -> res.CommitResponse:
        """Consensus lane."""
        ...

    def list_snapshots(self) -> res.ListSnapshotsResponse:
        """Snapshot lane."""
        ...

    def offer_snapshot(self, request: req.OfferSnapshotRequest) -> res.OfferSnapshotResponse:
        """Consensus lane: it replaces the state."""
        ...

    def load_snapshot_chunk(
        self, request: req.LoadSnapshotChunkRequest
    ) -> res.LoadSnapshotChunkResponse:
        """Snapshot lane."""
        ...

    def apply_snapshot_chunk(
        self, request: req.ApplySnapshotChunkRequest
    ) -> res.ApplySnapshotChunkResponse:
        """Consensus lane: it replaces the state."""
        ...
