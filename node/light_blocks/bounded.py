"""A budget for all that one way asks: whoever is asked may make a way as long as it likes.

Bisection asks for the next block as long as the answers say that it is needed. An honest way is
short: a block where the validators have not changed, and a few for each change.
"""

from __future__ import annotations

from typing import Final

from node.deadline import Deadline
from node.engine_rpc import EngineUnreachable
from node.light_blocks.blocks import Blocks
from seedpact.light.v1 import light_pb2

WAY_SECS: Final = 300.0
"""For one way; a block that is under way then may end."""
WAY_BLOCKS: Final = 10_000


class BoundedBlocks:
    """`Blocks` of another, as long as time and number last.

    Args:
        blocks: the other.
        secs: for all blocks together.
        most: blocks that may be asked for.
    """

    def __init__(self, blocks: Blocks, *, secs: float = WAY_SECS, most: int = WAY_BLOCKS) -> None:
        self._blocks = blocks
        self._deadline = Deadline(secs)
        self._most = most
        self._asked = 0

    def light_block(self, height: int) -> light_pb2.LightBlock:
        """As `Blocks.light_block`. Raises EngineUnreachable once the budget is used up."""
        if self._deadline.passed or self._asked >= self._most:
            raise EngineUnreachable(
                expected=f"a way of headers within {self._deadline.secs:g} s and "
                f"{self._most} blocks",
                found=f"one that goes on after {self._asked} blocks",
            )
        self._asked += 1
        return self._blocks.light_block(height)
