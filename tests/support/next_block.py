"""The next block of a chain, given to applications of its first node that nobody commits.

Each application has just started: no run is kept, no verdict known. So one state serves any number
of ways to come to a block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from chain_module.abci import common
from chain_module.abci import requests as req
from chain_module.abci import responses as res
from chain_module.app.look import FirstLooks
from node.application.application import ChainApplication
from node.application.parts import EnvelopeSource, Parts
from node.application.verdicts import Verdicts
from tests.support.chain import BLOCK_SECONDS, MAX_TX_BYTES, Chain

Txs = tuple[bytes, ...]

HASH: Final = bytes([7]) * 32


class NextBlock:
    """A chain of one node, which holds the seed."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self._parts: list[Parts] = []
        self.chain = Chain(folder, nodes=1, make=self._make, **options)

    def application(self, *, envelopes: EnvelopeSource | None = None) -> ChainApplication:
        """One that has just started; with the node's own enclave, or that one."""
        (parts,) = self._parts
        verdicts = Verdicts(root_der=self.chain.network.inputs.floor.attestation_root)
        application = ChainApplication(
            replace(
                parts,
                looks=FirstLooks(verdicts.verify),
                envelopes=envelopes or parts.envelopes,
            )
        )
        if not self.chain.height:
            application.init_chain(self.chain.genesis)
        return application

    def prepared(self, application: ChainApplication, mempool: Sequence[bytes]) -> Txs:
        """What it proposes."""
        request = req.PrepareProposalRequest(
            max_tx_bytes=MAX_TX_BYTES,
            txs=tuple(mempool),
            local_last_commit=common.ExtendedCommitInfo(0, ()),
            misbehavior=(),
            height=self.chain.height + 1,
            time_ns=self._time_ns,
            next_validators_hash=bytes(32),
            proposer_address=bytes(20),
        )
        return application.prepare_proposal(request).txs

    def processed(
        self, application: ChainApplication, txs: Txs, *, block_hash: bytes = HASH
    ) -> bool:
        """Whether it votes for the block."""
        request = req.ProcessProposalRequest(
            txs=txs,
            proposed_last_commit=common.CommitInfo(0, ()),
            misbehavior=(),
            hash=block_hash,
            height=self.chain.height + 1,
            time_ns=self._time_ns,
            next_validators_hash=bytes(32),
            proposer_address=bytes(20),
        )
        return application.process_proposal(request).status is res.ProposalStatus.ACCEPT

    def checked(self, application: ChainApplication, raw: bytes) -> res.TxResult:
        """What its mempool says of a transaction."""
        return application.check_tx(req.CheckTxRequest(raw, req.CheckTxType.NEW))

    def finalized(self, application: ChainApplication, txs: Txs) -> res.FinalizeBlockResponse:
        """Its answer, once the block is decided."""
        request = req.FinalizeBlockRequest(
            txs=txs,
            decided_last_commit=common.CommitInfo(0, ()),
            misbehavior=(),
            hash=HASH,
            height=self.chain.height + 1,
            time_ns=self._time_ns,
            next_validators_hash=bytes(32),
            proposer_address=bytes(20),
        )
        return application.finalize_block(request)

    @property
    def _time_ns(self) -> int:
        return self.chain.time_ns + BLOCK_SECONDS * 10**9

    def _make(self, _: int, parts: Parts) -> ChainApplication:
        self._parts.append(parts)
        return ChainApplication(parts)
