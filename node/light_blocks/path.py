"""The way of an enclave's light client from a trusted header to another, as its host finds it.

The rule of one step is the enclave's own (`enclave.light_client.enclave_rule`), asked here with the
same code: the farthest step that it lets pass is taken, else one half as far. Where the validators
have not changed that is one step, and one block to fetch. Whether the engine told the truth is the
enclave's to find out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from enclave.errors import Code, Refusal
from enclave.light_client.codec import decode_header, decode_light_block, decode_validator_set
from enclave.light_client.enclave_rule import verify_step
from enclave.light_client.types import Header
from seedpact.enclave.v1 import chain_pb2
from seedpact.light.v1 import light_pb2

_TOO_FAR: Final = frozenset({Code.NOT_ENOUGH_TRUST})
"""Refusals of a step that a nearer block may not meet."""


class Blocks(Protocol):
    """Where light blocks come from."""

    def light_block(self, height: int) -> light_pb2.LightBlock:
        """The light block of that height. Raises NodeFailure."""
        ...


@dataclass(frozen=True, slots=True)
class Start:
    """Where a path begins: a header that the enclave trusts, or the genesis."""

    chain_id: str
    trusted_height: int
    """0: none yet, the root is the genesis itself."""
    genesis_height: int = 0
    """The chain's initial height; needed where none is trusted yet."""


def find_path(blocks: Blocks, start: Start, *, to: int) -> list[chain_pb2.HeaderStep]:
    """The steps from `start` to the header at `to`; none where that is trusted already.

    Raises:
        Refusal: the engine's blocks do not follow from one another.
        NodeFailure: what `blocks` raises.
    """
    if start.trusted_height >= to:
        return []
    first: list[chain_pb2.HeaderStep] = []
    height = start.trusted_height
    if not height:
        # To the header of the genesis, which its own validators signed.
        height = start.genesis_height
        first = [chain_pb2.HeaderStep(block=blocks.light_block(height))]
    trusted = blocks.light_block(height).signed_header.header
    return [*first, *_steps(blocks, decode_header(trusted), to=to, chain_id=start.chain_id)]


def _steps(
    blocks: Blocks, trusted: Header, *, to: int, chain_id: str
) -> Iterator[chain_pb2.HeaderStep]:
    while trusted.height < to:
        trusted, step = _farthest(blocks, trusted, to=to, chain_id=chain_id)
        yield step


def _farthest(
    blocks: Blocks, trusted: Header, *, to: int, chain_id: str
) -> tuple[Header, chain_pb2.HeaderStep]:
    height = to
    while True:
        step = _step(blocks, trusted, blocks.light_block(height))
        try:
            return _verified(trusted, step, chain_id), step
        except Refusal as refusal:
            if refusal.code not in _TOO_FAR or height == trusted.height + 1:
                raise
        height = (trusted.height + height) // 2


def _step(blocks: Blocks, trusted: Header, block: light_pb2.LightBlock) -> chain_pb2.HeaderStep:
    """The step to `block`, with the set that `trusted` names as its next, where that is needed."""
    header = block.signed_header.header
    step = chain_pb2.HeaderStep(block=block)
    changed = header.validators_hash != trusted.next_validators_hash
    if changed and header.height > trusted.height + 1:
        step.trusted_next.CopyFrom(blocks.light_block(trusted.height + 1).validator_set)
    return step


def _verified(trusted: Header, step: chain_pb2.HeaderStep, chain_id: str) -> Header:
    named = decode_validator_set(step.trusted_next) if step.HasField("trusted_next") else None
    block = decode_light_block(step.block)
    return verify_step(trusted, block, chain_id=chain_id, trusted_next=named)
