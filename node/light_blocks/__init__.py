"""Light blocks of the chain, in the form that an enclave and a receipt take.

What belongs here: asking an engine for a header, its commit and its validators, and writing them as
`seedpact.light.v1`. What must not: judging them, which is `enclave.light_client`'s.
"""

from node.light_blocks.blocks import Blocks
from node.light_blocks.bounded import BoundedBlocks
from node.light_blocks.joined import JoinedBlocks
from node.light_blocks.reading import to_light_block, to_validator_set
from node.light_blocks.remembered import RememberedBlocks
from node.light_blocks.source import LightBlocks

__all__ = [
    "Blocks",
    "BoundedBlocks",
    "JoinedBlocks",
    "LightBlocks",
    "RememberedBlocks",
    "to_light_block",
    "to_validator_set",
]
