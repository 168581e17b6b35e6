"""What users send: strict bytes, sizes first (gate 1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from chain_module import address, gas
from chain_module.errors import TxRefusal
from chain_module.message import MessageKind
from chain_module.registration.messages import (
    FRESHNESS,
    MESSAGES,
    REGISTER_NODE,
    REVOKE_NODE,
    UPDATE_POLICY,
    MsgFreshness,
    MsgRegisterNode,
    MsgRevokeNode,
    MsgUpdatePolicy,
)
from enclave.registration.policy_codec import MAX_POLICY_BYTES, policy_to_proto
from seedpact.registration.v1 import tx_pb2 as pb
from tests.support.enclaves import policy
from tests.support.registration_chain import AUTHORITY, RegistrationChain

OPERATOR: Final = bytes([1]) * 20
OPERATOR_TEXT: Final = address.to_text(OPERATOR)
KINDS: Final[dict[str, MessageKind]] = {kind.type_url: kind for kind in MESSAGES}


def register(**changes: Any) -> pb.MsgRegisterNode:
    """A register of good form, with a quote that nobody has looked into."""
    plain: dict[str, Any] = {
        "operator": address.to_text(OPERATOR),
        "exchange_key": (9).to_bytes(32, "little"),
        "kem_ciphertext": bytes(1088),
        "epoch": 0,
        "anchor_height": 5,
        "anchor_hash": bytes(32),
        # The base point of RFC 8032.
        "tls_key": bytes.fromhex("58" + "66" * 31),
        "quote": b"quote",
        "collateral": b"{}",
        "moniker": "a name",
    }
    return pb.MsgRegisterNode(**{**plain, **changes})


def refusal_of_bytes(type_url: str, value: bytes) -> str:
    with pytest.raises(TxRefusal) as caught:
        KINDS[type_url].decode(value)
    return caught.value.reason.name


def test_a_register_is_read_in_every_field() -> None:
    message = KINDS[REGISTER_NODE].decode(register().SerializeToString())
    assert isinstance(message, MsgRegisterNode)
    assert message.operator == OPERATOR
    assert message.anchor_height == 5
    assert message.quote == b"quote"
    assert message.collateral == b"{}"
    assert message.moniker == "a name"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"quote": bytes(16_385)}, "too_large"),
        ({"collateral": bytes(65_537)}, "too_large"),
        ({"moniker": "x" * 71}, "too_large"),
        ({"kem_ciphertext": bytes(1087)}, "bad_length"),
        ({"kem_ciphertext": bytes(1089)}, "bad_length"),
        ({"anchor_hash": bytes(31)}, "bad_length"),
        ({"anchor_height": 0}, "bad_value"),
        ({"anchor_height": 2**63}, "bad_value"),
        ({"exchange_key": bytes(31)}, "bad_exchange_key"),
        ({"exchange_key": bytes(32)}, "low_order_key"),
        ({"exchange_key": b"\xff" * 32}, "bad_exchange_key"),
        ({"tls_key": b"\xff" * 32}, "bad_tls_key"),
        ({"operator": "seed1nobody"}, "invalid_address"),
    ],
)
def test_gate_1_names_each_fault(changes: dict[str, Any], name: str) -> None:
    assert refusal_of_bytes(REGISTER_NODE, register(**changes).SerializeToString()) == name


@pytest.mark.parametrize(
    "changes",
    [{"quote": bytes(16_384)}, {"collateral": bytes(65_536)}, {"moniker": "ä" * 70}],
)
def test_the_limits_themselves_are_allowed(changes: dict[str, Any]) -> None:
    found = KINDS[REGISTER_NODE].decode(register(**changes).SerializeToString())
    assert isinstance(found, MsgRegisterNode)


def test_a_register_without_end_is_refused_before_it_is_parsed() -> None:
    assert refusal_of_bytes(REGISTER_NODE, b"\xff" * 100_000) == "too_large"


@pytest.mark.parametrize("type_url", [REGISTER_NODE, FRESHNESS, UPDATE_POLICY, REVOKE_NODE])
@pytest.mark.parametrize("value", [b"\xff", b"\x78\x01", b"\x0a\x01\xff"])
def test_bytes_that_are_no_message_are_refused(type_url: str, value: bytes) -> None:
    assert refusal_of_bytes(type_url, value) == "malformed_request"


def test_an_unknown_field_is_refused_in_every_message() -> None:
    for type_url, message in (
        (REGISTER_NODE, register()),
        (UPDATE_POLICY, pb.MsgUpdatePolicy(authority=address.to_text(OPERATOR))),
        (REVOKE_NODE, pb.MsgRevokeNode(signer=address.to_text(OPERATOR), node_id=bytes(32))),
        (FRESHNESS, nonce_message()),
    ):
        value = message.SerializeToString() + b"\xf8\x07\x01"
        assert refusal_of_bytes(type_url, value) == "malformed_request"


def test_a_policy_is_read_whole() -> None:
    wanted = policy(serial=2, advisories=("INTEL-SA-00615",))
    message = pb.MsgUpdatePolicy(
        authority=address.to_text(AUTHORITY), policy=policy_to_proto(wanted)
    )
    found = KINDS[UPDATE_POLICY].decode(message.SerializeToString())
    assert found == MsgUpdatePolicy(AUTHORITY, wanted)


def spoilt_policy(change: Callable[[pb.MsgUpdatePolicy], Any]) -> bytes:
    message = pb.MsgUpdatePolicy(
        authority=address.to_text(AUTHORITY), policy=policy_to_proto(policy())
    )
    change(message)
    return message.SerializeToString()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda one: one.policy.advisories.extend(["B", "A"]), "malformed_policy"),
        (lambda one: one.policy.denied_fmspcs.append(bytes(5)), "malformed_policy"),
        (lambda one: one.policy.tcb_statuses.append(9), "malformed_policy"),
        (lambda one: one.policy.measurements.add(), "bad_value"),
        (lambda one: setattr(one, "authority", ""), "invalid_address"),
        (
            lambda one: one.policy.measurements.extend([one.policy.measurements[0]] * 1000),
            "too_large",
        ),
    ],
)
def test_a_policy_of_bad_form_is_refused(
    change: Callable[[pb.MsgUpdatePolicy], Any], name: str
) -> None:
    assert refusal_of_bytes(UPDATE_POLICY, spoilt_policy(change)) == name


def test_a_policy_of_the_largest_size_is_looked_into() -> None:
    """Nothing is wrong with it then but the one entry that makes it so large."""
    for size, name in ((MAX_POLICY_BYTES, "malformed_policy"), (MAX_POLICY_BYTES + 1, "too_large")):
        message = pb.MsgUpdatePolicy(policy=policy_to_proto(policy()))
        message.policy.advisories.append("x" * MAX_POLICY_BYTES)
        less = message.policy.ByteSize() - size
        message.policy.advisories[-1] = "x" * (MAX_POLICY_BYTES - less)
        assert message.policy.ByteSize() == size
        assert refusal_of_bytes(UPDATE_POLICY, message.SerializeToString()) == name


def test_a_revocation_names_a_node() -> None:
    good = pb.MsgRevokeNode(signer=address.to_text(OPERATOR), node_id=bytes(32))
    found = KINDS[REVOKE_NODE].decode(good.SerializeToString())
    assert found == MsgRevokeNode(OPERATOR, bytes(32))
    bad = pb.MsgRevokeNode(signer=address.to_text(OPERATOR), node_id=bytes(31))
    assert refusal_of_bytes(REVOKE_NODE, bad.SerializeToString()) == "bad_length"


def nonce_message(**changes: Any) -> pb.MsgFreshness:
    plain: dict[str, Any] = {
        "operator": address.to_text(OPERATOR),
        "node_id": bytes(32),
        "nonce": b"\7" * 32,
    }
    return pb.MsgFreshness(**{**plain, **changes})


def test_a_nonce_is_of_a_node_and_of_its_operator() -> None:
    found = KINDS[FRESHNESS].decode(nonce_message().SerializeToString())
    assert found == MsgFreshness(OPERATOR, bytes(32), b"\7" * 32)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"nonce": bytes(31)}, "bad_length"),
        ({"nonce": bytes(33)}, "bad_length"),
        ({"nonce": b""}, "bad_length"),
        ({"node_id": bytes(31)}, "bad_length"),
        ({"node_id": bytes(33)}, "bad_length"),
        ({"operator": ""}, "invalid_address"),
        ({"nonce": bytes(5_000)}, "too_large"),
    ],
)
def test_a_nonce_of_bad_form_is_refused(changes: dict[str, Any], name: str) -> None:
    assert refusal_of_bytes(FRESHNESS, nonce_message(**changes).SerializeToString()) == name


def test_gas_is_flat_and_that_of_a_register_is_the_genesis_s() -> None:
    chain = RegistrationChain()
    wanted: dict[str, tuple[Any, int]] = {
        REGISTER_NODE: (register(), chain.network.registration.params.register_gas),
        FRESHNESS: (nonce_message(), gas.FRESHNESS),
        UPDATE_POLICY: (
            pb.MsgUpdatePolicy(authority=OPERATOR_TEXT, policy=policy_to_proto(policy())),
            gas.UPDATE_POLICY,
        ),
        REVOKE_NODE: (
            pb.MsgRevokeNode(signer=OPERATOR_TEXT, node_id=bytes(32)),
            gas.REVOKE_NODE,
        ),
    }
    for type_url, (message, expected) in wanted.items():
        outline = KINDS[type_url].outline(message.SerializeToString())
        assert (outline.signer, outline.gas(chain.block)) == (
            address.to_text(OPERATOR),
            expected,
        ), type_url


def test_a_register_by_itself_writes_nothing_and_says_who_it_is() -> None:
    chain = RegistrationChain()
    chain.commit_until(4)
    message = chain.newcomer("newcomer", OPERATOR)
    before = chain.block.changes()
    done = chain.execute(message)
    assert chain.block.changes() == before
    node_id = message.node_id(chain.block)
    assert pb.MsgRegisterNodeResponse.FromString(done.response).node_id == node_id
    assert done.response_type_url == REGISTER_NODE + "Response"
    (event,) = done.events
    assert event.type == "register_node"
    assert {one.key: one.value for one in event.attributes} == {
        "node_id": node_id.hex(),
        "operator": address.to_text(OPERATOR),
    }
