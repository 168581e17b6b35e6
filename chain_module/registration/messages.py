"""The messages that users send: MsgRegisterNode, MsgFreshness, MsgUpdatePolicy, MsgRevokeNode.

Outlines are decoded strictly; reading checks the form, sizes before anything is parsed in depth
(gate 1). A register's execution writes nothing: its confirm, in the same block, writes the record.
The confirm itself is no user's message, and refused wherever a user sends one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final, NoReturn, TypeVar

from google.protobuf.message import Message

from chain_module import address, gas
from chain_module.errors import TxRefusal
from chain_module.message import BlockContext, Executed, MessageKind, Outline, flat
from chain_module.registration import authority, events, freshness, keeper
from chain_module.registration.confirm_tx import CONFIRM_NODE
from chain_module.registration.errors import RegistrationReason, refusal_of
from chain_module.store.types import StateReader, StateStore
from enclave.attestation.limits import MAX_COLLATERAL_BYTES, MAX_QUOTE_BYTES
from enclave.attestation.policy import Policy
from enclave.crypto.primitives import check_length
from enclave.crypto.seed_envelope import node_id
from enclave.errors import Code, Refusal
from enclave.registration.freshness import NONCE_BYTES
from enclave.registration.gates import check_form
from enclave.registration.policy_codec import MAX_POLICY_BYTES, policy_from_proto
from enclave.registration.records import NODE_ID_BYTES
from enclave.wire import encode, strict_decode
from seedpact.registration.v1 import tx_pb2 as pb

PACKAGE: Final = "/seedpact.registration.v1."
REGISTER_NODE: Final = PACKAGE + "MsgRegisterNode"
FRESHNESS: Final = PACKAGE + "MsgFreshness"
UPDATE_POLICY: Final = PACKAGE + "MsgUpdatePolicy"
REVOKE_NODE: Final = PACKAGE + "MsgRevokeNode"

M = TypeVar("M", bound=Message)

MAX_MONIKER_CHARS: Final = 70
_OTHER_FIELDS: Final = 4096
"""More than all fields of a register but quote and collateral take together."""
MAX_REGISTER_BYTES: Final = MAX_QUOTE_BYTES + MAX_COLLATERAL_BYTES + _OTHER_FIELDS


@dataclass(frozen=True, slots=True)
class MsgRegisterNode:
    """A newcomer, or a holder that renews, shows its quote. Gate 1 is passed.

    A `Claim` of `enclave.registration.gates`.
    """

    operator: bytes
    """20 bytes; the only signer."""
    exchange_key: bytes
    kem_ciphertext: bytes
    epoch: int
    anchor_height: int
    anchor_hash: bytes
    tls_key: bytes
    quote: bytes
    collateral: bytes
    """JSON, or empty to use what the chain holds."""
    moniker: str

    def node_id(self, state: StateReader) -> bytes:
        """32 bytes: of the node that registers."""
        return node_id(keeper.identity(state).network.floor.mode, self.exchange_key)

    def execute(self, state: StateStore, _context: BlockContext) -> Executed:
        """Writes nothing: the confirm in the same block writes the record."""
        return self.executed(state)

    def executed(self, state: StateReader) -> Executed:
        """What a register says that was confirmed."""
        identifier = self.node_id(state)
        response = pb.MsgRegisterNodeResponse(node_id=identifier)
        said = events.registered(identifier, self.operator)
        return Executed(encode(response), REGISTER_NODE + "Response", (said,))


@dataclass(frozen=True, slots=True)
class MsgFreshness:
    """A nonce of an enclave's present start. It may stand beside any other messages."""

    operator: bytes
    node_id: bytes
    nonce: bytes
    """32 bytes."""

    def execute(self, state: StateStore, context: BlockContext) -> Executed:
        """As `freshness.publish`."""
        said = freshness.publish(
            state, self.node_id, self.nonce, signer=self.operator, height=context.height
        )
        return Executed(encode(pb.MsgFreshnessResponse()), FRESHNESS + "Response", said)


@dataclass(frozen=True, slots=True)
class MsgUpdatePolicy:
    """The authority replaces the policy."""

    authority: bytes
    policy: Policy

    def execute(self, state: StateStore, context: BlockContext) -> Executed:
        """As `authority.update_policy`."""
        height, said = authority.update_policy(
            state, self.policy, signer=self.authority, height=context.height
        )
        response = pb.MsgUpdatePolicyResponse(effective_height=height)
        return Executed(encode(response), UPDATE_POLICY + "Response", said)


@dataclass(frozen=True, slots=True)
class MsgRevokeNode:
    """Ends a node for ever."""

    signer: bytes
    node_id: bytes

    def execute(self, state: StateStore, _context: BlockContext) -> Executed:
        """As `authority.revoke_node`."""
        said = authority.revoke_node(state, self.node_id, signer=self.signer)
        response = pb.MsgRevokeNodeResponse()
        return Executed(encode(response), REVOKE_NODE + "Response", said)


