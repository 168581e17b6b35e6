"""`ChainApplication`: each ABCI call, in the order of CometBFT's specification.

What each call must do is protocol.md section 6. Threads: one a lane (docs/adr/0009). Consensus
calls own the state; CheckTx has a state of its own, swapped at Commit while the engine lets no
CheckTx in; queries read versions that never change.
"""

from __future__ import annotations

import time
from typing import Final

from chain_module.abci import requests as req
from chain_module.abci import responses as res
from chain_module.app import proposals
from chain_module.app.block import BlockLimits, BlockRun
from chain_module.app.check import CheckState
from chain_module.app.delivery import refused
from chain_module.app.genesis import init_chain
from chain_module.app.unpaid import UnpaidWork
from chain_module.app.view import block_context, block_limits
from chain_module.errors import SdkReason, TxRefusal
from chain_module.message import BlockContext
from chain_module.registration.begin_block import write_anchor
from chain_module.store.branch import Branch
from chain_module.store.state import Prepared
from enclave.time import Time
from enclave.version import VERSION
from node.application.parts import Committed, Parts
from node.application.runs import KeptRuns, OwnProposals, content_key
from node.application.state_sync import StateSync
from node.storage import BlockEntry, StorageFault, TxEntry

APP_VERSION: Final = 1
NAME: Final = "seedpact"
REGISTRATION: Final = "registration"


