"""The application with a dishonest PrepareProposal: it votes for its own lies, and is else honest."""

from __future__ import annotations

from chain_module.abci import requests as req
from chain_module.abci import responses as res
from node.application.application import ChainApplication
from node.application.parts import Parts
from node.application.runs import txs_digest
from tests.adversary.lies import Lie, tell


class LyingApplication(ChainApplication):
    """Every proposal of its own with a register carries the lie."""

    def __init__(self, parts: Parts, lie: Lie) -> None:
        super().__init__(parts)
        self._lie = lie
        self._lies: set[bytes] = set()

    @property
    def told(self) -> int:
        """How many different lies were proposed."""
        return len(self._lies)

    def prepare_proposal(self, request: req.PrepareProposalRequest) -> res.PrepareProposalResponse:
        """A lie, where the honest proposal has a register."""
        honest = super().prepare_proposal(request)
        txs = tell(self._lie, honest.txs)
        if txs != honest.txs:
            self._lies.add(txs_digest(txs))
        return res.PrepareProposalResponse(txs)

    def process_proposal(self, request: req.ProcessProposalRequest) -> res.ProcessProposalResponse:
        """It wants its lies to be voted for."""
        if txs_digest(request.txs) in self._lies:
            return res.ProcessProposalResponse(res.ProposalStatus.ACCEPT)
        return super().process_proposal(request)
