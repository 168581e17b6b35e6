"""Step 9: the enclave opens the envelope of its own record, against what the chain says.

Software mode alone until headers and proofs are sent: the context is the peer's word, unproven, and
the enclave says so at each start. Hardware mode refuses it (`unproven_context`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from enclave.errors import Code
from enclave.registration.records import time_to_proto
from enclave.registration.wire import encode
from node.chain_client import ChainClient, HeaderFacts
from node.enclave_client import EnclaveClient, EnclaveRefused
from node.join.failures import JoinCode, JoinFailure
from node.join.genesis import Network
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2

POLL_SECS: Final = 0.1
HEADER_SECS: Final = 60.0


def import_seed(
    chain: ChainClient,
    enclave: EnclaveClient,
    record: types_pb2.NodeRecord,
    *,
    network_id: bytes,
    say: Callable[[str], None] = lambda _text: None,
) -> None:
    """PENDING -> HOLDER; a HOLDER stays one. Raises EnclaveFailure, ChainFailure."""
    say(f"waiting for the header that follows block {record.height}")
    header = header_from(chain, record.height + 1)
    context = unproven_context(chain, header, network_id=network_id, record=record)
    try:
        enclave.import_seed(pb.ImportSeedRequest(context=context))
    except EnclaveRefused as refused:
        # The node's own host may have been faster.
        there = refused.code == Code.ILLEGAL_STATE
        if not there or enclave.get_info().state != pb.ENCLAVE_STATE_HOLDER:
            raise


def unproven_context(
    chain: ChainClient,
    header: HeaderFacts,
    *,
    network_id: bytes,
    record: types_pb2.NodeRecord,
    anchors: tuple[types_pb2.Anchor, ...] = (),
) -> pb.ChainContext:
    """What the chain says at `header`, as an enclave in software mode takes it."""
    current = chain.network_keys()
    epochs = [chain.network_keys(epoch) for epoch in range(current.epoch)] + [current]
    return pb.ChainContext(
        network_id=network_id,
        height=header.height,
        gate_time=time_to_proto(header.time),
        epoch=current.epoch,
        policy=encode(chain.policy()),
        network_keys=[encode(keys) for keys in epochs],
        own_record=encode(record),
        anchors=[encode(anchor) for anchor in anchors],
    )


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


def check_holder(
    chain: ChainClient, enclave: EnclaveClient, network: Network
) -> pb.GetInfoResponse:
    """That the enclave holds the seed of the chain's own keys.

    Raises:
        JoinFailure: NETWORK_KEYS_MISMATCH.
    """
    info = enclave.get_info()
    expected = chain.network_keys()
    held = {keys.epoch: keys for keys in enclave.get_network_keys().keys}.get(expected.epoch)
    if held is None or (held.pk_io, held.kem_io) != (expected.pk_io, expected.kem_io):
        raise JoinFailure(
            Code.NETWORK_KEYS_MISMATCH,
            expected=f"a holder of {network.chain_id}'s pk_io {expected.pk_io.hex()}",
            found="no seed of that epoch" if held is None else f"one of {held.pk_io.hex()}",
        )
    return info
