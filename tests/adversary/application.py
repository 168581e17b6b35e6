"""The application with a dishonest PrepareProposal: it votes for its own lies, and is else honest.

It is not put off: an honest node leaves registers out for a while after a failed proposal, this one
lies again at its next turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import cycle

from chain_module.abci import requests as req
from chain_module.abci import responses as res
from chain_module.registration import keeper
from enclave.registration.records import NodeRecord, NodeStatus
from node.application.application import ChainApplication
from node.application.parts import Parts
from node.application.runs import OwnProposals, txs_digest
from tests.adversary.lies import LIES, Lie, tell


class Shameless(OwnProposals):
    """No failure keeps it from proposing registers."""

    def may_register(self, height: int) -> bool:
        """Always."""
        del height
        return True


class LyingApplication(ChainApplication):
    """Proposals of its own with a register carry a lie."""

    def __init__(self, parts: Parts, *lies: Lie, after: int = 0) -> None:
        """Begins to lie.

        Args:
            parts: of the node.
            lies: told in turn, the first again after the last; none: all of `LIES`.
            after: it is honest until the chain has so many confirmed nodes.
        """
        super().__init__(parts)
        self._own = Shameless()
        self._turns = cycle(lies or LIES.values())
        self._lie = next(self._turns)
        self._after = after
        self._lies: set[bytes] = set()

    @property
    def told(self) -> int:
        """How many different lies were proposed."""
        return len(self._lies)

    def prepare_proposal(self, request: req.PrepareProposalRequest) -> res.PrepareProposalResponse:
        """A lie, where the honest proposal has a register."""
        honest = super().prepare_proposal(request)
        if _confirmed(keeper.nodes(self._branch())) < self._after:
            return honest
        txs = tell(self._lie, honest.txs)
        if txs != honest.txs:
            self._note(request.height, txs)
        return res.PrepareProposalResponse(txs)

    def process_proposal(self, request: req.ProcessProposalRequest) -> res.ProcessProposalResponse:
        """It wants its lies to be voted for."""
        if txs_digest(request.txs) in self._lies:
            return res.ProcessProposalResponse(res.ProposalStatus.ACCEPT)
        return super().process_proposal(request)

    def _note(self, height: int, txs: Sequence[bytes]) -> None:
        self._parts.log("info", "lie_told", height=height, lie=self._lie.__name__)
        self._lies.add(txs_digest(txs))
        self._lie = next(self._turns)


def _confirmed(records: Iterable[NodeRecord]) -> int:
    return sum(record.status is NodeStatus.CONFIRMED for record in records)
