"""A request of any bytes gets an answer that decodes or a Refusal, and a refused one does nothing.

In every state of an enclave. Besides: what only asks changes nothing; what an answer acknowledges
is on the disk; no answer and no refusal holds a secret; an envelope goes to a newcomer whose every
field some quote binds, and to nobody else; whoever becomes a HOLDER holds the network's keys.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Final

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from enclave.errors import Refusal
from enclave.handlers.confirm_nodes import MAX_NEWCOMERS
from enclave.service.dispatch import MAX_MESSAGE_BYTES, METHODS, SERVICE
from enclave.wire import encode, strict_decode
from seedpact.enclave.v1 import sealed_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.ics23.v1 import proofs_pb2
from tests.fuzz.messages import Mutator, values_of
from tests.fuzz.real_requests import real_requests
from tests.fuzz.situations import Situation, entries_of, scene
from tests.fuzz.target import Mutation, require
from tests.support.enclaves import Node

_ASKS: Final = frozenset({"GetInfo", "GetNetworkKeys", "Backup"})
"""The others write: what an enclave trusts of the chain is sealed too."""

_NESTED: Final[Mapping[tuple[type[Message], str], type[Message]]] = {
    (proofs_pb2.ProofOp, "data"): proofs_pb2.CommitmentProof,
}
_BOUND: Final = (
    "operator",
    "exchange_key",
    "kem_ciphertext",
    "epoch",
    "anchor_height",
    "anchor_hash",
    "tls_key",
)
"""Fields of a newcomer that its quote's report_data binds."""


class RequestTarget:
    """One method. Input: number of the situation (1 byte), then the request as gRPC hands it."""

    max_bytes: Final = 128 * 1024

    def __init__(self, method: str) -> None:
        self.method = method
        descriptor = SERVICE.methods_by_name[method]
        self._answer = GetMessageClass(descriptor.output_type)
        self._mutator = Mutator(
            GetMessageClass(descriptor.input_type),
            _nested,
            values_of(real_requests(method), _nested),
        )

    def seeds(self) -> Iterable[bytes]:
        """Real requests of this method, each in every situation."""
        requests = real_requests(self.method)
        for number in range(len(scene().situations)):
            yield from (bytes([number]) + encode(request) for request in requests)

    def check(self, data: bytes) -> None:
        """See the module."""
        situations = scene().situations
        situation = situations[data[0] % len(situations)] if data else situations[0]
        request = data[1:]
        try:
            answer = METHODS[self.method](situation.node.enclave, request)
        except Refusal as refusal:
            require(holds=situation.is_unchanged, rule="a refused request changes nothing")
            _check_no_secret(str(refusal).encode(), situation)
            return
        decoded = strict_decode(self._answer, answer, max_bytes=MAX_MESSAGE_BYTES)
        _check_no_secret(answer, situation)
        if self.method in _ASKS:
            require(holds=situation.is_unchanged, rule="a request that only asks changes nothing")
        else:
            _check_durable(situation)
        if isinstance(decoded, pb.ConfirmNodesResponse):
            _check_envelopes(pb.ConfirmNodesRequest.FromString(request), decoded)
        if self.method == "ImportSeed":
            keys = METHODS["GetNetworkKeys"](situation.node.enclave, b"")
            require(holds=keys == scene().network_keys, rule="a HOLDER holds the network's keys")
        if not situation.is_unchanged:
            situation.reset()

    def mutate(self, data: bytes, mutation: Mutation) -> bytes:
        """A field of the request; now and then another situation."""
        head, request = data[:1], data[1:]
        if not head or mutation.rng.random() < 0.1:
            head = bytes([mutation.rng.randrange(len(scene().situations))])
        return head + self._mutator.mutate(request, mutation)


def _nested(message: Message, field: str) -> type[Message] | None:
    return _NESTED.get((type(message), field))


def _check_durable(situation: Situation) -> None:
    """A second enclave that starts from the disk is the one that answered."""
    restarted = Node(situation.node.name, storage=situation.storage)
    require(
        holds=entries_of(restarted) == situation.present_entries(),
        rule="what is acknowledged is on the disk",
    )


def _check_no_secret(told: bytes, situation: Situation) -> None:
    secrets = _secrets(tuple(situation.present_entries().items()))
    found = [one for one in secrets if one in told or one.hex().encode() in told]
    require(holds=not found, rule="no answer and no refusal holds a secret")


@functools.lru_cache(maxsize=64)
def _secrets(entries: tuple[tuple[bytes, bytes], ...]) -> tuple[bytes, ...]:
    secrets = []
    for key, value in entries:
        if key in (b"node_key", b"tls_key") or key.startswith(b"seed/"):
            secrets.append(value)
        elif key.startswith(b"kem/"):
            secrets.append(sealed_pb2.SealedKemSecret.FromString(value).secret)
        elif key.startswith(b"quote/"):
            secrets.append(sealed_pb2.SealedQuote.FromString(value).tls_seed)
    return tuple(secrets)


def _check_envelopes(request: pb.ConfirmNodesRequest, answer: pb.ConfirmNodesResponse) -> None:
    require(
        holds=len(answer.confirmations) == len(request.newcomers) <= MAX_NEWCOMERS,
        rule="an answer for each newcomer, in order",
    )
    honest = _honest()
    for newcomer, confirmation in zip(request.newcomers, answer.confirmations, strict=True):
        refused = confirmation.HasField("refusal")
        require(holds=refused is not bool(confirmation.envelope), rule="envelope or refusal")
        if not refused:
            require(holds=_bound(newcomer) in honest, rule="no envelope without a quote over it")
            require(holds=len(confirmation.envelope) == 48, rule="an envelope has 48 bytes")


def _bound(newcomer: pb.Newcomer) -> tuple[object, ...]:
    return tuple(getattr(newcomer, name) for name in _BOUND)


@functools.cache
def _honest() -> frozenset[tuple[object, ...]]:
    """What the quotes of this network's newcomers bind."""
    return frozenset(_bound(newcomer) for newcomer, _ in scene().newcomers)
