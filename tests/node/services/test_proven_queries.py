"""Every query of registration with its proof, over gRPC, at any height that is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import grpc
import pytest
from google.protobuf.message import Message

from chain_module.registration import keeper, keys
from enclave.merkle.proof_ops import check_absence, check_value
from node.application.backend import NodeBackend
from node.engine_rpc import EngineRpc
from node.log import no_log
from node.metrics import Metrics
from node.services import HEIGHT_HEADER, GrpcServer
from node.services.table import all_queries
from seedpact.registration.v1 import query_pb2 as pb
from seedpact.registration.v1 import types_pb2
from seedpact.registration.v1.query_pb2_grpc import QueryStub
from tests.support.chain import Chain
from tests.support.services import NOBODY

NODES: Final = 2
METHODS: Final = tuple(pb.DESCRIPTOR.services_by_name["Query"].methods)
PROOF: Final = pb.Proof.DESCRIPTOR.full_name
NOBODYS: Final = b"\xaa" * 32
"""No node's id."""


@dataclass(frozen=True, slots=True)
class World:
    """A chain, and a server over the disk of one of its nodes."""

    chain: Chain
    stub: QueryStub

    def ask(self, method: str, request: Message, *, height: int = 0) -> Any:
        """The answer of a query."""
        metadata = ((HEIGHT_HEADER, str(height)),) if height else ()
        return getattr(self.stub, method)(request, metadata=metadata)

    @property
    def node_ids(self) -> list[bytes]:
        """Of all nodes, ascending."""
        return sorted(record.node_id for record in keeper.nodes(self.chain.state))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    chain = Chain(tmp_path_factory.mktemp("chain"), nodes=NODES)
    chain.blocks(3)
    chain.join(1)
    backend = NodeBackend(chain.peers[0].storage, EngineRpc(NOBODY))
    server = GrpcServer(
        backend, all_queries(), address="127.0.0.1:0", log=no_log, metrics=Metrics()
    )
    with server, grpc.insecure_channel(server.address) as channel:
        yield World(chain, QueryStub(channel))
    chain.close()


def check(world: World, proof: pb.Proof, *, height: int) -> bytes | None:
    """What the proof shows of the state after block `height`. Raises Refusal."""
    assert (proof.store, proof.height) == (keys.STORE, height + 1)
    app_hash = world.chain.peers[0].storage.state.at(height).app_hash
    key, value = proof.store_key, proof.store_value
    if not value:
        check_absence(proof.proof_ops, app_hash=app_hash, store=proof.store, key=key)
        return None
    check_value(proof.proof_ops, app_hash=app_hash, store=proof.store, key=key, value=value)
    return value


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_query_can_be_asked_for_its_proof(method: Any) -> None:
    """A query that cannot would be the node's bare word."""
    assert "prove" in method.input_type.fields_by_name
    kinds = [field.message_type for field in method.output_type.fields]
    assert PROOF in [kind.full_name for kind in kinds if kind is not None]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_no_proof_is_made_that_nobody_asked_for(world: World, method: Any) -> None:
    request = {
        "Node": pb.QueryNodeRequest(node_id=world.node_ids[0]),
        "Freshness": pb.QueryFreshnessRequest(node_id=world.node_ids[0]),
    }.get(method.name, getattr(pb, method.input_type.name)())
    answer = world.ask(method.name, request)
    set_fields = [field.message_type for field, _ in answer.ListFields()]
    assert PROOF not in [kind.full_name for kind in set_fields if kind is not None]
    assert answer.height == world.chain.height


