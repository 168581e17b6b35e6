"""What the network's keys are, and which header a quote may bind: proven before anything is paid.

The root is the network's id, which the user learnt elsewhere: its genesis names the validators that
signed the first header. From there the enclave's own light client leads to the header that is
wanted, and under it the peer proves the keys. So a peer that lies costs no fee, and no keys that
the network cannot use.
"""

from __future__ import annotations

from typing import Final

from enclave.errors import Refusal
from enclave.light_client.codec import decode_light_block
from enclave.light_client.types import Header, LightBlock
from enclave.proven.chain import ProvenChain, prove
from enclave.proven.headers import genesis_header
from enclave.registration.records import NODE_ID_BYTES
from node.chain_client import ChainClient, HeaderFacts
from node.chain_client.failures import failure_of_engine
from node.chain_proof import ChainProofFailure, RemoteProofs
from node.engine_rpc import EngineFailed, EngineRefused, EngineUnreachable
from node.join.failures import JoinCode, JoinFailure
from node.join.genesis import Network
from node.light_blocks import BoundedBlocks, LightBlocks
from node.light_blocks.bisection import Fetch, enclave_steps

NOBODY: Final = bytes(NODE_ID_BYTES)
"""Whose record is of no matter here."""


def header_from_genesis(fetch: Fetch, network: Network, height: int) -> Header:
    """The header at a height, if it follows from the genesis. Raises Refusal, and as `fetch`."""
    inputs = network.inputs
    first = genesis_header(fetch(inputs.initial_height), inputs)
    if height <= first.height:
        return first
    return enclave_steps(first, height, chain_id=inputs.chain_id, fetch=fetch)[-1].block.header


def prove_network(chain: ChainClient, network: Network, *, height: int) -> ProvenChain:
    """What the chain has under the header at `height`, by proof alone.

    Args:
        chain: the peer.
        network: the one that was meant.
        height: above the network's first.

    Raises:
        JoinFailure: NETWORK_UNPROVEN.
        ChainFailure: the peer does not answer.
    """
    blocks = BoundedBlocks(LightBlocks(chain.engine))

    def fetch(at: int) -> LightBlock:
        return decode_light_block(blocks.light_block(at))

    try:
        header = header_from_genesis(fetch, network, height)
        entries = RemoteProofs(chain).entries(height, node_id=NOBODY)
        return prove(entries, header=header, node_id=NOBODY)
    except EngineUnreachable as failure:
        raise failure_of_engine(failure) from None
    except (Refusal, ChainProofFailure, EngineRefused, EngineFailed) as failure:
        raise _unproven(chain, height, failure.found) from None


def prove_anchor(chain: ChainClient, network: Network, anchor: HeaderFacts) -> ProvenChain:
    """What the chain has after `anchor`, which is on it.

    Raises:
        JoinFailure: NETWORK_UNPROVEN, also for an anchor that is not the chain's.
        ChainFailure: the peer does not answer.
    """
    proven = prove_network(chain, network, height=anchor.height + 1)
    if proven.header.last_block_id.hash != anchor.hash:
        raise _unproven(chain, anchor.height, f"another header, {anchor.hash.hex()}")
    return proven


def _unproven(chain: ChainClient, height: int, found: str) -> JoinFailure:
    return JoinFailure(
        JoinCode.NETWORK_UNPROVEN,
        expected=f"headers from the genesis to block {height} and proofs of the network's keys "
        f"from {chain.engine.address}",
        found=found,
    )
