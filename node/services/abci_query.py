"""ABCI queries: the same table by the same paths, as CosmJS asks it through the engine's RPC.

Answers, codes and logs are those of the Cosmos SDK's baseapp. Beside the table there is one path of
the stores themselves, /store/<name>/key, and that alone gives proofs to an ABCI client.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chain_module.abci.requests import QueryRequest
from chain_module.abci.responses import QueryResponse
from chain_module.errors import SdkReason
from node.abci import PANIC
from node.log import Log, place_of
from node.services.backend import Backend
from node.services.failures import QueryRefused, abci_error, invalid
from node.services.queries import Query
from node.services.store_query import PREFIX, SHOWN_PATH, answer_store_query

NO_PROOF: Final = "expected a query without a proof, or the path /store/<name>/key"

_CODESPACE: Final = SdkReason.INVALID_REQUEST.reason.codespace


class AbciQueries:
    """Answers ABCI queries. Whatever happens is an answer: an exception would end the engine."""

    def __init__(self, backend: Backend, queries: Mapping[str, Query], *, log: Log) -> None:
        self._backend = backend
        self._queries = queries
        self._log = log

    def __call__(self, request: QueryRequest) -> QueryResponse:
        """Answers one query."""
        try:
            if request.path.startswith(PREFIX):
                return answer_store_query(self._backend, request)
            return self._answer(request)
        except QueryRefused as refused:
            code, log = abci_error(refused)
        except Exception as bug:  # noqa: BLE001 (one query's bug is not the engine's end)
            kind, place = type(bug).__name__, place_of(bug)
            path = request.path[:SHOWN_PATH]
            self._log("error", "query_exception", path=path, type=kind, at=place)
            code, log = PANIC, "internal error"
        return QueryResponse(code=code, codespace=_CODESPACE, log=log, height=request.height)

    def _answer(self, request: QueryRequest) -> QueryResponse:
        query = self._queries.get(request.path)
        if query is None:
            path = repr(request.path[:SHOWN_PATH])
            return _refused(SdkReason.UNKNOWN_REQUEST, f"unknown query path: {path}")
        if not query.over_abci:
            return _refused(SdkReason.INVALID_REQUEST, f"{query.path} is answered over gRPC alone")
        if request.prove:
            # The bytes of an answer are in no store: the SDK leaves such a wish unheard.
            return _refused(SdkReason.INVALID_REQUEST, NO_PROOF)
        if request.height < 0:
            raise invalid(f"expected a height of at least 0, found {request.height}")
        found = query.answer(request.data, self._backend, height=request.height)
        return QueryResponse(value=found.value, height=found.height)


def _refused(reason: SdkReason, text: str) -> QueryResponse:
    return QueryResponse(code=reason.reason.code, codespace=_CODESPACE, log=text)
