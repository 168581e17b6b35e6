"""A proof of any bytes is refused, or is the one that the chain gives for this very key.

For each question the start corpus has the chain's own answer; an input is the number of a question
and encoded proof operations. Whatever else verified would be a second proof of a true statement, or
a proof of a false one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from google.protobuf.message import Message

from enclave.errors import Refusal
from enclave.merkle.proof_ops import check_absence, check_value
from enclave.wire import encode, strict_decode
from seedpact.ics23.v1 import proofs_pb2 as pb
from tests.enclave.merkle.states import FIXED, STORE, TABLE
from tests.fuzz.messages import Mutator, values_of
from tests.fuzz.target import Mutation, require

_QUESTIONS: Final = (*sorted(TABLE), b"\x01", b"\x0f", b"\x37", b"\x75", b"\xff")
"""Every key, and keys that are absent: before all, between, behind all."""
_ANY_VALUE: Final = b"value 50"
_MAX_OPS_BYTES: Final = 16_384


class ProofTarget:
    """`check_value` and `check_absence`."""

    max_bytes: Final = _MAX_OPS_BYTES + 64

    def __init__(self) -> None:
        self._honest = tuple(encode(FIXED.prove(key)) for key in _QUESTIONS)
        proofs = map(pb.ProofOps.FromString, self._honest)
        self._mutator = Mutator(pb.ProofOps, _nested, values_of(proofs, _nested))

    def seeds(self) -> Iterable[bytes]:
        """The answer to each question."""
        yield from (bytes([number]) + data for number, data in enumerate(self._honest))

    def check(self, data: bytes) -> None:
        """See the module."""
        if not data:
            return
        number, encoded = data[0] % len(_QUESTIONS), data[1:]
        key = _QUESTIONS[number]
        try:
            ops = strict_decode(pb.ProofOps, encoded, max_bytes=_MAX_OPS_BYTES)
        except Refusal:
            return
        value, honest = TABLE.get(key), encoded == self._honest[number]
        held = _passes(
            lambda: check_value(
                ops, app_hash=FIXED.app_hash, store=STORE, key=key, value=value or _ANY_VALUE
            )
        )
        lacked = _passes(lambda: check_absence(ops, app_hash=FIXED.app_hash, store=STORE, key=key))
        require(holds=held == (honest and value is not None), rule="a value has one proof")
        require(holds=lacked == (honest and value is None), rule="an absence has one proof")

    def mutate(self, data: bytes, mutation: Mutation) -> bytes:
        """A field of the operations or of the proofs inside them; now and then the question."""
        if not data:
            return mutation.of(data)
        question = data[:1]
        if mutation.rng.random() < 0.05:
            question = bytes([mutation.rng.randrange(len(_QUESTIONS))])
        return question + self._mutator.mutate(data[1:], mutation)


def _nested(message: Message, field: str) -> type[Message] | None:
    return pb.CommitmentProof if isinstance(message, pb.ProofOp) and field == "data" else None


def _passes(verify: Callable[[], None]) -> bool:
    try:
        verify()
    except Refusal:
        return False
    return True