def outline_register(value: bytes) -> Outline:
    """A MsgRegisterNode; reading it is gate 1, sizes first.

    Raises:
        TxRefusal: TOO_LARGE or MALFORMED_REQUEST; when it is read, TOO_LARGE, BAD_LENGTH,
            BAD_VALUE, BAD_EXCHANGE_KEY, LOW_ORDER_KEY or BAD_TLS_KEY; INVALID_ADDRESS.
    """
    message = _strict(pb.MsgRegisterNode, value, max_bytes=MAX_REGISTER_BYTES)
    return Outline(message.operator, _register_gas, partial(_read_register, message))


def outline_freshness(value: bytes) -> Outline:
    """Raises TxRefusal for a fault of form, also when it is read."""
    message = _strict(pb.MsgFreshness, value, max_bytes=_OTHER_FIELDS)
    return Outline(message.operator, flat(gas.FRESHNESS), partial(_read_freshness, message))


def outline_update_policy(value: bytes) -> Outline:
    """Raises TxRefusal for a fault of form, also when it is read."""
    message = _strict(pb.MsgUpdatePolicy, value, max_bytes=MAX_POLICY_BYTES + _OTHER_FIELDS)
    return Outline(message.authority, flat(gas.UPDATE_POLICY), partial(_read_policy, message))


def outline_revoke(value: bytes) -> Outline:
    """Raises TxRefusal for a fault of form, also when it is read."""
    message = _strict(pb.MsgRevokeNode, value, max_bytes=_OTHER_FIELDS)
    return Outline(message.signer, flat(gas.REVOKE_NODE), partial(_read_revoke, message))


def refuse_confirm(_value: bytes) -> NoReturn:
    """A user's transaction never holds a confirm. Raises TxRefusal CONFIRM_FROM_OUTSIDE."""
    raise TxRefusal(
        RegistrationReason.CONFIRM_FROM_OUTSIDE,
        expected="a confirm that the proposer of the register's block appends",
        found="one in a transaction from outside",
    )


MESSAGES: Final = (
    MessageKind(REGISTER_NODE, outline_register),
    MessageKind(FRESHNESS, outline_freshness),
    MessageKind(UPDATE_POLICY, outline_update_policy),
    MessageKind(REVOKE_NODE, outline_revoke),
    MessageKind(CONFIRM_NODE, refuse_confirm),
)


def _read_register(message: pb.MsgRegisterNode) -> MsgRegisterNode:
    register = MsgRegisterNode(
        operator=address.from_text(message.operator),
        exchange_key=message.exchange_key,
        kem_ciphertext=message.kem_ciphertext,
        epoch=message.epoch,
        anchor_height=message.anchor_height,
        anchor_hash=message.anchor_hash,
        tls_key=message.tls_key,
        quote=message.quote,
        collateral=message.collateral,
        moniker=message.moniker,
    )
    try:
        _check_sizes(register)
        check_form(register)
    except Refusal as refusal:
        raise refusal_of(refusal) from None
    return register


def _register_gas(state: StateReader) -> int:
    """The confirm included."""
    return keeper.params(state).register_gas


def _read_freshness(message: pb.MsgFreshness) -> MsgFreshness:
    try:
        check_length("node_id", message.node_id, NODE_ID_BYTES)
        check_length("nonce", message.nonce, NONCE_BYTES)
    except Refusal as refusal:
        raise refusal_of(refusal) from None
    return MsgFreshness(address.from_text(message.operator), message.node_id, message.nonce)


def _read_policy(message: pb.MsgUpdatePolicy) -> MsgUpdatePolicy:
    """MALFORMED_POLICY for a fault of the policy's own."""
    if message.policy.ByteSize() > MAX_POLICY_BYTES:
        raise TxRefusal(
            RegistrationReason.TOO_LARGE,
            expected=f"a policy of at most {MAX_POLICY_BYTES} bytes",
            found=f"{message.policy.ByteSize()} bytes",
        )
    try:
        policy = policy_from_proto(message.policy)
    except Refusal as refusal:
        raise refusal_of(refusal) from None
    return MsgUpdatePolicy(address.from_text(message.authority), policy)


def _read_revoke(message: pb.MsgRevokeNode) -> MsgRevokeNode:
    try:
        check_length("node_id", message.node_id, NODE_ID_BYTES)
    except Refusal as refusal:
        raise refusal_of(refusal) from None
    return MsgRevokeNode(address.from_text(message.signer), message.node_id)


def _strict(kind: type[M], value: bytes, *, max_bytes: int) -> M:
    try:
        return strict_decode(kind, value, max_bytes=max_bytes)
    except Refusal as refusal:
        raise refusal_of(refusal) from None


def _check_sizes(register: MsgRegisterNode) -> None:
    for name, size, limit in (
        ("bytes of quote", len(register.quote), MAX_QUOTE_BYTES),
        ("bytes of collateral", len(register.collateral), MAX_COLLATERAL_BYTES),
        ("characters of moniker", len(register.moniker), MAX_MONIKER_CHARS),
    ):
        if size > limit:
            raise Refusal(Code.TOO_LARGE, expected=f"at most {limit} {name}", found=str(size))
