"""`new_block` -> FollowChain: a holder's enclave goes on with the chain, outside the block path.

The block path leads an enclave only where a register asks for it, and that of a node without voting
power never. So each 100 headers it is led to the newest ones here: the next way stays short, and
begins with a block that this node has.

Where the engine has not the block that the way begins with, since it began with a snapshot above
it, older blocks come from other nodes: the witnesses of node.toml, then the servers of the state
sync. Blocks prove themselves to the enclave, so that way is gone at once: what it refuses is tried
again with the next node's. Where none is left it is said, once until it changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from node.chain_client import ChainEvent
from node.chain_proof import Leading, follows, lacks_start, older_blocks_missing
from node.failure import NodeFailure
from node.host.host import NEW_BLOCK, Host
from node.host.witness import OTHER_SECS, Witness
from node.light_blocks import Blocks, JoinedBlocks
from seedpact.enclave.v1 import service_pb2 as pb

LOOK_BLOCKS: Final = 10
FOLLOW_HEADERS: Final = 100
"""How far the newest trusted header may fall behind: a tenth of what a nonce is good for."""
DEPTH: Final = 2
"""Blocks below the newest: the block path asks about the newest, and must not find it passed."""
RETRY_BLOCKS: Final = 50
"""After other nodes had no blocks that helped."""
REMEDY: Final = "name a node that has these blocks as light_client.witnesses in node.toml, restart"


class Following:
    """Leads this node's enclave.

    Args:
        own: this node's light blocks.
        others: other nodes', in the order in which they are asked.
    """

    events: Final = frozenset({NEW_BLOCK})

    def __init__(self, own: Blocks, others: Sequence[Witness]) -> None:
        self._own = own
        self._others = others
        self._next_height = 0
        self._said = ""

    def handle(self, host: Host, event: ChainEvent) -> None:
        """Leads it, if it is due. Raises NodeFailure where this node or its enclave cannot."""
        if event.height < self._next_height:
            return
        self._next_height = event.height + LOOK_BLOCKS
        info, to = host.enclave.get_info(), event.height - DEPTH
        if not follows(info) or to <= info.trusted_height:
            return
        base = host.chain.status().earliest_height
        if lacks_start(info, base):
            self._with_others(host, info, to, base)
        elif to >= info.trusted_height + FOLLOW_HEADERS:
            Leading(self._own, host.enclave).lead_holder(info, to)

    def _with_others(self, host: Host, info: pb.GetInfoResponse, to: int, base: int) -> None:
        answers: list[str] = []
        for other in self._others:
            blocks = JoinedBlocks(self._own, other.blocks, base=base)
            try:
                Leading(blocks, host.enclave, secs=OTHER_SECS).lead_holder(info, to)
            except NodeFailure as failure:
                answers.append(f"{other.name}: {failure.code}")
                continue
            host.log("info", "older_blocks_shown", source=other.name, height=to)
            self._said = ""
            return
        self._next_height += RETRY_BLOCKS
        missing = older_blocks_missing(info, base, answers)
        if missing.found != self._said:
            self._said = missing.found
            host.log(
                "warning",
                missing.code,
                expected=missing.expected,
                found=missing.found,
                next=REMEDY,
            )
