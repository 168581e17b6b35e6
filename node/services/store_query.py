"""The ABCI query /store/<name>/key: what a store has at a key, byte by byte, with its proof.

As the Cosmos SDK answers it: the key is the request's data; an absent key is an empty value and no
error; the height of the answer is that of the state, whose app hash stands in the header after it.
Three things differ. A height that is not kept is refused, with the heights that are, where the SDK
answers with an empty value. The first height can be proven like any other; the SDK refuses it. And
there is no /subspace.
"""

from __future__ import annotations

import re
from typing import Final

from chain_module.abci.common import ProofOp
from chain_module.abci.requests import QueryRequest
from chain_module.abci.responses import QueryResponse
from chain_module.store.errors import StoreCode, StoreFault
from chain_module.store.proofs import prove
from chain_module.store.version import Version
from node.services.backend import Backend, HeightUnknown
from node.services.failures import invalid, unknown_request

PREFIX: Final = "/store/"
SHOWN_PATH: Final = 200
"""Characters of a path that logs and answers repeat."""

_PATH: Final = re.compile(r"/store/([^/]+)/key")


def answer_store_query(backend: Backend, request: QueryRequest) -> QueryResponse:
    """Answers a query whose path begins with PREFIX.

    Raises:
        QueryRefused: another path, no such store, no key, or a height that is not kept.
    """
    path = _PATH.fullmatch(request.path)
    if path is None:
        raise unknown_request(f"expected /store/<name>/key, found {request.path[:SHOWN_PATH]!r}")
    if request.height < 0:
        raise invalid(f"expected a height of at least 0, found {request.height}")
    if not request.data:
        raise invalid("expected a key, found an empty one")
    try:
        version = backend.reader(request.height)
        if not request.prove:
            value = version.store(path[1]).get(request.data)
            return _answer(request.data, value, version)
        found = prove(version, path[1], request.data)
    except HeightUnknown as unknown:
        raise invalid(f"failed to load state: {unknown}") from None
    except StoreFault as fault:
        if fault.code is StoreCode.UNKNOWN_STORE:
            raise unknown_request(f"no such store: {fault}") from None
        raise invalid(str(fault)) from None
    ops = (ProofOp(op.type, op.key, op.data) for op in found.ops.ops)
    return _answer(request.data, found.value, version, *ops)


def _answer(key: bytes, value: bytes | None, version: Version, *ops: ProofOp) -> QueryResponse:
    return QueryResponse(key=key, value=value or b"", proof_ops=ops, height=version.number)
