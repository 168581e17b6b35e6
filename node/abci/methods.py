"""The table of ABCI 2.0's methods: how each is read, in which lane it runs, how it is answered.

What is answered after a bug stands here too. A call that changes state must not go on: it ends the
connection, upon which the engine ends itself. What strangers send or ask for must not end the
engines of a whole network: a transaction is refused then, a proposal not voted for, an own one
empty, as the Cosmos SDK has it; and no snapshot is offered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from chain_module.abci import responses as res
from chain_module.abci.responses import ProposalStatus
from chain_module.errors import SdkReason
from node.abci import decoding, encoding
from node.abci.application import Application
from node.abci.call_log import Facts
from node.abci.failures import BadFrame
from node.abci.lanes import Lane

Q = TypeVar("Q")
R = TypeVar("R")

PANIC: Final = 111222
"""The Cosmos SDK's code of what no rule foresaw (types/errors, ErrPanic)."""

Answer = tuple[bytes, Facts]
"""A framed response, and what the log of calls should know."""


@dataclass(frozen=True, slots=True)
class Method:
    """One method of an application."""

    name: str
    lane: Lane
    logged: bool
    """Whether it belongs to the grammar of executions; the others may come at any time."""
    answer: Callable[[Application, Any], Answer]
    """Runs the call for a request's message. Raises BadFrame, and what the application raises."""
    after_bug: bytes | None
    """A framed response for where it raised; None: its connection ends."""


def _method(
    name: str,
    lane: Lane,
    decode: Callable[[Any], Q],
    call: Callable[[Application], Callable[[Q], R]],
    encode: Callable[[R], Any],
    *,
    facts: Callable[[Q, R], Facts] | None = None,
    after_bug: R | None = None,
) -> Method:
    def answer(application: Application, message: Any) -> Answer:
        try:
            request = decode(message)
        except ValueError:
            raise BadFrame(f"{name} with a value that is not known") from None
        response = call(application)(request)
        frame = encoding.frame_response(name, encode(response))
        return frame, facts(request, response) if facts else {}

    fallback = None if after_bug is None else encoding.frame_response(name, encode(after_bug))
    return Method(name, lane, facts is not None, answer, fallback)


def _nothing(_: Any) -> None:
    """Commit and ListSnapshots ask nothing."""


_CODESPACE: Final = SdkReason.INVALID_REQUEST.reason.codespace
_TABLE: Final = (
    _method(
        "info",
        Lane.QUERY,
        decoding.info,
        lambda application: application.info,
        encoding.info,
        facts=lambda _, response: {"height": response.last_block_height},
    ),
    _method(
        "init_chain",
        Lane.CONSENSUS,
        decoding.init_chain,
        lambda application: application.init_chain,
        encoding.init_chain,
        facts=lambda request, _: {"height": request.initial_height},
    ),
    _method(
        "query",
        Lane.QUERY,
        decoding.query,
        lambda application: application.query,
        encoding.query,
        after_bug=res.QueryResponse(PANIC, codespace=_CODESPACE, log="internal error"),
    ),
    _method(
        "check_tx",
        Lane.MEMPOOL,
        decoding.check_tx,
        lambda application: application.check_tx,
        encoding.check_tx,
        after_bug=res.TxResult(PANIC, codespace=_CODESPACE, log="internal error"),
    ),
    _method(
        "prepare_proposal",
        Lane.CONSENSUS,
        decoding.prepare_proposal,
        lambda application: application.prepare_proposal,
        encoding.prepare_proposal,
        facts=lambda request, response: {"height": request.height, "txs": len(response.txs)},
        after_bug=res.PrepareProposalResponse(()),
    ),
    _method(
        "process_proposal",
        Lane.CONSENSUS,
        decoding.process_proposal,
        lambda application: application.process_proposal,
        encoding.process_proposal,
        facts=lambda request, response: {
            "height": request.height,
            "txs": len(request.txs),
            "accepted": response.status == ProposalStatus.ACCEPT,
        },
        after_bug=res.ProcessProposalResponse(ProposalStatus.REJECT),
    ),
    _method(
        "extend_vote",
        Lane.CONSENSUS,
        decoding.extend_vote,
        lambda application: application.extend_vote,
        encoding.extend_vote,
        facts=lambda request, _: {"height": request.height},
    ),
    _method(
        "verify_vote_extension",
        Lane.CONSENSUS,
        decoding.verify_vote_extension,
        lambda application: application.verify_vote_extension,
        encoding.verify_vote_extension,
        facts=lambda request, _: {"height": request.height},
    ),
    _method(
        "finalize_block",
        Lane.CONSENSUS,
        decoding.finalize_block,
        lambda application: application.finalize_block,
        encoding.finalize_block,
        facts=lambda request, response: {
            "height": request.height,
            "txs": len(request.txs),
            "app_hash": response.app_hash.hex(),
        },
    ),
    _method(
        "commit",
        Lane.CONSENSUS,
        _nothing,
        lambda application: lambda _: application.commit(),
        encoding.commit,
        facts=lambda _, response: {"retain_height": response.retain_height},
    ),
    _method(
        "list_snapshots",
        Lane.SNAPSHOT,
        _nothing,
        lambda application: lambda _: application.list_snapshots(),
        encoding.list_snapshots,
        after_bug=res.ListSnapshotsResponse(()),
    ),
    _method(
        "offer_snapshot",
        Lane.CONSENSUS,
        decoding.offer_snapshot,
        lambda application: application.offer_snapshot,
        encoding.offer_snapshot,
        facts=lambda request, response: {
            "height": request.snapshot.height,
            "result": response.result.name,
        },
    ),
    _method(
        "load_snapshot_chunk",
        Lane.SNAPSHOT,
        decoding.load_snapshot_chunk,
        lambda application: application.load_snapshot_chunk,
        encoding.load_snapshot_chunk,
        after_bug=res.LoadSnapshotChunkResponse(),
    ),
    _method(
        "apply_snapshot_chunk",
        Lane.CONSENSUS,
        decoding.apply_snapshot_chunk,
        lambda application: application.apply_snapshot_chunk,
        encoding.apply_snapshot_chunk,
        facts=lambda request, response: {"chunk": request.index, "result": response.result.name},
    ),
)
METHODS: Final[Mapping[str, Method]] = {method.name: method for method in _TABLE}
"""By the name of the request's field; echo and flush belong to the connection."""
