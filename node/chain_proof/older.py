"""Where an enclave's way begins, and whether the node's own engine has that block.

A holder goes on from its newest trusted header. An engine that began with a snapshot has no block
below it: then that header and those up to the snapshot come from other nodes, or the enclave stays
where it is, and confirms nobody.
"""

from __future__ import annotations

from collections.abc import Sequence

from node.chain_proof.failures import ChainProofCode, ChainProofFailure
from seedpact.enclave.v1 import service_pb2 as pb


def follows(info: pb.GetInfoResponse) -> bool:
    """Whether an enclave goes on with the chain: a HOLDER to which no fork was proven."""
    return info.state == pb.ENCLAVE_STATE_HOLDER and not info.forked


def start_height(info: pb.GetInfoResponse) -> int:
    """The height of the block that the way of a HOLDER begins with."""
    return info.trusted_height or info.root_height


def lacks_start(info: pb.GetInfoResponse, earliest_height: int) -> bool:
    """Whether an engine whose first block is at `earliest_height` has no way for a HOLDER."""
    return start_height(info) < earliest_height


def older_blocks_missing(
    info: pb.GetInfoResponse, earliest_height: int, answers: Sequence[str]
) -> ChainProofFailure:
    """What is said where nobody gives the blocks.

    Args:
        info: of the enclave.
        earliest_height: of the first block that the node's own engine has.
        answers: what came of asking each other node, with its name.
    """
    others = "; ".join(answers) or "no other node in light_client.witnesses"
    return ChainProofFailure(
        ChainProofCode.OLDER_BLOCKS_MISSING,
        expected=f"block {start_height(info)}, from which the enclave goes on, and those after it",
        found=f"blocks from {earliest_height} on in this node; {others}",
    )
