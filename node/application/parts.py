"""What `ChainApplication` works with, made once at start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from chain_module.abci import requests as req
from chain_module.abci import responses as res
from chain_module.app.look import FirstLooks
from chain_module.app.proposals import Envelopes
from chain_module.message import BlockContext
from chain_module.registration.messages import MsgRegisterNode
from chain_module.store.version import Version
from chain_module.tx.ante import GasPrice
from node.deadline import Deadline
from node.log import Log
from node.metrics import Metrics
from node.storage import BlockEntry, Storage


@dataclass(frozen=True, slots=True)
class Committed:
    """A block that is durable, for those who work after it."""

    version: Version
    """The state after it."""
    block: BlockEntry
    next_context: BlockContext
    """Of the block after it."""
    waiting: Sequence[MsgRegisterNode]
    """Registers of the mempool as the block found it; some may be in it."""


class EnvelopeSource(Protocol):
    """Where the envelopes of a block's registers come from."""

    def for_proposal(self, context: BlockContext) -> Envelopes:
        """What PrepareProposal asks with."""
        ...

    def for_judgement(self, context: BlockContext) -> Envelopes:
        """What ProcessProposal asks with."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """The rest of the node, as the application needs it."""

    storage: Storage
    looks: FirstLooks
    envelopes: EnvelopeSource
    log: Log
    metrics: Metrics
    min_gas_price: GasPrice | None
    query: Callable[[req.QueryRequest], res.QueryResponse]
    committed: Callable[[Committed], None]
    """Called in the consensus lane: it must return at once."""
    disk_failed: Callable[[], None]
    """Called where a block could not be made durable: this process can take no other."""
    proposal_time: Callable[[], Deadline]
    """Of a proposal that begins now."""
