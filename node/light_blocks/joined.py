"""The light blocks of two nodes: one has not the chain's beginning, the other gives what is older.

A node that began with a snapshot has no block below it. Whose blocks they are does not matter to
an enclave: each proves itself, or is refused.
"""

from __future__ import annotations

from node.light_blocks.blocks import Blocks
from seedpact.light.v1 import light_pb2


class JoinedBlocks:
    """`Blocks` of two others.

    Args:
        own: a node's.
        older: another node's.
        base: the lowest height that `own` has.
    """

    def __init__(self, own: Blocks, older: Blocks, *, base: int) -> None:
        self._own = own
        self._older = older
        self._base = base

    def light_block(self, height: int) -> light_pb2.LightBlock:
        """As `Blocks.light_block`, of the one that has to have it."""
        return (self._own if height >= self._base else self._older).light_block(height)
