"""Where a receipt's parts come from: one node, over its gRPC services and CometBFT's RPC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from node.chain_client import ChainClient
from node.chain_proof import RemoteProofs
from node.light_blocks import Blocks, LightBlocks, RememberedBlocks
from seedpact.enclave.v1 import chain_pb2
from seedpact.light.v1 import light_pb2


class Source(Blocks, Protocol):
    """What an export asks for. What it is told is checked before it is a receipt."""

    def newest(self) -> int:
        """The height of the newest header. Raises NodeFailure."""
        ...

    def entry(self, key: bytes, *, version: int) -> chain_pb2.ProvenEntry:
        """What the store "registration" has under `key` after block `version`. May raise."""
        ...

    def txs(self, height: int) -> Sequence[bytes]:
        """The transactions of a block. Raises NodeFailure."""
        ...


class NodeSource:
    """A `Source` over one node."""

    def __init__(self, chain: ChainClient) -> None:
        """Asks through `chain`, which stays the caller's to close."""
        self._chain = chain
        self._blocks = RememberedBlocks(LightBlocks(chain.engine))
        self._proofs = RemoteProofs(chain)

    def newest(self) -> int:
        """As `Source`. Raises ChainFailure."""
        return self._chain.height()

    def entry(self, key: bytes, *, version: int) -> chain_pb2.ProvenEntry:
        """As `Source`. Raises ChainFailure, ChainProofFailure."""
        return self._proofs.entry(key, version=version)

    def txs(self, height: int) -> Sequence[bytes]:
        """As `Source`. Raises ChainFailure."""
        return self._chain.block(height).txs

    def light_block(self, height: int) -> light_pb2.LightBlock:
        """As `Source`. Raises EngineRpcFailure."""
        return self._blocks.light_block(height)
