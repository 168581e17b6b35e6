"""Leads an enclave's light client along the chain, in as many requests as a path takes.

A holder starts at its newest trusted header; a newcomer at the header that its quote bound.
"""

from __future__ import annotations

from typing import Final

from enclave.errors import Code, Refusal
from enclave.proven.headers import MAX_STEPS
from node.chain_proof.failures import ChainProofCode, ChainProofFailure
from node.enclave_client import EnclaveClient, EnclaveRefused
from node.light_blocks import Blocks
from node.light_blocks.bounded import WAY_SECS
from node.light_blocks.path import Start, find_path
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb

KEEP_STEPS: Final = 1
"""A holder that has a longer way than this is led at once, outside the block path."""


class Leading:
    """The way of one enclave on one chain.

    Args:
        blocks: where light blocks come from.
        enclave: the node's own.
        secs: for the blocks of one way.
    """

    def __init__(self, blocks: Blocks, enclave: EnclaveClient, *, secs: float = WAY_SECS) -> None:
        self._blocks = blocks
        self._enclave = enclave
        self._secs = secs

    def holder_steps(self, info: pb.GetInfoResponse, to: int) -> list[chain_pb2.HeaderStep]:
        """The steps that a HOLDER needs to the header at `to`; a long way is gone at once.

        Raises:
            ChainProofFailure: BAD_PATH.
            EngineRpcFailure, EnclaveFailure.
        """
        steps = self._holder_path(info, to)
        if len(steps) <= KEEP_STEPS:
            return steps
        self._lead(chain_pb2.FollowChainRequest(), steps)
        return []

    def lead_holder(self, info: pb.GetInfoResponse, to: int) -> None:
        """Leads a HOLDER to the header at `to` at once; the block path may be there before.

        Raises:
            ChainProofFailure: BAD_PATH.
            EngineRpcFailure, EnclaveFailure.
        """
        steps = self._holder_path(info, to)
        try:
            self._lead(chain_pb2.FollowChainRequest(), steps)
        except EnclaveRefused as refused:
            if refused.code != Code.ROLLED_BACK or self._enclave.get_info().trusted_height < to:
                raise

    def newcomer_steps(
        self, info: pb.GetInfoResponse, to: int, *, anchor_height: int, anchor_hash: bytes
    ) -> chain_pb2.ChainProof:
        """Root and steps that a newcomer needs; of a long way, what its last request needs.

        Args:
            info: of the enclave.
            to: the header that shall prove its record.
            anchor_height: of the header that the recorded quote bound.
            anchor_hash: its hash, 32 bytes.

        Raises:
            ChainProofFailure: BAD_PATH.
            EngineRpcFailure, EnclaveFailure.
        """
        root = self._blocks.light_block(anchor_height).signed_header.header
        steps = self._path(Start(info.chain_id, anchor_height), to)
        if len(steps) <= MAX_STEPS:
            return chain_pb2.ChainProof(root=root, steps=steps)
        request = chain_pb2.FollowChainRequest(
            anchor_height=anchor_height, anchor_hash=anchor_hash, root=root
        )
        self._lead(request, steps)
        return chain_pb2.ChainProof()

    def _holder_path(self, info: pb.GetInfoResponse, to: int) -> list[chain_pb2.HeaderStep]:
        start = Start(info.chain_id, info.trusted_height, genesis_height=info.root_height)
        return self._path(start, to)

    def _path(self, start: Start, to: int) -> list[chain_pb2.HeaderStep]:
        try:
            return find_path(self._blocks, start, to=to, secs=self._secs)
        except Refusal as refusal:
            raise ChainProofFailure(
                ChainProofCode.BAD_PATH,
                expected=f"headers that lead from {start.trusted_height} to {to}",
                found=str(refusal),
            ) from None

    def _lead(
        self, request: chain_pb2.FollowChainRequest, steps: list[chain_pb2.HeaderStep]
    ) -> None:
        for begin in range(0, len(steps), MAX_STEPS):
            request.steps.extend(steps[begin : begin + MAX_STEPS])
            self._enclave.follow_chain(request)
            del request.steps[:]
            request.ClearField("root")
