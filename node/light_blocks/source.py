"""Where light blocks come from: an engine's RPC, a block in two calls or more.

It waits as long as the client does, and repeats nothing. What comes back is what the engine says:
nobody has verified it.
"""

from __future__ import annotations

from node.engine_rpc import EngineFailed, EngineRpc
from node.light_blocks.reading import to_light_block
from seedpact.light.v1 import light_pb2


class LightBlocks:
    """Light blocks of one engine. Any thread may use it."""

    def __init__(self, rpc: EngineRpc) -> None:
        """Asks through `rpc`, which stays the caller's to close."""
        self._rpc = rpc

    def light_block(self, height: int) -> light_pb2.LightBlock:
        """The header at `height`, a commit for it, and the set that signed.

        The newest header's commit is the one that this engine has seen; the next block may hold
        another for the same header.

        Raises:
            EngineUnreachable: nobody answered in time.
            EngineRefused: the engine has no such height: not yet, or no longer.
            EngineFailed: an answer that no CometBFT gives, or about another height.
        """
        signed = self._rpc.commit(height)
        if signed.header.height != height:
            raise EngineFailed(
                expected=f"the header at height {height}", found=str(signed.header.height)
            )
        return to_light_block(signed, self._rpc.validators(height))