def test_a_node_at_every_height(world: World) -> None:
    """Absent until it joined: then too there is an answer, and its proof."""
    storage = world.chain.peers[0].storage
    seen: dict[bytes, list[bool]] = {}
    for node_id in (*world.node_ids, NOBODYS):
        for height in range(1, world.chain.height + 1):
            request = pb.QueryNodeRequest(node_id=node_id, prove=True)
            answer = world.ask("Node", request, height=height)
            assert answer.height == height
            shown = check(world, answer.proof, height=height)
            assert answer.proof.store_key == keys.node(node_id)
            assert shown == storage.state.at(height).store(keys.STORE).get(keys.node(node_id))
            assert answer.HasField("node") == (shown is not None)
            if shown is not None:
                assert answer.node == types_pb2.NodeRecord.FromString(shown)
            seen.setdefault(node_id, []).append(shown is not None)
    assert seen.pop(NOBODYS) == [False] * world.chain.height
    assert all(each[-1] for each in seen.values())
    assert any(not each[0] for each in seen.values())
    assert world.ask("Node", request).proof.height == world.chain.height + 1


def test_a_page_of_nodes(world: World) -> None:
    answer = world.ask("Nodes", pb.QueryNodesRequest(prove=True))
    assert [each.store_key for each in answer.proofs] == [keys.node(i) for i in world.node_ids]
    for node, proof in zip(answer.nodes, answer.proofs, strict=True):
        assert check(world, proof, height=answer.height) == node.SerializeToString(
            deterministic=True
        )


def test_the_current_epoch_is_the_one_after_which_there_is_none(world: World) -> None:
    answer = world.ask("NetworkKeys", pb.QueryNetworkKeysRequest(prove=True))
    shown = check(world, answer.proof, height=answer.height)
    assert shown == answer.keys.SerializeToString(deterministic=True)
    assert check(world, answer.next_epoch, height=answer.height) is None
    assert answer.next_epoch.store_key == keys.network(answer.keys.epoch + 1)


def test_a_named_epoch_there_or_not(world: World) -> None:
    there = world.ask("NetworkKeys", pb.QueryNetworkKeysRequest(epoch=0, prove=True))
    assert check(world, there.proof, height=there.height) is not None
    assert not there.HasField("next_epoch")
    absent = world.ask("NetworkKeys", pb.QueryNetworkKeysRequest(epoch=2**64 - 1, prove=True))
    assert check(world, absent.proof, height=absent.height) is None
    assert absent.proof.store_key == keys.network(2**64 - 1)
    assert not absent.HasField("keys")


def test_params_floor_and_policy(world: World) -> None:
    params = world.ask("Params", pb.QueryParamsRequest(prove=True))
    shown = check(world, params.proof, height=params.height)
    assert shown == params.params.SerializeToString(deterministic=True)
    identity = check(world, params.identity_proof, height=params.height)
    assert identity is not None
    assert params.network_id in identity
    policy = world.ask("Policy", pb.QueryPolicyRequest(prove=True))
    assert policy.proof.store_key == keys.POLICY
    assert check(world, policy.proof, height=policy.height) == policy.policy.SerializeToString(
        deterministic=True
    )


def test_a_nonce_there_or_not(world: World) -> None:
    for node_id in (*world.node_ids, NOBODYS):
        request = pb.QueryFreshnessRequest(node_id=node_id, prove=True)
        answer = world.ask("Freshness", request)
        shown = check(world, answer.proof, height=answer.height)
        assert answer.proof.store_key == keys.freshness(node_id)
        assert answer.HasField("freshness") == (shown is not None)


@pytest.mark.parametrize(
    ("method", "request_", "height", "text"),
    [
        ("Node", pb.QueryNodeRequest(node_id=NOBODYS, prove=True), 99, "a version from 0 to"),
        ("Node", pb.QueryNodeRequest(prove=True), 0, "node_id of 32 bytes"),
        ("Freshness", pb.QueryFreshnessRequest(prove=True), 0, "node_id of 32 bytes"),
        ("Nodes", pb.QueryNodesRequest(limit=201, prove=True), 0, "up to 200"),
    ],
)
def test_what_is_wrong_is_refused_with_a_proof_too(
    world: World, method: str, request_: Message, height: int, text: str
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        world.ask(method, request_, height=height)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert text in (caught.value.details() or "")
