"""bootstrap, create_node_key, backup, restore, get_info, get_network_keys (sections 9 and 10)."""

from __future__ import annotations

import dataclasses

import pytest
from google.protobuf.message import Message

from enclave.attestation.quote import parse_quote
from enclave.attestation.report_data import bootstrap_report_data
from enclave.crypto.labels import Mode
from enclave.crypto.primitives import KemKey
from enclave.crypto.sealing import Role
from enclave.errors import Code
from enclave.framework.states import TRANSITIONS, Operation, State
from enclave.registration.network_codec import network_to_proto
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2
from tests.support.enclaves import (
    CHAIN_ID,
    GENESIS_TIME,
    MemoryStorage,
    Node,
    PretendHardware,
    backup,
    hardware_inputs,
    inputs,
    restore,
)
from tests.support.refusals import entries, refused_unchanged
from tests.support.world import Ledger, network

KEM_IO = KemKey(bytes(range(64))).public


class TestBootstrap:
    def test_the_quote_binds_the_networks_first_keys(self) -> None:
        made = Node("founder").bootstrap(inputs())
        assert parse_quote(made.evidence.quote).report_data == bootstrap_report_data(
            Mode.SOFTWARE,
            network_id=made.network_id,
            exchange_key=made.exchange_key,
            pk_io=made.pk_io,
            kem_io=made.kem_io,
            tls_key=made.tls_key,
        )

    def test_it_happens_once_for_ever(self) -> None:
        node = Node("founder")
        node.bootstrap(inputs())
        node.start()
        with refused_unchanged(node, Code.ALREADY_BOOTSTRAPPED):
            node.bootstrap(inputs())

    def test_a_wiped_enclave_makes_another_seed(self) -> None:
        first, second = Node("one"), Node("two")
        assert first.bootstrap(inputs()).pk_io != second.bootstrap(inputs()).pk_io

    def test_in_hardware_mode_it_works_under_intels_root_and_confirms_nothing_unproven(
        self,
    ) -> None:
        node = Node("founder", attestor=PretendHardware())
        made = node.bootstrap(hardware_inputs())
        assert made.evidence.collateral == b""
        with refused_unchanged(node, Code.UNPROVEN_CONTEXT):
            node.confirm(pb.ConfirmNodesRequest())
        purpose = Ledger().purpose()
        with refused_unchanged(node, Code.UNPROVEN_CONTEXT):
            node.make_quote(purpose)

    def test_in_hardware_mode_a_newcomer_imports_nothing_unproven(self) -> None:
        node = Node("newcomer", attestor=PretendHardware())
        node.create_node_key(hardware_inputs(), kem_io=KEM_IO)
        node.make_quote(Ledger().purpose())
        with refused_unchanged(node, Code.UNPROVEN_CONTEXT):
            node.import_seed(chain_pb2.ChainProof())


class TestCreateNodeKey:
    def test_keys_are_never_overwritten_by_accident(self) -> None:
        node = Node("newcomer")
        node.create_node_key(inputs(), kem_io=KEM_IO)
        with refused_unchanged(node, Code.KEYS_EXIST):
            node.create_node_key(inputs(), kem_io=KEM_IO)

    def test_discard_makes_everything_new(self) -> None:
        node = Node("newcomer")
        node.create_node_key(inputs(), kem_io=KEM_IO)
        node.make_quote(Ledger().purpose())
        before = entries(node)
        node.create_node_key(inputs("another-1"), kem_io=KEM_IO, discard=True)
        after = entries(node)
        assert node.enclave.state is State.KEYED
        assert set(after) == {b"network", b"node_key", b"kem/" + bytes(8)}
        assert all(after[key] != before[key] for key in after)

    def test_a_holders_keys_are_never_discarded(self) -> None:
        _, (founder,) = network("founder")
        with refused_unchanged(founder, Code.KEYS_EXIST):
            founder.create_node_key(inputs(), kem_io=KEM_IO, discard=True)

    @pytest.mark.parametrize(
        ("kem_io", "code"),
        [
            (b"", Code.KEM_SECRET_MISSING),
            (bytes(7), Code.BAD_KEM_KEY),
            (b"\xff" * 1184, Code.BAD_KEM_KEY),
        ],
    )
    def test_a_bad_kem_key_leaves_it_empty(self, kem_io: bytes, code: Code) -> None:
        node = Node("newcomer")
        with refused_unchanged(node, code):
            node.create_node_key(inputs(), kem_io=kem_io)
        assert node.enclave.state is State.EMPTY


