"""Queries of registration with their proofs, each checked against the header that a node shows.

A proof that fits says that record and header belong together. What the header is worth is another
matter: here it comes from the node that was asked, and whoever must not trust that node verifies
it with a light client. The app hash of a state stands in the next header, so for the newest state
this waits for a block.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

from google.protobuf.message import Message

from chain_module.registration import keys
from chain_module.store.proofs import proving_height
from enclave.errors import Refusal
from enclave.merkle.proof_ops import check_absence, check_value
from node.chain_client.blocks import BlockQueries
from node.chain_client.connection import Connection
from node.chain_client.failures import ChainCode, ChainFailure, failed, failure_of_abci
from node.engine_rpc import Header
from seedpact.registration.v1 import query_pb2 as pb

HEIGHT_HEADER: Final = "x-cosmos-block-height"
HEADER_TIMEOUT_SECS: Final = 60.0
POLL_SECS: Final = 0.1
MAX_HEIGHT: Final = 2**63 - 1

Answer = TypeVar("Answer")


class ProofQueries(BlockQueries):
    """What `ChainClient` asks with proofs. `height` is of the state: 0 is the newest."""

    connection: Connection

    def proven_node(self, node_id: bytes, *, height: int = 0) -> pb.QueryNodeResponse:
        """A node's record, or that there is none. Raises ChainFailure as `check_proof`."""
        request = pb.QueryNodeRequest(node_id=node_id, prove=True)
        answer: pb.QueryNodeResponse = self._at(height, self.connection.registration.Node, request)
        return answer

    def proven_network_keys(
        self, epoch: int | None = None, *, height: int = 0
    ) -> pb.QueryNetworkKeysResponse:
        """The public keys of an epoch, or that there are none; None: of the current one."""
        request = pb.QueryNetworkKeysRequest(epoch=epoch, prove=True)
        answer: pb.QueryNetworkKeysResponse = self._at(
            height, self.connection.registration.NetworkKeys, request
        )
        return answer

    def proven_params(self, *, height: int = 0) -> pb.QueryParamsResponse:
        """The module's parameters; floor and network_id."""
        request = pb.QueryParamsRequest(prove=True)
        answer: pb.QueryParamsResponse = self._at(
            height, self.connection.registration.Params, request
        )
        return answer

    def proven_policy(self, *, height: int = 0) -> pb.QueryPolicyResponse:
        """The policy that was decided last."""
        request = pb.QueryPolicyRequest(prove=True)
        answer: pb.QueryPolicyResponse = self._at(
            height, self.connection.registration.Policy, request
        )
        return answer

    def proven_freshness(self, node_id: bytes, *, height: int = 0) -> pb.QueryFreshnessResponse:
        """A node's newest nonce, or that it has none."""
        request = pb.QueryFreshnessRequest(node_id=node_id, prove=True)
        answer: pb.QueryFreshnessResponse = self._at(
            height, self.connection.registration.Freshness, request
        )
        return answer

    def proven_entry(self, store: str, key: bytes, *, height: int = 0) -> pb.Proof:
        """What any store has at a key, or that it has nothing; over CometBFT's RPC.

        Raises:
            ChainFailure: NO_SUCH_STATE for a height that the node does not keep; CHAIN_FAILED.
        """
        path = f"/store/{store}/key"
        found = self._ask(lambda: self.engine.abci_query(path, key, height=height, prove=True))
        address = self.engine.address
        if found.code:
            raise failure_of_abci(found.log, address=address)
        if not 0 < found.height < MAX_HEIGHT or not all(
            op.type.isascii() for op in found.proof_ops
        ):
            raise failed(address, f"a proof at height {found.height}, or of no known type")
        proof = pb.Proof(store=store, store_key=key, store_value=found.value)
        proof.height = proving_height(found.height)
        for op in found.proof_ops:
            proof.proof_ops.ops.add(type=op.type, key=op.key, data=op.data)
        return proof

    def check_proof(
        self,
        proof: pb.Proof,
        *,
        key: bytes,
        store: str = keys.STORE,
        height: int = 0,
        timeout: float = HEADER_TIMEOUT_SECS,
    ) -> Header:
        """The header under whose app hash a store has this at `key`, or nothing.

        Args:
            proof: of an answer above.
            key: whose proof it has to be (`chain_module.registration.keys`).
            store: whose key that is.
            height: of the state that was asked for; 0: any.
            timeout: seconds, for the block of that header.

        Raises:
            ChainFailure: CHAIN_FAILED where it proves something else, or nothing; NOT_ON_CHAIN
                where the block does not come.
        """
        if (proof.store, proof.store_key) != (store, key):
            raise failed(self.connection.address, f"a proof of {proof.store!r}, another key")
        if height and proof.height != proving_height(height):
            raise failed(self.connection.address, f"a proof by header {proof.height}")
        header = self._header(proof.height, timeout)
        check = (
            partial(check_value, value=proof.store_value) if proof.store_value else check_absence
        )
        try:
            check(proof.proof_ops, app_hash=header.app_hash, store=proof.store, key=key)
        except Refusal as refusal:
            raise failed(self.connection.address, f"a proof that fails: {refusal}") from None
        return header

    def _at(self, height: int, method: Callable[..., Answer], request: Message) -> Answer:
        metadata = ((HEIGHT_HEADER, str(height)),) if height else ()
        return self.connection.call(partial(method, metadata=metadata), request)

    def _header(self, height: int, timeout: float) -> Header:
        deadline = time.monotonic() + timeout
        while (newest := self.status().latest_height) < height:
            if time.monotonic() >= deadline:
                raise ChainFailure(
                    ChainCode.NOT_ON_CHAIN,
                    expected=f"block {height}, whose header proves the answer",
                    found=f"block {newest} as the newest for {timeout:.0f} s",
                )
            time.sleep(POLL_SECS)
        return self.block(height).header
