"""Real requests of every method: the start corpus of the request targets.

`REQUESTS` has one row a method of the service; a test compares it with the service's descriptor,
so that a new method cannot stay without a target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from google.protobuf.message import Message

from enclave.registration.network import NetworkInputs
from enclave.registration.network_codec import network_to_proto
from enclave.registration.policy_codec import policy_to_proto
from enclave.registration.wire import encode
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2
from tests.fuzz.situations import Scene
from tests.support.world import hardware_inputs, inputs, policy

Batch = Sequence[tuple[pb.Newcomer, bytes]]
"""Newcomers, each with its collateral."""


def get_info(_scene: Scene) -> Sequence[Message]:
    return [pb.GetInfoRequest()]


def bootstrap(scene: Scene) -> Sequence[Message]:
    networks = _networks(scene)
    return [pb.BootstrapRequest(network=network_to_proto(network)) for network in networks]


def create_node_key(scene: Scene) -> Sequence[Message]:
    return [
        pb.CreateNodeKeyRequest(
            network=network_to_proto(network), epoch=keys.epoch, kem_io=keys.kem_io, discard=discard
        )
        for network in _networks(scene)
        for keys in scene.ledger.keys
        for discard in (False, True)
    ]


def make_quote(scene: Scene) -> Sequence[Message]:
    ledger = scene.ledger
    requests = [pb.MakeQuoteRequest(bootstrap=pb.BootstrapPurpose())]
    for keys in ledger.keys:
        purpose = ledger.purpose()
        purpose.epoch, purpose.kem_io = keys.epoch, keys.kem_io
        requests.append(pb.MakeQuoteRequest(register=purpose))
    for node_id in (b"", *_node_ids(scene)):
        purpose = ledger.purpose()
        purpose.context.CopyFrom(ledger.context(node_id))
        requests.append(pb.MakeQuoteRequest(register=purpose))
    return [*requests, pb.MakeQuoteRequest(register=ledger.purpose())]


def confirm_nodes(scene: Scene) -> Sequence[Message]:
    first, second, third = scene.newcomers
    batches: tuple[Batch, ...] = ([first], [second], [first, second, third], [])
    return [_confirm(context, batch) for batch in batches for context in _contexts(scene, batch)]


def import_seed(scene: Scene) -> Sequence[Message]:
    ids = (b"", *_node_ids(scene))
    return [pb.ImportSeedRequest(context=scene.ledger.context(node_id)) for node_id in ids]


def get_network_keys(_scene: Scene) -> Sequence[Message]:
    return [pb.GetNetworkKeysRequest()]


def backup(_scene: Scene) -> Sequence[Message]:
    return [pb.BackupRequest()]


def restore(scene: Scene) -> Sequence[Message]:
    blobs = [blob for situation in scene.situations for blob in situation.blobs.values()]
    return [
        pb.RestoreRequest(backup=blob, network_id=network_id)
        for blob in blobs
        for network_id in (scene.ledger.network_id, b"")
    ]


REQUESTS: Final[Mapping[str, Callable[[Scene], Sequence[Message]]]] = {
    "GetInfo": get_info,
    "Bootstrap": bootstrap,
    "CreateNodeKey": create_node_key,
    "MakeQuote": make_quote,
    "ConfirmNodes": confirm_nodes,
    "ImportSeed": import_seed,
    "GetNetworkKeys": get_network_keys,
    "Backup": backup,
    "Restore": restore,
}
"""By the method's name in the service's descriptor."""


def _networks(scene: Scene) -> list[NetworkInputs]:
    return [scene.ledger.network, inputs("another-network-2"), hardware_inputs()]


def _node_ids(scene: Scene) -> list[bytes]:
    return sorted(scene.ledger.records)


def _contexts(scene: Scene, batch: Batch) -> list[pb.ChainContext]:
    """As the chain says for each holder; with a machine list; and frozen."""
    plain = [scene.ledger.context(node_id) for node_id in _node_ids(scene)]
    listed, frozen = pb.ChainContext(), pb.ChainContext()
    listed.CopyFrom(plain[0])
    listed.policy = encode(policy_to_proto(policy(require_machine_list=True)))
    platform_ids = [record.verdict.platform_id for record in scene.ledger.records.values()]
    listed.machines.extend(
        encode(types_pb2.Machine(platform_id=platform_id)) for platform_id in platform_ids
    )
    frozen.CopyFrom(plain[0])
    frozen.policy = encode(policy_to_proto(policy(frozen=True)))
    return [*plain, listed, frozen] if len(batch) == 1 else plain


def _confirm(context: pb.ChainContext, batch: Batch) -> pb.ConfirmNodesRequest:
    request = pb.ConfirmNodesRequest(context=context)
    for newcomer, collateral in batch:
        if collateral not in request.collaterals:
            request.collaterals.append(collateral)
        added = request.newcomers.add()
        added.CopyFrom(newcomer)
        added.collateral_index = list(request.collaterals).index(collateral)
    return request
