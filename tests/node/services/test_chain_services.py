"""The services over a real chain: its own modules, disk and enclaves; cosmpy and our own stubs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from cosmpy.aerial.client import LedgerClient, create_bank_send_msg
from cosmpy.aerial.client.utils import prepare_basic_transaction
from cosmpy.aerial.tx import Transaction
from cosmpy.aerial.wallet import LocalWallet
from cosmpy.crypto.address import Address
from cosmpy.crypto.keypairs import PrivateKey
from cosmpy.protos.cosmos.bank.v1beta1 import query_pb2 as bank_pb
from cosmpy.protos.cosmos.tx.v1beta1 import service_pb2 as tx_pb
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from hypothesis import given
from hypothesis import strategies as st

from chain_module.abci.requests import QueryRequest
from chain_module.registration import keeper
from node.abci import PANIC
from node.application.backend import NodeBackend
from node.engine_rpc import EngineRpc
from node.log import no_log
from node.metrics import Metrics
from node.services import AbciQueries, GrpcServer
from node.services.table import all_queries
from seedpact.registration.v1 import query_pb2, tx_pb2, types_pb2
from seedpact.registration.v1.query_pb2_grpc import QueryStub
from tests.support.chain import Chain
from tests.support.enclaves import CHAIN_ID
from tests.support.services import NOBODY, ledger_client
from tests.support.wallets import FUNDS, Account

NODES = 4
FEE = 10_000
"""useed: what `Account.send` pays."""


@dataclass(frozen=True, slots=True)
class World:
    """A chain of holders, and a server over the disk of one."""

    chain: Chain
    address: str
    ledger: LedgerClient
    stub: QueryStub
    backend: NodeBackend


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    chain = Chain(tmp_path_factory.mktemp("chain"), nodes=NODES)
    chain.blocks(3)
    for number in range(1, NODES):
        chain.join(number)
    backend = NodeBackend(chain.peers[0].storage, EngineRpc(NOBODY))
    server = GrpcServer(
        backend, all_queries(), address="127.0.0.1:0", log=no_log, metrics=Metrics()
    )
    with server, grpc.insecure_channel(server.address) as channel:
        ledger = ledger_client(server.address, chain_id=CHAIN_ID)
        yield World(chain, server.address, ledger, QueryStub(channel), backend)
    chain.close()


def wallet(account: Account) -> LocalWallet:
    """The account as cosmpy has it."""
    return LocalWallet(PrivateKey(account.key.secret), prefix="seed")


def test_cosmpy_sends_and_waits(world: World) -> None:
    """Account, simulation, block limit, signature, result: all by an unmodified client."""
    alice, bob = (world.chain.people[name] for name in ("alice", "bob"))
    tx = Transaction()
    tx.add_message(create_bank_send_msg(Address(alice.text), Address(bob.text), 1234, "useed"))
    prepare_basic_transaction(world.ledger, tx, wallet(alice), memo="hello")
    raw = tx.tx.SerializeToString()
    assert world.chain.send(raw).code == 0
    height = world.chain.height + 1
    world.chain.block()

    found = world.ledger.wait_for_query_tx(
        world.chain.peers[0].storage.txs_of(height)[0].hash.hex()
    )
    assert (found.code, found.height) == (0, height)
    assert found.gas_used <= found.gas_wanted
    assert found.events["transfer"]["recipient"] == bob.text
    assert found.timestamp == datetime.fromtimestamp(world.chain.time_ns // 10**9, tz=UTC)
    assert world.ledger.query_bank_balance(Address(bob.text)) == FUNDS + 1234
    assert world.ledger.query_account(Address(alice.text)).sequence == 1
    answer = world.ledger.txs.GetTx(tx_pb.GetTxRequest(hash=found.hash))
    assert answer.tx.body.memo == "hello"
    assert answer.tx_response.tx.type_url == "/cosmos.tx.v1beta1.Tx"


def test_what_a_simulation_finds_wrong_is_told(world: World) -> None:
    carol, dave = (world.chain.people[name] for name in ("carol", "dave"))
    tx = Transaction()
    amount = 2 * FUNDS
    tx.add_message(create_bank_send_msg(Address(carol.text), Address(dave.text), amount, "useed"))
    with pytest.raises(grpc.RpcError) as caught:
        prepare_basic_transaction(world.ledger, tx, wallet(carol))
    assert caught.value.code() is grpc.StatusCode.UNKNOWN
    details = caught.value.details() or ""
    assert details.startswith("insufficient funds: insufficient_funds: expected")
    assert details.endswith(f"found {FUNDS}useed")


def test_a_simulation_changes_nothing(world: World) -> None:
    erin, bob = (world.chain.people[name] for name in ("erin", "bob"))
    before = world.chain.state.app_hash
    for _ in range(2):
        tx = Transaction()
        tx.add_message(create_bank_send_msg(Address(erin.text), Address(bob.text), 1, "useed"))
        prepare_basic_transaction(world.ledger, tx, wallet(erin))
    assert world.chain.state.app_hash == before
    assert world.ledger.query_account(Address(erin.text)).sequence == 0


class TestRegistration:
    def test_a_register_is_simulated_at_its_flat_price(self, world: World) -> None:
        """Simulate stops after gate 2: a quote of nonsense costs what a good one costs."""
        peer = world.chain.peers[1]
        sequence = peer.operator.sequence
        good = world.chain.register_tx(peer.enclave, peer.operator)
        peer.operator.sequence = sequence

        def spoil(register: tx_pb2.MsgRegisterNode) -> None:
            register.quote = register.quote[:-64] + bytes(64)

        bad = world.chain.register_tx(peer.enclave, peer.operator, change=spoil)
        peer.operator.sequence = sequence
        costs = [
            world.ledger.txs.Simulate(tx_pb.SimulateRequest(tx_bytes=raw)).gas_info.gas_used
            for raw in (good, bad)
        ]
        assert costs[0] == costs[1]
        assert costs[0] > keeper.params(world.chain.state).register_gas
        assert world.chain.send(bad).code != 0

    def test_a_node_is_its_record(self, world: World) -> None:
        peer = world.chain.peers[2]
        node_id = peer.enclave.info().node_id
        answer = world.stub.Node(query_pb2.QueryNodeRequest(node_id=node_id))
        assert answer.height == world.chain.height
        assert answer.node.node_id == node_id
        assert answer.node.operator == peer.operator.address
        assert answer.node.status == types_pb2.NODE_STATUS_CONFIRMED

    def test_a_register_is_found_by_its_transaction(self, world: World) -> None:
        """What a client without our messages can read: the events of register and confirm."""
        peer = world.chain.peers[1]
        node_id = peer.enclave.info().node_id
        record = world.stub.Node(query_pb2.QueryNodeRequest(node_id=node_id)).node
        register = world.ledger.query_tx(record.register_tx_hash.hex())
        assert (register.code, register.height) == (0, record.height)
        assert register.events["register_node"]["node_id"] == node_id.hex()
        confirm = world.chain.peers[0].storage.txs_of(record.height)[-1]
        answer = world.ledger.txs.GetTx(tx_pb.GetTxRequest(hash=confirm.hash.hex()))
        assert answer.tx.auth_info.fee.gas_limit == 0
        (message,) = answer.tx.body.messages
        assert message.type_url == "/seedpact.registration.v1.MsgConfirmNode"
        events = world.ledger.query_tx(confirm.hash.hex()).events
        assert events["confirm_node"]["node_id"] == node_id.hex()

    def test_reflection_is_enough_to_read_a_registration(self, world: World) -> None:
        """A client that has none of our files learns the messages from the server, as grpcurl."""
        with grpc.insecure_channel(world.address) as channel:
            # A pool of its own: the process's would know our messages anyway.
            pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
            find: Any = pool.FindServiceByName
            method = find("seedpact.registration.v1.Query").methods_by_name["Nodes"]
            request = GetMessageClass(method.input_type)(limit=1)
            call: Any = channel.unary_unary(
                "/seedpact.registration.v1.Query/Nodes",
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=GetMessageClass(method.output_type).FromString,
            )
            (node,) = call(request).nodes
        first = next(iter(keeper.nodes(world.chain.state)))
        assert (node.node_id, node.operator) == (first.node_id, first.operator)
        assert node.verdict.measurement.sgx.mr_enclave

    @given(limits=st.lists(st.integers(1, 3), min_size=NODES + 1, max_size=NODES + 1))
    def test_pages_are_the_whole_list(self, world: World, limits: list[int]) -> None:
        """Whatever each page's limit is, in ascending order of node_id."""
        whole = list(keeper.nodes(world.chain.state))
        found: list[bytes] = []
        key = b""
        for limit in limits:
            page = world.stub.Nodes(query_pb2.QueryNodesRequest(page_key=key, limit=limit))
            found += [node.node_id for node in page.nodes]
            key = page.next_page_key
            if not key:
                break
        assert found == sorted(node.node_id for node in whole)
        assert len(found) == NODES

    def test_filters(self, world: World) -> None:
        operator = world.chain.peers[3].operator.address
        by_operator = world.stub.Nodes(query_pb2.QueryNodesRequest(operator=operator)).nodes
        assert [node.operator for node in by_operator] == [operator]
        for status, count in ((types_pb2.NODE_STATUS_CONFIRMED, NODES), (3, 0), (0, NODES)):
            request = query_pb2.QueryNodesRequest(status=types_pb2.NodeStatus.Name(status))
            assert len(world.stub.Nodes(request).nodes) == count

    def test_what_the_network_is(self, world: World) -> None:
        params = world.stub.Params(query_pb2.QueryParamsRequest())
        assert params.network_id == keeper.identity(world.chain.state).network_id
        keys = world.stub.NetworkKeys(query_pb2.QueryNetworkKeysRequest())
        assert keys == world.stub.NetworkKeys(query_pb2.QueryNetworkKeysRequest(epoch=0))
        assert keys.keys.pk_io == keeper.network_keys(world.chain.state)[0].pk_io
        policy = world.stub.Policy(query_pb2.QueryPolicyRequest())
        assert policy.policy.serial == keeper.newest_policy(world.chain.state).serial

    @pytest.mark.parametrize(
        ("method", "request_", "status", "text"),
        [
            ("Node", query_pb2.QueryNodeRequest(node_id=b"x" * 32), "NOT_FOUND", "no_such_node"),
            ("Node", query_pb2.QueryNodeRequest(), "INVALID_ARGUMENT", "node_id of 32 bytes"),
            ("Nodes", query_pb2.QueryNodesRequest(limit=201), "INVALID_ARGUMENT", "up to 200"),
            ("Nodes", query_pb2.QueryNodesRequest(page_key=b"x"), "INVALID_ARGUMENT", "page_key"),
            ("Nodes", query_pb2.QueryNodesRequest(operator=b"x"), "INVALID_ARGUMENT", "operator"),
            (
                "NetworkKeys",
                query_pb2.QueryNetworkKeysRequest(epoch=7),
                "NOT_FOUND",
                "a known epoch",
            ),
        ],
    )
    def test_bad_input(
        self, world: World, method: str, request_: object, status: str, text: str
    ) -> None:
        with pytest.raises(grpc.RpcError) as caught:
            getattr(world.stub, method)(request_)
        assert caught.value.code().name == status
        assert text in (caught.value.details() or "")


