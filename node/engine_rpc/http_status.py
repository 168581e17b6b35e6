"""What an HTTP status of an endpoint means, and what the caller does next.

CometBFT answers with 200, or with an error of its own in JSON. Any other status is of a proxy that
stands in front of it, or of another program.
"""

from __future__ import annotations

from typing import Final

from node.engine_rpc.failures import (
    EndpointBusy,
    EndpointDenied,
    EndpointDown,
    EngineFailed,
    EngineRpcFailure,
)

_BUSY: Final = "too many requests: wait, and ask less often"
_DENIED: Final = "this endpoint wants an access that was not given"
_DOWN: Final = "the proxy is up, and the node behind it is not, or answers too slowly"

_MEANINGS: Final[dict[int, tuple[type[EngineRpcFailure], str]]] = {
    401: (EndpointDenied, _DENIED),
    403: (EndpointDenied, _DENIED),
    407: (EndpointDenied, _DENIED),
    404: (EngineFailed, "nothing is served under that path"),
    405: (EngineFailed, "no JSON-RPC by POST is served there"),
    413: (EngineFailed, "the request is larger than the proxy takes"),
    429: (EndpointBusy, _BUSY),
    502: (EndpointDown, _DOWN),
    503: (EndpointDown, _DOWN),
    504: (EndpointDown, _DOWN),
}
_REDIRECTS: Final = range(300, 400)
_OWN_FAULTS: Final = range(500, 600)


def meaning_of(status: int) -> tuple[type[EngineRpcFailure], str]:
    """The kind of failure, and its meaning in words."""
    if status in _REDIRECTS:
        return EngineFailed, "it points to another address; name that one"
    other = "a fault of its own" if status in _OWN_FAULTS else "no answer of an RPC"
    return _MEANINGS.get(status, (EngineFailed, other))
