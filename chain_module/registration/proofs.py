"""What of the registration store an enclave is shown for a block, with its proofs.

Everything but headers: a version of the state, and for each key that the enclave will ask about the
value or its absence, provable under the header one above the version (protocol.md section 7). For
block h that is S(h-2) under header h-1. Whether the enclave believes it is the enclave's matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from chain_module.registration import keeper, keys
from chain_module.store.proofs import prove
from chain_module.store.version import Version
from seedpact.enclave.v1 import chain_pb2 as pb

BLOCKS_AHEAD: Final = 2
"""From the version to the block that it is shown for: its header, then the block above."""


def prove_registration(
    version: Version,
    *,
    node_id: bytes,
    anchors: Iterable[int] = (),
    machines: Iterable[bytes] = (),
) -> pb.ChainProof:
    """Every entry that a confirm, an import or a renewal rests on; no headers.

    Args:
        version: S(h-2) for block h; for an import any that has the record.
        node_id: of the enclave that is asked.
        anchors: heights of the registers' anchors.
        machines: platform ids of the registers' machines.

    Raises:
        StoreFault: EMPTY_STORE before the first commit.
    """
    epochs = keeper.epochs_until(version, version.number + BLOCKS_AHEAD)
    return pb.ChainProof(
        policy=prove_entry(version, keys.POLICY),
        network_keys=[prove_entry(version, keys.network(entry.epoch)) for entry in epochs],
        next_epoch=prove_entry(version, keys.network(epochs[-1].epoch + 1)),
        own_record=prove_entry(version, keys.node(node_id)),
        freshness=prove_entry(version, keys.freshness(node_id)),
        anchors=[
            pb.ProvenAnchor(height=height, entry=prove_entry(version, keys.anchor(height)))
            for height in sorted(set(anchors))
        ],
        machines=[
            pb.ProvenMachine(
                platform_id=platform_id, entry=prove_entry(version, keys.machine(platform_id))
            )
            for platform_id in sorted(set(machines))
        ],
    )


def prove_entry(version: Version, key: bytes) -> pb.ProvenEntry:
    """What stands under a key of the store, or that nothing does. Raises StoreFault."""
    found = prove(version, keys.STORE, key)
    return pb.ProvenEntry(value=found.value or b"", proof=found.ops)
