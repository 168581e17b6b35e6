"""What a query can be answered instead of a value, and how gRPC and ABCI each say it.

Statuses and texts are those of the Cosmos SDK where its clients read them: cosmpy looks for "not
found" in the details, CosmJS for "rpc error: code = NotFound" in the log of an ABCI query.
"""

from __future__ import annotations

import enum
from typing import Final

import grpc

from chain_module.errors import TxRefusal
from enclave.errors import one_line
from node.failure import CodedFailure


class ServiceCode(enum.StrEnum):
    """Why there is no server. Stable names; the command line has a remedy for each."""

    PORT_TAKEN = "port_taken"
    PORT_NOT_ALLOWED = "port_not_allowed"
    ADDRESS_NOT_HERE = "address_not_here"
    ADDRESS_UNKNOWN = "address_unknown"
    CANNOT_LISTEN = "service_cannot_listen"


class QueryCode(enum.StrEnum):
    """Why a query is refused that might be answered another time. They stand in its text."""

    TOO_MANY_CALLS = "too_many_calls"
    TOO_MANY_SIMULATIONS = "too_many_simulations"
    QUERIES_AWAY = "queries_away"
    QUERIES_BEHIND = "queries_behind"


class CannotServe(CodedFailure[ServiceCode]):
    """A service cannot listen at its address.

    Attributes:
        code: why.
        expected: what would have been right.
        found: what was there instead.
    """


class QueryRefused(Exception):
    """A query without a value.

    Attributes:
        status: gRPC's.
        text: for people and clients, one line.
    """

    def __init__(self, status: grpc.StatusCode, text: str) -> None:
        self.status = status
        self.text = one_line(text)
        super().__init__(self.text)


def invalid(text: str) -> QueryRefused:
    """The request is wrong in itself."""
    return QueryRefused(grpc.StatusCode.INVALID_ARGUMENT, text)


def not_found(text: str) -> QueryRefused:
    """What it asks for is not there."""
    return QueryRefused(grpc.StatusCode.NOT_FOUND, text)


def unknown_request(text: str) -> QueryRefused:
    """Nothing here answers that."""
    return QueryRefused(grpc.StatusCode.UNIMPLEMENTED, text)


def away(text: str) -> QueryRefused:
    """Another part of the node does not answer; ask again."""
    return QueryRefused(grpc.StatusCode.UNAVAILABLE, text)


def unavailable(code: QueryCode, *, expected: str, found: str) -> QueryRefused:
    """The same, by the name of the reason."""
    return away(f"{code}: expected {expected}, found {found}")


def exhausted(code: QueryCode, *, expected: str, found: str) -> QueryRefused:
    """A limit that this call is over, and others may be within."""
    text = f"{code}: expected {expected}, found {found}"
    return QueryRefused(grpc.StatusCode.RESOURCE_EXHAUSTED, text)


def of_refusal(refusal: TxRefusal) -> QueryRefused:
    """A rule of the state machine said no to what a query names."""
    name = refusal.reason.name
    missing = name == "not_found" or name.startswith("no_such_")
    return not_found(str(refusal)) if missing else invalid(str(refusal))


_SDK: Final = {
    # types/errors, as baseapp's gRPCErrorToSDKError maps a status.
    grpc.StatusCode.NOT_FOUND: (22, "key not found"),
    grpc.StatusCode.UNAUTHENTICATED: (4, "unauthorized"),
    grpc.StatusCode.UNIMPLEMENTED: (6, "unknown request"),
}
_SDK_OTHERWISE: Final = (18, "invalid request")
_GO_NAMES: Final = {
    # Go's names of the statuses; the others are made of their words.
    grpc.StatusCode.CANCELLED: "Canceled",
    grpc.StatusCode.OK: "OK",
}


def abci_error(refused: QueryRefused) -> tuple[int, str]:
    """Code of codespace "sdk", and the log, as the SDK answers an ABCI query."""
    code, words = _SDK.get(refused.status, _SDK_OTHERWISE)
    if refused.status is grpc.StatusCode.UNIMPLEMENTED:
        return code, f"{refused.text}: {words}"
    name = _GO_NAMES.get(refused.status) or "".join(
        word.capitalize() for word in refused.status.name.split("_")
    )
    return code, f"rpc error: code = {name} desc = {refused.text}: {words}"
