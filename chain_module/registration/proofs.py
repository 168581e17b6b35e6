"""What of the registration store an enclave is shown for a block, with its proofs.

Everything but headers: for each key that the enclave will ask about the value or its absence, all
of one version of the state, provable under the header one above it (protocol.md section 7). For
block h that is S(h-2) under header h-1. Whether the enclave believes it is the enclave's matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from chain_module.registration import keys
from chain_module.store.proofs import prove
from chain_module.store.version import Version
from enclave.proven.chain import MAX_EPOCHS
from enclave.registration.records import decode_network_keys
from seedpact.enclave.v1 import chain_pb2 as pb

BLOCKS_AHEAD: Final = 2
"""From the version to the block that it is shown for: its header, then the block above."""

Prove: TypeAlias = Callable[[bytes], pb.ProvenEntry]
"""What stands under a key of the store, or that nothing does; of one version at each call."""


def prove_registration(
    version: Version,
    *,
    node_id: bytes,
    anchors: Iterable[int] = (),
    machines: Iterable[bytes] = (),
) -> pb.ChainProof:
    """As `chain_proof`, of a version at hand.

    Args:
        version: S(h-2) for block h; for an import any that has the record.
        node_id: of the enclave that is asked.
        anchors: heights of the registers' anchors.
        machines: platform ids of the registers' machines.

    Raises:
        StoreFault: EMPTY_STORE before the first commit.
    """
    return chain_proof(
        lambda key: prove_entry(version, key),
        height=version.number + BLOCKS_AHEAD,
        node_id=node_id,
        anchors=anchors,
        machines=machines,
    )


def chain_proof(
    prove_: Prove,
    *,
    height: int,
    node_id: bytes,
    anchors: Iterable[int] = (),
    machines: Iterable[bytes] = (),
) -> pb.ChainProof:
    """Every entry that a confirm, an import or a renewal rests on; no headers.

    Args:
        prove_: gives the entries.
        height: the block that they are shown for.
        node_id: of the enclave that is asked.
        anchors: heights of the registers' anchors.
        machines: platform ids of the registers' machines.

    Raises:
        Refusal: an entry of the network's keys that is none.
    """
    epochs = [prove_(keys.network(0))]
    while len(epochs) <= MAX_EPOCHS and _has_begun(epochs[-1], height):
        epochs.append(prove_(keys.network(len(epochs))))
    return pb.ChainProof(
        policy=prove_(keys.POLICY),
        network_keys=epochs[:-1],
        next_epoch=epochs[-1],
        own_record=prove_(keys.node(node_id)),
        freshness=prove_(keys.freshness(node_id)),
        anchors=[
            pb.ProvenAnchor(height=anchor, entry=prove_(keys.anchor(anchor)))
            for anchor in sorted(set(anchors))
        ],
        machines=[
            pb.ProvenMachine(platform_id=platform_id, entry=prove_(keys.machine(platform_id)))
            for platform_id in sorted(set(machines))
        ],
    )


def prove_entry(version: Version, key: bytes) -> pb.ProvenEntry:
    """What stands under a key of the store, or that nothing does. Raises StoreFault."""
    found = prove(version, keys.STORE, key)
    return pb.ProvenEntry(value=found.value, proof=found.ops)


def _has_begun(entry: pb.ProvenEntry, height: int) -> bool:
    return bool(entry.value) and decode_network_keys(entry.value).from_height <= height