class ChainApplication:
    """A `node.abci.Application` over a disk and an enclave."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._storage = parts.storage
        self._state = parts.storage.state
        self._genesis: Branch | None = None
        """InitChain's writes: they belong to the first block's version."""
        self._runs = KeptRuns()
        self._own = OwnProposals()
        self._decided: tuple[Prepared, BlockEntry] | None = None
        """The block between Finalize and Commit."""
        self._sync = StateSync(parts.storage, log=parts.log, replaced=self._state_replaced)
        self._unpaid = UnpaidWork()
        self._check: CheckState | None = None
        if parts.storage.height:
            self._check = self._new_check()

    # Consensus.

    def info(self, request: req.InfoRequest) -> res.InfoResponse:
        """How far the disk goes: the engine gives the blocks after that again."""
        del request
        height = self._storage.height
        return res.InfoResponse(
            data=NAME,
            version=VERSION,
            app_version=APP_VERSION,
            last_block_height=height,
            last_block_app_hash=self._state.newest.app_hash if height else b"",
        )

    def init_chain(self, request: req.InitChainRequest) -> res.InitChainResponse:
        """State before the first block; again after a crash before it. Raises TxRefusal."""
        self._genesis = Branch(self._state)
        init_chain(self._genesis, request)
        self._runs.clear()
        self._check = self._new_check()
        return res.InitChainResponse(app_hash=self._state.newest.app_hash)

    def prepare_proposal(self, request: req.PrepareProposalRequest) -> res.PrepareProposalResponse:
        """A block of this node's own."""
        deadline = self._parts.proposal_time()
        context = self._context()
        proposal = proposals.choose(
            self._branch,
            context,
            request.txs,
            max_tx_bytes=request.max_tx_bytes,
            limits=self._limits(registers=self._own.may_register(request.height)),
            first_look=self._parts.looks.at(context),
            envelopes=self._parts.envelopes.for_proposal(context),
            enough=lambda: deadline.passed,
        )
        if proposal.run.registers:
            self._own.proposed(request.height, proposal.txs)
        self._runs.keep(content_key(request, proposal.txs), proposal.run)
        return res.PrepareProposalResponse(proposal.txs)

    def process_proposal(self, request: req.ProcessProposalRequest) -> res.ProcessProposalResponse:
        """Whether to vote for somebody's block. No side effect but memory."""
        run = self._runs.get(request.hash) or self._runs.get(content_key(request, request.txs))
        if run is None:
            context = self._context()
            try:
                run = proposals.judge(
                    self._branch(),
                    context,
                    request.txs,
                    limits=self._limits(registers=True),
                    first_look=self._parts.looks.at(context),
                    envelopes=self._parts.envelopes.for_judgement(context),
                )
            except proposals.ProposalRefused as refused:
                self._parts.metrics.proposal_refused(code=refused.code)
                self._parts.log(
                    "warning",
                    "proposal_refused",
                    height=request.height,
                    proposer=request.proposer_address.hex(),
                    code=refused.code,
                    expected=refused.expected,
                    found=refused.found,
                )
                return res.ProcessProposalResponse(res.ProposalStatus.REJECT)
        self._runs.keep(request.hash, run)
        return res.ProcessProposalResponse(res.ProposalStatus.ACCEPT)

    def extend_vote(self, request: req.ExtendVoteRequest) -> res.ExtendVoteResponse:
        """Nothing: votes carry no extensions here."""
        del request
        return res.ExtendVoteResponse()

    def verify_vote_extension(
        self, request: req.VerifyVoteExtensionRequest
    ) -> res.VerifyVoteExtensionResponse:
        """Only the empty one is valid."""
        valid = not request.vote_extension
        return res.VerifyVoteExtensionResponse(
            res.VerifyStatus.ACCEPT if valid else res.VerifyStatus.REJECT
        )

    def finalize_block(self, request: req.FinalizeBlockRequest) -> res.FinalizeBlockResponse:
        """Takes the run that was kept, or runs the block: no quote is verified, nobody asked."""
        run = self._runs.get(request.hash)
        if run is None:
            run = BlockRun(self._branch(), self._context())
            for raw in request.txs:
                run.deliver(raw)
        results = run.finish()
        for pending in run.registers:
            self._parts.metrics.register_committed(code=pending.outcome)
        # The last step, outside what was kept: execution never reads the block hash.
        write_anchor(
            run.state,
            height=request.height,
            block_hash=request.hash,
            time=Time.of_unix_nanos(request.time_ns),
        )
        prepared = self._state.prepare(self._changes(run))
        entries = tuple(
            TxEntry(raw, result) for raw, result in zip(request.txs, results, strict=True)
        )
        self._decided = prepared, BlockEntry(request.time_ns, request.hash, entries)
        self._own.decided(request.height, request.txs)
        return res.FinalizeBlockResponse(
            tx_results=results, app_hash=prepared.version.app_hash, events=run.events
        )

    def commit(self) -> res.CommitResponse:
        """One atomic, synced write. Raises StorageFault: the node then ends, and starts again."""
        if self._decided is None:
            raise RuntimeError("commit without a decided block")
        waiting = () if self._check is None else self._check.waiting_registers()
        prepared, entry = self._decided
        begin = time.monotonic()
        try:
            self._storage.commit(prepared, entry)
        except StorageFault as fault:
            self._parts.log(
                "error",
                "block_not_durable",
                height=prepared.version.number,
                code=fault.code,
                expected=fault.expected,
                found=fault.found,
            )
            self._parts.disk_failed()
            raise
        metrics = self._parts.metrics
        metrics.storage_committed(seconds=time.monotonic() - begin)
        metrics.block_committed(height=prepared.version.number, time_ns=entry.time_ns)
        metrics.mempool_registers(len(waiting))
        self._decided, self._genesis = None, None
        self._runs.clear()
        self._check = self._new_check()
        self._parts.committed(Committed(prepared.version, entry, self._context(), waiting))
        return res.CommitResponse()

    # Mempool.

    def check_tx(self, request: req.CheckTxRequest) -> res.TxResult:
        """The door of the mempool."""
        check = self._check
        if check is None:
            # A node that waits for its snapshot has an RPC already, and whoever asks it must not
            # stop its engine.
            refusal = TxRefusal(SdkReason.NOT_SUPPORTED, expected="a state", found="none yet")
            return refused(refusal, gas_wanted=0, gas_used=0)
        again = request.type is req.CheckTxType.RECHECK
        result = check.recheck(request.tx) if again else check.check(request.tx)
        if result.codespace == REGISTRATION:
            self._parts.metrics.register_refused(code=result.log.partition(":")[0])
        return result

    # Queries.

    def query(self, request: req.QueryRequest) -> res.QueryResponse:
        """A read of a committed version."""
        return self._parts.query(request)

    # State sync.

    def list_snapshots(self) -> res.ListSnapshotsResponse:
        """Those that peers may have."""
        return self._sync.offers()

    def offer_snapshot(self, request: req.OfferSnapshotRequest) -> res.OfferSnapshotResponse:
        """Whether a peer's snapshot may become the state."""
        return self._sync.offer(request)

    def load_snapshot_chunk(
        self, request: req.LoadSnapshotChunkRequest
    ) -> res.LoadSnapshotChunkResponse:
        """A part of a snapshot for a peer."""
        return self._sync.load(request)

    def apply_snapshot_chunk(
        self, request: req.ApplySnapshotChunkRequest
    ) -> res.ApplySnapshotChunkResponse:
        """A part of the snapshot that was accepted last."""
        return self._sync.apply(request)

    def _state_replaced(self) -> None:
        """All that is remembered was of another state."""
        self._genesis, self._decided = None, None
        self._runs.clear()
        self._check = None
        if self._storage.height:
            self._check = self._new_check()

    def _branch(self) -> Branch:
        return Branch(self._state) if self._genesis is None else self._genesis.branch()

    def _context(self) -> BlockContext:
        """Of the next block."""
        return block_context(self._branch(), height=self._state.newest.number + 1)

    def _limits(self, *, registers: bool) -> BlockLimits:
        return block_limits(self._branch(), registers=registers)

    def _changes(self, run: BlockRun) -> dict[str, dict[bytes, bytes | None]]:
        if self._genesis is None:
            return run.state.changes()
        # Not in the genesis itself: CheckTx, in its own lane, looks at it until Commit.
        first = Branch(self._state)
        first.write(self._genesis.changes())
        first.write(run.state.changes())
        return first.changes()

    def _new_check(self) -> CheckState:
        context = self._context()
        return CheckState(
            self._branch(),
            context,
            limits=self._limits(registers=True),
            min_gas_price=self._parts.min_gas_price,
            first_look=self._parts.looks.at(context),
            unpaid=self._unpaid,
            previous=self._check,
        )
