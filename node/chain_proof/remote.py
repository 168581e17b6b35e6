"""Proven entries from an engine's RPC: ABCI queries of the store, with their proofs.

Asked at the state below one header, so that all entries of a `ChainProof` are of one version. They
are passed on as they come: the enclave verifies them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from chain_module.registration import keys
from chain_module.registration.proofs import chain_proof
from enclave.errors import Refusal
from node.chain_proof.failures import ChainProofCode, ChainProofFailure
from node.engine_rpc import EngineRpc
from seedpact.enclave.v1 import chain_pb2
from seedpact.ics23.v1 import proofs_pb2

PATH: Final = f"/store/{keys.STORE}/key"


class RemoteProofs:
    """Entries of the store "registration", as one engine's application proves them."""

    def __init__(self, rpc: EngineRpc) -> None:
        """Asks through `rpc`, which stays the caller's to close."""
        self._rpc = rpc

    def entries(
        self, header_height: int, *, node_id: bytes, anchors: Iterable[int] = ()
    ) -> chain_pb2.ChainProof:
        """What an enclave asks for, under the header at `header_height`; without headers.

        Args:
            header_height: of the proving header; its state is that of the block before.
            node_id: of the enclave, 32 bytes.
            anchors: heights of headers whose entries are wanted.

        Raises:
            ChainProofFailure: NOT_PROVABLE.
            EngineRpcFailure: the engine did not answer.
        """
        version = header_height - 1
        try:
            return chain_proof(
                lambda key: self.entry(key, version=version),
                height=header_height + 1,
                node_id=node_id,
                anchors=anchors,
            )
        except Refusal as refusal:
            raise _not_provable(version, str(refusal)) from None

    def entry(self, key: bytes, *, version: int) -> chain_pb2.ProvenEntry:
        """One entry, or that there is none. Raises as `entries`."""
        answer = self._rpc.abci_query(PATH, key, height=version, prove=True)
        if answer.code or answer.height != version:
            raise _not_provable(version, answer.log or f"an answer about {answer.height}")
        ops = [proofs_pb2.ProofOp(type=o.type, key=o.key, data=o.data) for o in answer.proof_ops]
        return chain_pb2.ProvenEntry(value=answer.value, proof=proofs_pb2.ProofOps(ops=ops))

    def value(self, key: bytes) -> bytes:
        """What the newest state has under a key, unproven; b"" for nothing. Raises as `entries`."""
        answer = self._rpc.abci_query(PATH, key)
        if answer.code:
            raise _not_provable(0, answer.log)
        return answer.value


def _not_provable(version: int, found: str) -> ChainProofFailure:
    return ChainProofFailure(
        ChainProofCode.NOT_PROVABLE,
        expected=f"proofs of the state of block {version}, which the node still keeps",
        found=found,
    )
