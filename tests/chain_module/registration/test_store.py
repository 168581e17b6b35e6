"""Keys, records and queries of the store "registration"."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_module.errors import TxRefusal
from chain_module.registration import keeper, keys, queries
from chain_module.registration.context import proven_context
from chain_module.registration.messages import MsgRevokeNode
from chain_module.registration.proofs import prove_registration
from chain_module.registration.records import (
    HeldPolicy,
    Identity,
    Params,
    StoredCollateral,
    decode_collateral,
    decode_held_policy,
    decode_identity,
    decode_params,
    encode_collateral,
    encode_held_policy,
    encode_identity,
    encode_params,
)
from enclave.attestation.types import Tee
from enclave.errors import Refusal
from enclave.proven.chain import prove
from enclave.registration.records import Machine, NodeStatus
from enclave.time import Time
from seedpact.registration.v1 import query_pb2 as pb
from tests.support.enclaves import CODE, inputs, policy
from tests.support.registration_chain import (
    AUTHORITY,
    RegistrationChain,
    open_genesis,
    params,
    reason_of,
)

SPECIFICATION: Final = Path(__file__).parents[3] / "docs" / "spec" / "protocol.md"
ALICE: Final = bytes([1]) * 20
BOB: Final = bytes([2]) * 20
TIMES: Final = st.builds(
    Time,
    st.integers(min_value=0, max_value=2**62),
    st.integers(min_value=0, max_value=10**9 - 1),
)
IDS: Final = st.binary(min_size=32, max_size=32)


# Keys.


def test_the_specification_has_the_table_of_keys() -> None:
    section = SPECIFICATION.read_text().partition("\n## 14. ")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `([a-z_]+)(?:/[^`]*)?` \|", section, re.MULTILINE)
    ours = [
        value.decode().rstrip("/")
        for name, value in vars(keys).items()
        if name.isupper() and isinstance(value, bytes)
    ]
    assert sorted(listed) == sorted(ours)


@given(one=TIMES, other=TIMES, node=IDS)
def test_the_order_of_expiry_is_that_of_time(one: Time, other: Time, node: bytes) -> None:
    if one < other:
        assert keys.expiry(one, node) < keys.expiry_bound(other)
    assert keys.expiry(one, node) >= keys.expiry_bound(one)
    assert keys.expiring_node(keys.expiry(one, node)) == node


@given(
    one=st.integers(min_value=0, max_value=2**64 - 1),
    other=st.integers(min_value=0, max_value=2**64 - 1),
)
def test_the_order_of_heights_and_epochs_is_that_of_numbers(one: int, other: int) -> None:
    assert (one < other) == (keys.anchor(one) < keys.anchor(other))
    assert (one < other) == (keys.network(one) < keys.network(other))


def test_no_key_begins_another() -> None:
    node, operator = bytes(32), bytes(20)
    made = [
        keys.IDENTITY,
        keys.BOOTSTRAP,
        keys.PARAMS,
        keys.POLICY,
        keys.HELD_POLICY,
        keys.network(0),
        keys.node(node),
        keys.machine(node),
        keys.collateral(bytes(6), Tee.SGX),
        keys.anchor(1),
        keys.attestation_id(node),
        keys.anchor_of(node),
        keys.expiry(Time(1, 0), node),
        keys.live(node, node),
        keys.operator(operator),
        keys.freshness(node),
    ]
    for one in made:
        assert not [other for other in made if other is not one and other.startswith(one)]
    assert keys.live_node(keys.live(node, b"\1" * 32)) == b"\1" * 32


# Records.


def test_records_are_what_was_written() -> None:
    identity = Identity(bytes(32), inputs(), Time(1, 2), CODE)
    assert decode_identity(encode_identity(identity)) == identity
    held = HeldPolicy(policy(), 9)
    assert decode_held_policy(encode_held_policy(held)) == held
    for collateral in (b"{}", bytes(65_536)):
        stored = StoredCollateral(bytes(6), Tee.TDX, collateral, 17)
        assert decode_collateral(encode_collateral(stored)) == stored
    for authority in (b"", AUTHORITY):
        plain = params(authority=authority)
        assert decode_params(encode_params(plain)) == plain


@pytest.mark.parametrize(
    ("decode", "data"),
    [
        (decode_identity, b""),
        (decode_collateral, b""),
        (decode_params, b""),
        (decode_identity, b"\xff"),
        (decode_held_policy, b"\x78\x01"),
        (decode_collateral, encode_collateral(StoredCollateral(bytes(6), Tee.SGX, b"", 1))[:-1]),
        (decode_collateral, encode_collateral(StoredCollateral(bytes(5), Tee.SGX, b"", 1))),
        (
            decode_collateral,
            encode_collateral(StoredCollateral(bytes(6), Tee.SGX, bytes(65_537), 1)),
        ),
    ],
)
def test_a_damaged_record_is_refused(decode: Any, data: bytes) -> None:
    with pytest.raises(Refusal):
        decode(data)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("max_registers_per_block", 1, 100),
        ("register_gas", 1, 2**62),
        ("registration_period_secs", 1, 2**40),
        ("anchor_window_blocks", 1, 2**32),
        ("operator_interval_blocks", 0, 2**32),
    ],
)
def test_parameters_have_bounds(name: str, low: int, high: int) -> None:
    for value in (low, high):
        fine = read_back(**{name: value})
        assert getattr(fine, name) == value
    for value in (low - 1, high + 1):
        if value >= 0:
            with pytest.raises(Refusal):
                read_back(**{name: value})


def read_back(**changes: int) -> Params:
    return decode_params(encode_params(params(**changes)))


def test_without_a_genesis_there_is_nothing_to_read() -> None:
    chain = RegistrationChain()
    chain.block.store(keys.STORE).delete(keys.PARAMS)
    with pytest.raises(LookupError):
        keeper.params(chain.block)


# Contexts.


def test_what_an_enclave_is_shown_is_what_the_chain_has() -> None:
    machine = Machine(bytes([9]) * 32, "a rack", 1)
    chain = RegistrationChain(open_genesis(machines=[machine]))
    chain.commit_until(9)
    shown = chain.shown(chain.founder, anchors=[5, 6, 6, 99], machines=[machine.platform_id] * 2)
    header, node_id = chain.headers.header(8), chain.founder.info().node_id
    found = prove(shown, header=header, node_id=node_id)
    assert (found.height, found.gate_time, found.epoch) == (9, chain.time(8), 0)
    assert sorted(found.anchors) == [5, 6]
    assert found.machines == {machine.platform_id}
    assert found.policy == policy()
    assert found.own_record() == chain.network.registration.nodes[0]
    assert found.context(chain.network.network_id) == proven_context(
        chain.block, chain.context, anchors=[5, 6], machines=[machine.platform_id]
    )


def test_only_what_is_asked_for_is_shown() -> None:
    chain = RegistrationChain()
    chain.commit_until(9)
    shown = prove_registration(chain.state.at(7), node_id=bytes(32))
    assert (list(shown.anchors), list(shown.machines), list(shown.steps)) == ([], [], [])
    assert (shown.own_record.value, shown.freshness.value) == (b"", b"")
    assert len(shown.network_keys) == 1


def test_a_young_anchor_is_not_in_the_state_that_can_be_proven() -> None:
    chain = RegistrationChain()
    chain.commit_until(9)
    shown = chain.shown(chain.founder, anchors=[7, 8])
    header, node_id = chain.headers.header(8), chain.founder.info().node_id
    found = prove(shown, header=header, node_id=node_id)
    assert list(found.anchors) == [7]


# Queries.


@pytest.fixture(scope="module")
def chain() -> RegistrationChain:
    """Five nodes of two operators, one of them revoked, besides the founder."""
    made = RegistrationChain()
    made.commit_until(8)
    for number in range(5):
        register = made.newcomer(f"node {number}", ALICE if number % 2 else BOB)
        made.register(register)
        if number == 0:
            made.execute(MsgRevokeNode(BOB, register.node_id(made.block)))
    made.commit()
    return made


def nodes(chain: RegistrationChain, **request: Any) -> list[bytes]:
    """Ids of all pages."""
    found: list[bytes] = []
    asked = pb.QueryNodesRequest(**request)
    while True:
        page = queries.nodes(chain.state.newest, asked, height=8)
        assert page.height == 8
        assert len(page.nodes) <= (asked.limit or 100)
        found += [node.node_id for node in page.nodes]
        if not page.next_page_key:
            return found
        asked.page_key = page.next_page_key


@pytest.mark.parametrize("limit", [0, 1, 2, 5, 6, 7, 200])
def test_pages_of_every_size_hold_all_nodes_in_order(chain: RegistrationChain, limit: int) -> None:
    everything = [record.node_id for record in keeper.nodes(chain.state.newest)]
    assert nodes(chain, limit=limit) == everything == sorted(everything)
    assert len(everything) == 6


def test_nodes_by_status_and_operator(chain: RegistrationChain) -> None:
    assert len(nodes(chain, status=NodeStatus.REVOKED, limit=1)) == 1
    assert len(nodes(chain, status=NodeStatus.CONFIRMED)) == 5
    assert nodes(chain, status=NodeStatus.EXPIRED) == []
    assert len(nodes(chain, operator=ALICE, limit=1)) == 2
    assert len(nodes(chain, operator=BOB, status=NodeStatus.CONFIRMED)) == 2


def test_a_page_looks_at_so_many_records_and_no_more(
    chain: RegistrationChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MAX_SCANNED", 2)
    asked = pb.QueryNodesRequest(operator=ALICE)
    page = queries.nodes(chain.state.newest, asked, height=8)
    assert page.next_page_key
    assert len(nodes(chain, operator=ALICE)) == 2


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        ({"limit": 201}, "bad_value"),
        ({"page_key": bytes(31)}, "bad_length"),
        ({"operator": bytes(19)}, "bad_length"),
    ],
)
def test_a_page_that_nobody_can_want_is_refused(
    chain: RegistrationChain, request_: dict[str, Any], name: str
) -> None:
    assert reason_of(lambda: nodes(chain, **request_)) == name


def test_one_node(chain: RegistrationChain) -> None:
    (wanted, *_) = keeper.nodes(chain.state.newest)
    request = pb.QueryNodeRequest(node_id=wanted.node_id)
    answer = queries.node(chain.state.newest, request, height=8)
    assert (answer.node.operator, answer.height) == (wanted.operator, 8)
    for node_id, name in ((bytes(32), "no_such_node"), (bytes(31), "bad_length")):
        with pytest.raises(TxRefusal) as caught:
            queries.node(chain.state.newest, pb.QueryNodeRequest(node_id=node_id), height=8)
        assert caught.value.reason.name == name


def test_the_networks_keys_policy_and_parameters(chain: RegistrationChain) -> None:
    state, made = chain.state.newest, chain.network.registration.network
    assert made is not None
    for request in (pb.QueryNetworkKeysRequest(), pb.QueryNetworkKeysRequest(epoch=0)):
        found = queries.network_keys(state, request, height=8)
        assert found.keys.pk_io == made.keys.pk_io
    unknown = pb.QueryNetworkKeysRequest(epoch=1)
    assert reason_of(lambda: queries.network_keys(state, unknown, height=8)) == "no_such_epoch"
    told = queries.params(state, pb.QueryParamsRequest(), height=8)
    assert told.network_id == chain.network.network_id
    assert told.params.max_registers_per_block == 8
    assert told.floor.attestation_root == chain.network.registration.floor.attestation_root
    assert queries.policy(state, pb.QueryPolicyRequest(), height=8).policy.serial == 1