class TestBackup:
    @pytest.mark.parametrize("state", [State.KEYED, State.PENDING, State.HOLDER])
    def test_a_restored_backup_is_the_same_node(self, state: State) -> None:
        ledger, (founder,) = network("founder")
        node = Node("newcomer")
        ledger.prepare(node)
        if state is not State.KEYED:
            ledger.register(node, founder)
        if state is State.HOLDER:
            node.import_seed(ledger.proof(node))
        blob, before = backup(node), entries(node)
        assert node.enclave.state is state
        node.storage = MemoryStorage()
        node.start()
        assert restore(node, blob, ledger.network_id).state == state.value
        assert entries(node) == before
        node.start()
        assert entries(node) == before

    def test_after_a_restore_in_pending_the_recorded_envelope_still_opens(self) -> None:
        ledger, (founder,) = network("founder")
        node = Node("newcomer")
        ledger.prepare(node)
        ledger.register(node, founder)
        newest = node.storage.load(Role.BACKUP)
        assert newest is not None
        node.storage = MemoryStorage()
        node.start()
        restore(node, newest, ledger.network_id)
        node.import_seed(ledger.proof(node))
        assert node.enclave.keys.seed(0) == founder.enclave.keys.seed(0)

    def test_the_stored_state_is_no_backup(self) -> None:
        ledger, (founder,) = network("founder")
        state = founder.storage.load(Role.STATE)
        assert state is not None
        founder.storage = MemoryStorage()
        founder.start()
        with refused_unchanged(founder, Code.SEALED_WRONG_ROLE):
            restore(founder, state, ledger.network_id)

    def test_another_networks_name_is_refused(self) -> None:
        _, (founder,) = network("founder")
        blob = backup(founder)
        founder.storage = MemoryStorage()
        founder.start()
        with refused_unchanged(founder, Code.SEALED_WRONG_NETWORK):
            restore(founder, blob, bytes(32))

    def test_restore_is_legal_in_empty_only(self) -> None:
        ledger, (founder,) = network("founder")
        with refused_unchanged(founder, Code.KEYS_EXIST):
            restore(founder, backup(founder), ledger.network_id)


class TestStates:
    """Every request in every state where the table does not have it: refused, unchanged."""

    def nodes(self) -> dict[State, Node]:
        ledger, (founder,) = network("founder")
        keyed, pending = Node("keyed"), Node("pending")
        ledger.prepare(keyed)
        ledger.prepare(pending)
        pending.make_quote(ledger.purpose())
        return {
            State.EMPTY: Node("empty"),
            State.KEYED: keyed,
            State.PENDING: pending,
            State.HOLDER: founder,
        }

    def requests(self) -> dict[Operation, tuple[str, Message]]:
        network_message = network_to_proto(inputs())
        return {
            Operation.GET_INFO: ("GetInfo", pb.GetInfoRequest()),
            Operation.BOOTSTRAP: ("Bootstrap", pb.BootstrapRequest(network=network_message)),
            Operation.CREATE_NODE_KEY: (
                "CreateNodeKey",
                pb.CreateNodeKeyRequest(network=network_message, kem_io=KEM_IO),
            ),
            Operation.MAKE_QUOTE: (
                "MakeQuote",
                pb.MakeQuoteRequest(register=Ledger().purpose()),
            ),
            Operation.CONFIRM_NODES: ("ConfirmNodes", pb.ConfirmNodesRequest()),
            Operation.IMPORT_SEED: ("ImportSeed", pb.ImportSeedRequest()),
            Operation.FOLLOW_CHAIN: ("FollowChain", chain_pb2.FollowChainRequest()),
            Operation.REPORT_FORK: ("ReportFork", chain_pb2.ReportForkRequest()),
            Operation.GET_NETWORK_KEYS: ("GetNetworkKeys", pb.GetNetworkKeysRequest()),
            Operation.BACKUP: ("Backup", pb.BackupRequest()),
            Operation.RESTORE: ("Restore", pb.RestoreRequest()),
        }

    def test_the_table_is_the_law(self) -> None:
        requests = self.requests()
        assert set(requests) == set(Operation)
        codes = {
            Operation.BOOTSTRAP: Code.ALREADY_BOOTSTRAPPED,
            Operation.CREATE_NODE_KEY: Code.KEYS_EXIST,
            Operation.RESTORE: Code.KEYS_EXIST,
        }
        refusals = 0
        for state, node in self.nodes().items():
            assert node.enclave.state is state
            for operation, (method, request) in requests.items():
                if operation in TRANSITIONS[state]:
                    continue
                with refused_unchanged(node, codes.get(operation, Code.ILLEGAL_STATE)):
                    node.call(method, request, pb.GetInfoResponse)
                refusals += 1
        assert refusals == sum(len(Operation) - len(row) for row in TRANSITIONS.values())


class TestInfo:
    def test_an_empty_enclave_says_what_it_is(self) -> None:
        info = Node("empty").info()
        assert info.state == State.EMPTY.value
        assert info.mode == types_pb2.MODE_SOFTWARE
        assert info.network_id == info.node_id == info.exchange_key == info.tls_key == b""

    def test_a_founder_trusts_the_genesis(self) -> None:
        founder = Node("founder")
        founder.bootstrap(inputs())
        info = founder.info()
        assert (info.root_height, info.root_hash) == (1, b"")
        assert info.chain_id == CHAIN_ID
        assert list(info.epochs) == [0]

    def test_network_keys_are_the_public_ones(self) -> None:
        ledger, (founder,) = network("founder")
        answer = founder.call(
            "GetNetworkKeys", pb.GetNetworkKeysRequest(), pb.GetNetworkKeysResponse
        )
        assert list(answer.keys) == ledger.keys

    def test_the_genesis_time_is_part_of_what_is_sealed(self) -> None:
        moved = dataclasses.replace(inputs(), genesis_time_unix_nanos=GENESIS_TIME * 10**9 + 1)
        assert Node("a").bootstrap(moved).network_id != Node("b").bootstrap(inputs()).network_id
