"""Where light blocks come from, as whoever needs them sees it."""

from __future__ import annotations

from typing import Protocol

from seedpact.light.v1 import light_pb2


class Blocks(Protocol):
    """Where light blocks come from."""

    def light_block(self, height: int) -> light_pb2.LightBlock:
        """The light block of that height. Raises NodeFailure."""
        ...
