"""The light blocks that were asked for last, so that the next path need not fetch its beginning."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from node.light_blocks.blocks import Blocks
from seedpact.light.v1 import light_pb2

REMEMBERED: Final = 16


class RememberedBlocks:
    """`Blocks` over others. Safe to share between threads."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._lock = threading.Lock()
        self._known: OrderedDict[int, light_pb2.LightBlock] = OrderedDict()

    def light_block(self, height: int) -> light_pb2.LightBlock:
        """As `Blocks.light_block`; one that was asked for lately is not fetched again."""
        with self._lock:
            if height in self._known:
                self._known.move_to_end(height)
                return self._known[height]
        block = self._blocks.light_block(height)
        with self._lock:
            self._known[height] = block
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return block
