"""Proven entries from a node: ABCI queries of the store, with their proofs.

Asked at the state below one header, so that all entries of a `ChainProof` are of one version. They
are passed on as they come: the enclave verifies them.
"""

from __future__ import annotations

from collections.abc import Iterable

from chain_module.registration import keys
from chain_module.registration.proofs import chain_proof
from chain_module.store.proofs import proving_height
from enclave.errors import Refusal
from node.chain_client import ChainClient
from node.chain_proof.failures import ChainProofCode, ChainProofFailure
from seedpact.enclave.v1 import chain_pb2


class RemoteProofs:
    """Entries of the store "registration", as one node proves them."""

    def __init__(self, chain: ChainClient) -> None:
        """Asks through `chain`, which stays the caller's to close."""
        self._chain = chain

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
            ChainFailure: the node did not answer, or does not keep that state.
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
        found = self._chain.proven_entry(keys.STORE, key, height=version)
        if found.height != proving_height(version):
            raise _not_provable(version, f"a proof by header {found.height}")
        return chain_pb2.ProvenEntry(value=found.store_value, proof=found.proof_ops)

    def value(self, key: bytes) -> bytes:
        """What the newest state has under a key, unverified; b"" for nothing. May raise."""
        return self._chain.proven_entry(keys.STORE, key).store_value


def _not_provable(version: int, found: str) -> ChainProofFailure:
    return ChainProofFailure(
        ChainProofCode.NOT_PROVABLE,
        expected=f"proofs of the state of block {version}, which the node still keeps",
        found=found,
    )
