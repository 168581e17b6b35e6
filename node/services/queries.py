"""A query: its full gRPC path, the message that it takes, and the function that answers it.

gRPC and ABCI share one table of these (`table`), so that both give the same answer. What needs a
height reads a version of the state; what asks the engine or the disk has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from chain_module.errors import TxRefusal
from chain_module.store.version import Version
from node.engine_rpc import EngineRefused, EngineRpcFailure
from node.services.backend import Backend, HeightUnknown
from node.services.failures import QueryRefused, away, invalid, not_found, of_refusal

# cosmpy's messages have no types, so each function names its own and mypy takes them for Any.
AnswerState: TypeAlias = Callable[[Version, Any], Message]
AnswerNode: TypeAlias = Callable[[Backend, Any], Message]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query found."""

    value: bytes
    """The encoded response."""
    height: int
    """Of the state that was read; 0 where the engine answered."""


@dataclass(frozen=True, slots=True)
class Query:
    """One method of one service."""

    path: str
    """"/package.Service/Method"."""
    request: type[Message]
    of_state: AnswerState | None = None
    of_node: AnswerNode | None = None
    over_abci: bool = True
    """False for what would ask the engine from within its own question."""

    def answer(self, data: bytes, backend: Backend, *, height: int = 0) -> Answer:
        """Answers the encoded request.

        Args:
            data: of `request`.
            backend: the node.
            height: of the state; 0 is the newest.

        Raises:
            QueryRefused: whatever is wrong with the request, or missing.
        """
        try:
            message = self.request.FromString(data)
        except DecodeError:
            name = self.request.DESCRIPTOR.full_name
            raise invalid(f"expected an encoded {name}, found other bytes") from None
        try:
            if self.of_state is not None:
                version = backend.reader(height)
                return Answer(_encode(self.of_state(version, message)), version.number)
            if self.of_node is not None:
                # CosmJS refuses an ABCI answer without a height.
                newest = backend.reader().number if self.over_abci else 0
                return Answer(_encode(self.of_node(backend, message)), newest)
        except HeightUnknown as unknown:
            raise invalid(f"failed to load state: {unknown}") from None
        except TxRefusal as refusal:
            raise of_refusal(refusal) from None
        except EngineRpcFailure as failure:
            raise _of_engine(failure) from None
        raise AssertionError(self.path)


def state_queries(
    service: ServiceDescriptor, answers: Mapping[str, AnswerState]
) -> dict[str, Query]:
    """Queries of the state, by path. Raises KeyError for a method that the service lacks."""
    methods = (service.methods_by_name[name] for name in answers)
    return {
        path(method): Query(path(method), _request(method), of_state=answers[method.name])
        for method in methods
    }


def node_queries(
    service: ServiceDescriptor, answers: Mapping[str, AnswerNode], *, over_abci: bool
) -> dict[str, Query]:
    """Queries of the rest of the node, by path. Raises KeyError as `state_queries`."""
    methods = (service.methods_by_name[name] for name in answers)
    return {
        path(method): Query(
            path(method), _request(method), of_node=answers[method.name], over_abci=over_abci
        )
        for method in methods
    }


def path(method: MethodDescriptor) -> str:
    """The path of a method, as gRPC has it."""
    return f"/{method.containing_service.full_name}/{method.name}"


def _request(method: MethodDescriptor) -> type[Message]:
    found: type[Message] = GetMessageClass(method.input_type)
    return found


def _encode(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)


def _of_engine(failure: EngineRpcFailure) -> QueryRefused:
    if not isinstance(failure, EngineRefused):
        return away(str(failure))
    # CometBFT's words for a height beyond its chain, and for one that it has forgotten.
    if "must be less than or equal to the current blockchain height" in failure.reason:
        return invalid("requested block height is bigger then the chain length")
    if "is not available, lowest height is" in failure.reason:
        return not_found(failure.reason)
    return away(str(failure))
