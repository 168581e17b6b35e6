"""Real requests of every method: the start corpus of the request targets.

`REQUESTS` has one row a method of the service; a test compares it with the service's descriptor,
so that a new method cannot stay without a target. What rests on the chain is proven by the chain
as it goes on: every request of `real_requests` is for a later block than the one before it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from google.protobuf.message import Message

from enclave.framework.states import State
from enclave.registration.network import NetworkInputs
from enclave.registration.network_codec import network_to_proto
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from tests.fuzz.situations import Scene, scene
from tests.support.enclaves import Node, hardware_inputs, inputs, policy

Batch = Sequence[tuple[pb.Newcomer, bytes]]
"""Newcomers, each with its collateral."""


def get_info(_scene: Scene) -> Sequence[Message]:
    return [pb.GetInfoRequest(), pb.GetInfoRequest(challenge=bytes(32))]


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
    for holder in holders(scene):
        purpose = ledger.purpose()
        purpose.chain.CopyFrom(ledger.proof(holder, anchors=[purpose.anchor_height]))
        requests.append(pb.MakeQuoteRequest(register=purpose))
    return [*requests, pb.MakeQuoteRequest(register=ledger.purpose())]


def confirm_nodes(scene: Scene) -> Sequence[Message]:
    first, second, third = scene.newcomers
    batches: tuple[Batch, ...] = ([first], [second], [first, second, third], [])
    plain = [
        scene.ledger.confirm_request(holder, *batch)
        for batch in batches
        for holder in holders(scene)
    ]
    return [*plain, *_under_other_policies(scene, [first])]


def import_seed(scene: Scene) -> Sequence[Message]:
    nodes = (pending(scene), *holders(scene))
    return [pb.ImportSeedRequest(chain=scene.ledger.proof(node)) for node in nodes]


def follow_chain(scene: Scene) -> Sequence[Message]:
    """Each from where its light client is, or from its root, to the newest header."""
    ledger, requests = scene.ledger, []
    ledger.height += 2  # there is a way to go for everybody
    for node in (pending(scene), *holders(scene)):
        shown = ledger.proof(node)
        request = chain_pb2.FollowChainRequest(steps=shown.steps)
        if shown.HasField("root"):
            request.root.CopyFrom(shown.root)
            request.anchor_height = shown.root.height
            request.anchor_hash = ledger.headers.hash(shown.root.height)
        requests.append(request)
    return requests


def report_fork(scene: Scene) -> Sequence[Message]:
    """True forks, each from where an enclave's light client is, and what is none."""
    headers, requests = scene.ledger.headers, []
    for follows in follow_chain(scene):
        assert isinstance(follows, chain_pb2.FollowChainRequest)
        height = follows.steps[-1].block.signed_header.header.height
        other = headers.fork(height - 1)
        other.add(app_hash=bytes(32), time=headers.header(height).time)
        request = chain_pb2.ReportForkRequest(
            anchor_height=follows.anchor_height,
            anchor_hash=follows.anchor_hash,
            first=follows.steps,
            second=follows.steps,
        )
        if follows.HasField("root"):
            request.root.CopyFrom(follows.root)
        none = chain_pb2.ReportForkRequest()
        none.CopyFrom(request)
        request.second[-1].block.CopyFrom(other.step(None, height).block)
        requests += [request, none]
    return requests


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
    "FollowChain": follow_chain,
    "ReportFork": report_fork,
    "GetNetworkKeys": get_network_keys,
    "Backup": backup,
    "Restore": restore,
}
"""By the method's name in the service's descriptor."""


def _networks(scene: Scene) -> list[NetworkInputs]:
    return [scene.ledger.network, inputs("another-network-2"), hardware_inputs()]


@functools.cache
def real_requests(method: str) -> Sequence[Message]:
    """The real requests of a method, made once a process."""
    return tuple(REQUESTS[method](scene()))


def holders(scene: Scene) -> list[Node]:
    """The enclaves that hold the seed."""
    nodes = [situation.node for situation in scene.situations]
    return [node for node in nodes if node.enclave.state is State.HOLDER]


def pending(scene: Scene) -> Node:
    """The newcomer whose record is on the chain."""
    nodes = [situation.node for situation in scene.situations]
    (found,) = (node for node in nodes if node.enclave.state is State.PENDING)
    return found


def _under_other_policies(scene: Scene, batch: Batch) -> list[pb.ConfirmNodesRequest]:
    """With a machine list, and frozen; then the chain is as before."""
    ledger, (holder, *_) = scene.ledger, holders(scene)
    before, requests = ledger.policy, []
    ledger.machines = [record.verdict.platform_id for record in ledger.records.values()]
    for rules in (policy(require_machine_list=True), policy(frozen=True)):
        ledger.policy = rules
        requests.append(ledger.confirm_request(holder, *batch))
    ledger.policy, ledger.machines = before, []
    return requests