@given(
    path=st.sampled_from([path for path, query in all_queries().items() if query.over_abci]),
    data=st.binary(max_size=200),
    height=st.integers(-1, 30),
)
def test_no_bytes_are_a_bug(world: World, path: str, data: bytes, height: int) -> None:
    """On a real state every request has an answer that some rule foresaw."""
    request = QueryRequest(data=data, path=path, height=height, prove=False)
    answer = AbciQueries(world.backend, all_queries(), log=no_log)(request)
    assert answer.code != PANIC


def test_queries_do_not_see_half_a_block(world: World) -> None:
    """While blocks are committed, each answer is of one height: all balances sum to the supply."""
    frank, grace = (world.chain.people[name] for name in ("frank", "grace"))
    stop = threading.Event()
    wrong: list[int] = []

    def watch() -> None:
        bank = all_queries()
        while not stop.is_set():
            version = world.backend.reader()
            sums = []
            for account in (frank, grace):
                request = bank_pb.QueryBalanceRequest(address=account.text, denom="useed")
                answer = bank["/cosmos.bank.v1beta1.Query/Balance"].answer(
                    request.SerializeToString(), world.backend, height=version.number
                )
                assert answer.height == version.number
                sums.append(
                    int(bank_pb.QueryBalanceResponse.FromString(answer.value).balance.amount)
                )
            # Frank alone pays fees, always the same.
            if (2 * FUNDS - sum(sums)) % FEE:
                wrong.append(version.number)

    watchers = [threading.Thread(target=watch) for _ in range(2)]
    for watcher in watchers:
        watcher.start()
    for _ in range(15):
        assert world.chain.send(frank.send(grace.address, 777, chain_id=CHAIN_ID)).code == 0
        world.chain.block()
    stop.set()
    for watcher in watchers:
        watcher.join()
    assert wrong == []


def test_no_state_before_the_first_block(tmp_path_factory: pytest.TempPathFactory) -> None:
    chain = Chain(tmp_path_factory.mktemp("empty"), nodes=1)
    queries = AbciQueries(
        NodeBackend(chain.peers[0].storage, EngineRpc(NOBODY)), all_queries(), log=no_log
    )
    path = "/cosmos.consensus.v1.Query/Params"
    answer = queries(QueryRequest(data=b"", path=path, height=0, prove=False))
    assert (answer.code, answer.codespace) == (18, "sdk")
    assert "expected a committed block, found none yet" in answer.log
    chain.close()
