"""A chain at the ABCI boundary that remembers its transactions, as a source of receipts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chain_module.abci import common
from chain_module.abci import responses as res
from chain_module.registration.proofs import prove_entry
from enclave.light_client.codec import encode_light_block
from node.engine_rpc import EngineRefused
from seedpact.enclave.v1 import chain_pb2
from seedpact.light.v1 import light_pb2
from seedpact.registration.v1 import tx_pb2
from tests.support.chain import Chain


class ReceiptChain(Chain):
    """A `Chain`, and a `node.receipts.source.Source` over its first node.

    `lowest` is the first block that the source still has.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.decided: dict[int, tuple[bytes, ...]] = {}
        self.lowest = 1
        super().__init__(*arguments, **options)

    def decide(self, txs: Sequence[bytes], *, round_: int = 0) -> res.FinalizeBlockResponse:
        """As `Chain`."""
        self.decided[self.height + 1] = tuple(txs)
        return super().decide(txs, round_=round_)

    def join_without_collateral(self, number: int) -> None:
        """As `join`, with the collateral that the chain keeps."""

        def change(message: tx_pb2.MsgRegisterNode) -> None:
            message.collateral = b""

        peer = self.peers[number]
        raw = self.register_tx(peer.enclave, peer.operator, change=change)
        assert self.send(raw).code == common.OK
        self.blocks(2)

    def node_id(self, number: int) -> bytes:
        """Of a node's enclave."""
        return self.peers[number].enclave.info().node_id

    # As a source.

    def newest(self) -> int:
        """As `Source`."""
        return self.height

    def entry(self, key: bytes, *, version: int) -> chain_pb2.ProvenEntry:
        """As `Source`."""
        return prove_entry(self.peers[0].storage.state.at(version), key)

    def txs(self, height: int) -> Sequence[bytes]:
        """As `Source`."""
        return self.decided[height]

    def light_block(self, height: int) -> light_pb2.LightBlock:
        """As `Source`."""
        if height < self.lowest:
            reason = f"height {height} is not available, lowest height is {self.lowest}"
            raise EngineRefused(method="commit", number=-32603, reason=reason)
        return encode_light_block(self.headers.blocks[height])
