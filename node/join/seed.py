"""Step 9: the enclave opens the envelope of its own record, against proofs of the chain.

The host fetches: signed headers from the one that the recorded quote bound to one above the record,
and proofs of the record and the network's keys under it. The peer may say what it likes: what does
not verify, the enclave refuses.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeAlias

from chain_module.registration import keys
from enclave.errors import Code
from enclave.registration.records import NetworkKeys
from node.chain_client import ChainClient, HeaderFacts
from node.chain_proof import ChainProofCode, ChainProofFailure, Leading, RemoteProofs
from node.enclave_client import EnclaveClient, EnclaveRefused
from node.join.failures import JoinCode, JoinFailure
from node.join.genesis import Network
from node.join.plan import Proven
from node.light_blocks import LightBlocks, RememberedBlocks
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2

Keys: TypeAlias = NetworkKeys | types_pb2.NetworkKeys
"""Proven, or a peer's word."""

POLL_SECS: Final = 0.1
HEADER_SECS: Final = 60.0


def import_seed(
    chain: ChainClient,
    enclave: EnclaveClient,
    record: types_pb2.NodeRecord,
    *,
    say: Callable[[str], None] = lambda _text: None,
) -> Proven:
    """PENDING -> HOLDER; a HOLDER stays one.

    Raises:
        EnclaveFailure, ChainFailure, EngineRpcFailure, ChainProofFailure, JoinFailure.
    """
    say(f"waiting for the header that follows block {record.height}")
    header = header_from(chain, record.height + 1)
    say(f"proving the record of block {record.height} under header {header.height}")
    proof = import_proof(chain, enclave, record, header.height)
    try:
        enclave.import_seed(pb.ImportSeedRequest(chain=proof))
    except EnclaveRefused as refused:
        # The node's own host may have been faster.
        there = refused.code == Code.ILLEGAL_STATE
        if not there or enclave.get_info().state != pb.ENCLAVE_STATE_HOLDER:
            raise
    return Proven(header.height, len(proof.steps))


def import_proof(
    chain: ChainClient, enclave: EnclaveClient, record: types_pb2.NodeRecord, height: int
) -> chain_pb2.ChainProof:
    """What the enclave imports against: headers up to `height`, and the entries under it.

    Raises:
        ChainProofFailure, EngineRpcFailure, ChainFailure, EnclaveFailure.
    """
    proofs = RemoteProofs(chain)
    bound = proofs.value(keys.anchor_of(record.node_id))
    if len(bound) != keys.HEIGHT_BYTES:
        raise ChainProofFailure(
            ChainProofCode.NOT_PROVABLE,
            expected=f"the anchor of node {record.node_id.hex()}",
            found=bound.hex() or "none",
        )
    anchor = chain.header(int.from_bytes(bound, "big"))
    proof = _leading(chain, enclave).newcomer_steps(
        enclave.get_info(), height, anchor_height=anchor.height, anchor_hash=anchor.hash
    )
    proof.MergeFrom(proofs.entries(height, node_id=record.node_id))
    return proof


def holder_proof(
    chain: ChainClient, enclave: EnclaveClient, *, height: int, anchors: tuple[int, ...] = ()
) -> chain_pb2.ChainProof:
    """What a HOLDER is shown outside the block path: for its renewal.

    Args:
        chain: its own node.
        enclave: the HOLDER.
        height: of the proving header; a newer one that it trusts already takes its place.
        anchors: heights of headers that it shall find on the chain.

    Raises:
        ChainProofFailure, EngineRpcFailure, EnclaveFailure.
    """
    info = enclave.get_info()
    height = max(height, info.trusted_height)
    steps = _leading(chain, enclave).holder_steps(info, height)
    proof = RemoteProofs(chain).entries(height, node_id=info.node_id, anchors=anchors)
    proof.steps.extend(steps)
    return proof


def header_from(chain: ChainClient, height: int) -> HeaderFacts:
    """The newest header, once it is at least `height`. Raises ChainFailure."""
    deadline = time.monotonic() + HEADER_SECS
    while (header := chain.header()).height < height:
        if time.monotonic() >= deadline:
            raise JoinFailure(
                JoinCode.CHAIN_STALLED,
                expected=f"a block {height} within {HEADER_SECS:.0f} s",
                found=f"block {header.height}",
            )
        time.sleep(POLL_SECS)
    return header


def check_holder(enclave: EnclaveClient, network: Network, expected: Keys) -> pb.GetInfoResponse:
    """That the enclave holds the seed of the network's keys `expected`.

    Raises:
        JoinFailure: NETWORK_KEYS_MISMATCH.
    """
    info = enclave.get_info()
    held = {each.epoch: each for each in enclave.get_network_keys().keys}.get(expected.epoch)
    if held is None or (held.pk_io, held.kem_io) != (expected.pk_io, expected.kem_io):
        raise JoinFailure(
            Code.NETWORK_KEYS_MISMATCH,
            expected=f"a holder of {network.chain_id}'s pk_io {expected.pk_io.hex()}",
            found="no seed of that epoch" if held is None else f"one of {held.pk_io.hex()}",
        )
    return info


def _leading(chain: ChainClient, enclave: EnclaveClient) -> Leading:
    return Leading(RememberedBlocks(LightBlocks(chain.engine)), enclave)
