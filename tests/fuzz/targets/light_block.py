"""A step of any bytes is refused, or ends at a header that the validators made.

The start corpus has right steps from one trusted header: the next block, skips with and without a
change of the set, votes that are missing, for no block or forged. An input is an encoded step. A
header that is believed and was not made would be a forgery; more votes or fewer, or what nobody
signs, are none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from google.protobuf.message import Message

from enclave.errors import Refusal
from enclave.light_client.codec import (
    decode_light_block,
    decode_validator_set,
    encode_light_block,
    encode_validator_set,
)
from enclave.light_client.enclave_rule import verify_step
from enclave.light_client.types import KeyKind
from enclave.wire import encode, strict_decode
from seedpact.enclave.v1 import chain_pb2 as pb
from tests.enclave.light_client.maker import (
    CHAIN_ID,
    block,
    make_header,
    signer,
    signers,
    validator_set,
)
from tests.fuzz.messages import Mutator, values_of
from tests.fuzz.target import Mutation, require

_MEMBERS: Final = (*signers("a", "b", "c", "d"), signer("e", kind=KeyKind.SECP256K1))
_CHANGED: Final = (*_MEMBERS[:4], signer("f"))
_TRUSTED: Final = make_header(7, _MEMBERS)
_MAX_STEP_BYTES: Final = 8_192


class LightBlockTarget:
    """The codec and the enclave's rule."""

    max_bytes: Final = _MAX_STEP_BYTES + 64

    def __init__(self) -> None:
        steps = {
            block(8, _MEMBERS): None,
            block(9, _MEMBERS, absent=_MEMBERS[:1]): None,
            block(12, _MEMBERS, nil=_MEMBERS[4:], commit_round=2): None,
            block(30, _MEMBERS, forged=_MEMBERS[1:2]): None,
            block(40, _CHANGED): validator_set(_MEMBERS),
        }
        messages = [
            pb.HeaderStep(
                block=encode_light_block(made),
                trusted_next=encode_validator_set(announced) if announced else None,
            )
            for made, announced in steps.items()
        ]
        self._made = {made.header for made in steps}
        self._honest = tuple(encode(message) for message in messages)
        self._mutator = Mutator(pb.HeaderStep, _nested, values_of(messages, _nested))

    def seeds(self) -> Iterable[bytes]:
        """Every right step."""
        yield from self._honest

    def check(self, data: bytes) -> None:
        """See the module."""
        try:
            step = strict_decode(pb.HeaderStep, data, max_bytes=_MAX_STEP_BYTES)
            named = step.HasField("trusted_next")
            header = verify_step(
                _TRUSTED,
                decode_light_block(step.block),
                chain_id=CHAIN_ID,
                trusted_next=decode_validator_set(step.trusted_next) if named else None,
            )
        except Refusal:
            require(holds=data not in self._honest, rule="a right step is taken")
            return
        require(holds=header in self._made, rule="no header is believed that was not made")

    def mutate(self, data: bytes, mutation: Mutation) -> bytes:
        """A field of the block, the commit or a set."""
        return self._mutator.mutate(data, mutation)


def _nested(message: Message, field: str) -> None:
    """No field of bytes holds a message."""
    del message, field
