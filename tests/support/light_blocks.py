"""Holds the hashes of `enclave.light_client` against those that a running engine computed.

A header names the block before it (`last_block_id`), that block's commit (`last_commit_hash`) and
its own validators: with the header's own hash, which `/commit` answers in the commit's block id,
CometBFT has said each hash itself.
"""

from __future__ import annotations

from collections import Counter

from enclave.light_client.codec import decode_light_block
from enclave.light_client.hashes import commit_hash, header_hash, validators_hash
from enclave.light_client.types import BlockIdFlag, LightBlock
from enclave.wire import strict_decode
from node.engine_rpc import EngineRpc
from node.light_blocks import LightBlocks
from seedpact.light.v1 import light_pb2

MAX_BYTES = 1 << 20


def hashes_are_the_engines(rpc: EngineRpc, first: int, last: int) -> Counter[str]:
    """Every block from `first` to `last`; the block after `last` has to be there.

    Returns:
        What was met: headers, and votes by kind.
    """
    source, met = LightBlocks(rpc), Counter[str]()
    before: LightBlock | None = None
    for height in range(first, last + 1):
        block = decoded(source.light_block(height))
        of_engine = rpc.block(height)
        assert header_hash(block.header) == of_engine.block_id.hash
        assert header_hash(block.header) == block.commit.block_id.hash
        assert validators_hash(block.validators) == of_engine.header.validators_hash
        following = rpc.block(height + 1).header
        assert header_hash(block.header) == following.last_block_id.hash
        assert commit_hash(block.commit) == following.last_commit_hash
        assert validators_hash(block.validators) == (
            before.header.next_validators_hash if before else block.header.validators_hash
        )
        met["headers"] += 1
        met.update(BlockIdFlag(vote.flag).name for vote in block.commit.signatures)
        before = block
    return met


def decoded(message: light_pb2.LightBlock) -> LightBlock:
    """As an enclave gets it: through its bytes."""
    written = message.SerializeToString(deterministic=True)
    return decode_light_block(strict_decode(light_pb2.LightBlock, written, max_bytes=MAX_BYTES))
