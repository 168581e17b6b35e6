"""The way of an enclave's light client from a trusted header to another, as its host finds it.

Found by the enclave's own rule and bisection (`enclave.light_client`): as few steps as it lets
pass. Where the validators have not changed that is one step, and one block to fetch. Whether the
engine told the truth is the enclave's to find out. The steps carry the engine's blocks as they
came: decoded and encoded again they would lose what nobody hashes.
"""

from __future__ import annotations

from dataclasses import dataclass

from enclave.light_client.codec import decode_header, decode_light_block
from enclave.light_client.types import LightBlock
from node.light_blocks.bisection import enclave_steps
from node.light_blocks.blocks import Blocks
from node.light_blocks.bounded import WAY_SECS, BoundedBlocks
from seedpact.enclave.v1 import chain_pb2
from seedpact.light.v1 import light_pb2


@dataclass(frozen=True, slots=True)
class Start:
    """Where a path begins: a header that the enclave trusts, or the genesis."""

    chain_id: str
    trusted_height: int
    """0: none yet, the root is the genesis itself."""
    genesis_height: int = 0
    """The chain's initial height; needed where none is trusted yet."""


def find_path(
    source: Blocks, start: Start, *, to: int, secs: float = WAY_SECS
) -> list[chain_pb2.HeaderStep]:
    """The steps from `start` to the header at `to`; none where that is trusted already.

    Args:
        source: of light blocks.
        start: where the way begins.
        to: where it ends.
        secs: for all blocks together.

    Raises:
        Refusal: the engine's blocks do not follow from one another.
        NodeFailure: what `source` raises, or a way without end.
    """
    if start.trusted_height >= to:
        return []
    blocks = BoundedBlocks(source, secs=secs)
    steps: list[chain_pb2.HeaderStep] = []
    height = start.trusted_height
    if not height:
        # To the header of the genesis, which its own validators signed.
        height = start.genesis_height
        steps.append(chain_pb2.HeaderStep(block=blocks.light_block(height)))
    trusted = decode_header(blocks.light_block(height).signed_header.header)
    height = trusted.height
    if height >= to:
        return steps
    fetched: dict[int, light_pb2.LightBlock] = {}

    def fetch(at: int) -> LightBlock:
        if at not in fetched:
            fetched[at] = blocks.light_block(at)
        return decode_light_block(fetched[at])

    for step in enclave_steps(trusted, to, chain_id=start.chain_id, fetch=fetch):
        message = chain_pb2.HeaderStep(block=fetched[step.block.header.height])
        if step.trusted_next is not None:
            message.trusted_next.CopyFrom(fetched[height + 1].validator_set)
        steps.append(message)
        height = step.block.header.height
    return steps
