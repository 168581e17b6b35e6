"""ABCI queries: the same table by the same paths, as CosmJS asks it through the engine's RPC.

Answers, codes and logs are those of the Cosmos SDK's baseapp. Proofs are not served yet.
"""

from __future__ import annotations

from collections.abc import Mapping

from chain_module.abci.requests import QueryRequest
from chain_module.abci.responses import QueryResponse
from chain_module.errors import SdkReason
from node.services.backend import Backend
from node.services.failures import QueryRefused, abci_error, invalid
from node.services.queries import Query

_CODESPACE = SdkReason.INVALID_REQUEST.reason.codespace


def answer_query(
    request: QueryRequest, backend: Backend, queries: Mapping[str, Query]
) -> QueryResponse:
    """Answers one query; what is wrong with it is a code in the answer."""
    query = queries.get(request.path)
    if query is None:
        return _refused(SdkReason.UNKNOWN_REQUEST, f"unknown query path: {request.path[:200]!r}")
    if not query.over_abci:
        return _refused(SdkReason.INVALID_REQUEST, f"{query.path} is answered over gRPC alone")
    if request.prove:
        return _refused(SdkReason.INVALID_REQUEST, "expected a query without a proof")
    try:
        if request.height < 0:
            raise invalid(f"expected a height of at least 0, found {request.height}")
        found = query.answer(request.data, backend, height=request.height)
    except QueryRefused as refused:
        code, log = abci_error(refused)
        return QueryResponse(code=code, codespace=_CODESPACE, log=log, height=request.height)
    return QueryResponse(value=found.value, height=found.height)


def _refused(reason: SdkReason, text: str) -> QueryResponse:
    return QueryResponse(code=reason.reason.code, codespace=reason.reason.codespace, log=text)
