"""What a host shows its enclave of the chain: a path of signed headers, and proven entries.

What belongs here: fetching them from an engine, its own or a peer's, and keeping the next block's
path ready. What must not: judging them, which is the enclave's.
"""

from node.chain_proof.failures import ChainProofCode, ChainProofFailure
from node.chain_proof.leading import Leading
from node.chain_proof.older import follows, lacks_start, older_blocks_missing, start_height
from node.chain_proof.ready import ReadyPath
from node.chain_proof.remote import RemoteProofs

__all__ = [
    "ChainProofCode",
    "ChainProofFailure",
    "Leading",
    "ReadyPath",
    "RemoteProofs",
    "follows",
    "lacks_start",
    "older_blocks_missing",
    "start_height",
]
