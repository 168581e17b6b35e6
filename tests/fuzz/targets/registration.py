"""Registration on the chain: any register, any confirm, any genesis is judged or refused.

- A register raises nothing but TxRefusal at any gate, and what passes the chain's gates gets its
  envelope from an enclave, whatever its bytes.
- Bytes are a confirm only if they are the one encoding of what they say.
- A genesis is refused as BadGenesis, or makes one network, whatever the spelling of its JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final

from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import AuthInfo, TxBody, TxRaw
from google.protobuf.any_pb2 import Any as ProtoAny
from google.protobuf.message import DecodeError, Message

from chain_module import address
from chain_module.errors import TxRefusal
from chain_module.genesis_document import parse_genesis_document
from chain_module.genesis_form import BadGenesis
from chain_module.registration.confirm_tx import (
    MAX_CONFIRM_BYTES,
    MsgConfirmNode,
    decode_confirm,
    encode_confirm,
    is_confirm,
)
from chain_module.registration.genesis import genesis_to_json, read_genesis
from chain_module.registration.messages import (
    MAX_REGISTER_BYTES,
    MsgRegisterNode,
    outline_register,
)
from enclave.registration.records import verdict_from_proto
from seedpact.registration.v1 import tx_pb2
from tests.chain_module.registration.test_genesis import places
from tests.chain_module.test_genesis_document import document
from tests.fuzz.evidence import mutate_collateral
from tests.fuzz.messages import Mutator, values_of
from tests.fuzz.target import Mutation, require
from tests.support.enclaves import Node
from tests.support.registration_chain import RegistrationChain, bootstrap, open_genesis

OPERATORS: Final = [bytes([number]) * 20 for number in (1, 2)]
MAX_GENESIS_BYTES: Final = 128 * 1024
_INSIDE_COLLATERAL: Final = 0.3
"""Share of mutations inside a register's collateral."""
_INSIDE_TEXT: Final = 0.7
"""Share of changes of a text or a number that keep its type."""
_ODD: Final[tuple[object, ...]] = (None, True, 0, -1, 1.5, 2**64, "", "1", "AA==", [], {}, [[]])
_PARTS: Final[Mapping[str, type[Message]]] = {"body_bytes": TxBody, "auth_info_bytes": AuthInfo}


class RegisterTarget:
    """All gates of the chain, and an enclave for what passes them."""

    max_bytes: Final = MAX_REGISTER_BYTES + 64

    def __init__(self) -> None:
        self._chain = RegistrationChain()
        self._chain.commit_until(8)
        self._registers = [
            encoded(self._chain.newcomer(f"node {number}", operator))
            for number, operator in enumerate(OPERATORS)
        ]
        messages = map(tx_pb2.MsgRegisterNode.FromString, self._registers)
        self._mutator = Mutator(tx_pb2.MsgRegisterNode, _nothing, values_of(messages, _nothing))

    def seeds(self) -> Iterable[bytes]:
        """Two good newcomers."""
        return self._registers

    def check(self, data: bytes) -> None:
        """See the module."""
        try:
            register = outline_register(data).read()
            assert isinstance(register, MsgRegisterNode)
            self._chain.check(register)
        except TxRefusal:
            require(holds=data not in self._registers, rule="a good newcomer passes")
            return
        answer = self._chain.ask(register)
        require(
            holds=bool(answer.envelope) and not answer.HasField("refusal"),
            rule="what passes the chain's gates passes the enclave's",
        )

    def mutate(self, data: bytes, mutation: Mutation) -> bytes:
        """A field, or inside the collateral."""
        try:
            message = tx_pb2.MsgRegisterNode.FromString(data)
        except (DecodeError, UnicodeDecodeError):
            return mutation.of(data)
        if mutation.rng.random() >= _INSIDE_COLLATERAL:
            return self._mutator.mutate(data, mutation)
        message.collateral = mutate_collateral(message.collateral, mutation)
        return message.SerializeToString(deterministic=True)


class ConfirmTarget:
    """The recogniser of confirms."""

    max_bytes: Final = MAX_CONFIRM_BYTES + 64

    def __init__(self) -> None:
        chain = RegistrationChain()
        chain.commit_until(8)
        self._confirms = [confirm_of(chain, number) for number in range(2)]
        self._mutator = Mutator(
            TxRaw, _nested, values_of(map(TxRaw.FromString, self._confirms), _nested)
        )

    def seeds(self) -> Iterable[bytes]:
        """As a proposer appends them."""
        return self._confirms

    def check(self, data: bytes) -> None:
        """See the module."""
        recognised = is_confirm(data)
        require(holds=recognised or data not in self._confirms, rule="a confirm is recognised")
        try:
            message = decode_confirm(data)
        except TxRefusal:
            require(holds=not recognised, rule="what is recognised decodes")
            return
        require(holds=recognised, rule="what decodes is recognised")
        require(holds=encode_confirm(message) == data, rule="one confirm, one encoding")

    def mutate(self, data: bytes, mutation: Mutation) -> bytes:
        """Inside a field, of any part."""
        return self._mutator.mutate(data, mutation)


class GenesisTarget:
    """CometBFT's genesis file, with this module's part before and after the bootstrap."""

    max_bytes: Final = MAX_GENESIS_BYTES

    def __init__(self) -> None:
        network = bootstrap(Node("founder"), open_genesis())
        part = genesis_to_json(network.registration)
        full = document(lambda made: made.update(app_state={"registration": part}))
        self._documents = [document(), full]

    def seeds(self) -> Iterable[bytes]:
        """A draft, and one that is bootstrapped."""
        return self._documents

    def check(self, data: bytes) -> None:
        """See the module."""
        try:
            found = parse_genesis_document(data)
        except BadGenesis:
            require(holds=data not in self._documents, rule="a good genesis is read")
            return
        respelt = json.dumps(json.loads(data), ensure_ascii=False, sort_keys=True).encode()
        require(
            holds=parse_genesis_document(respelt).network_id == found.network_id,
            rule="one content, one network",
        )
        part = genesis_to_json(found.network.registration)
        require(
            holds=genesis_to_json(read_genesis(part)) == part,
            rule="what is written is what is read",
        )

    def mutate(self, data: bytes, mutation: Mutation) -> bytes:
        """One value somewhere inside."""
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return mutation.of(data)
        found = places(value)
        if not found:
            return mutation.of(data)
        container, key = mutation.rng.choice(found)
        container[key] = _changed(container[key], mutation)
        return json.dumps(value).encode("ascii")


def encoded(register: MsgRegisterNode) -> bytes:
    """The message of a transaction."""
    return tx_pb2.MsgRegisterNode(
        operator=address.to_text(register.operator),
        exchange_key=register.exchange_key,
        kem_ciphertext=register.kem_ciphertext,
        epoch=register.epoch,
        anchor_height=register.anchor_height,
        anchor_hash=register.anchor_hash,
        tls_key=register.tls_key,
        quote=register.quote,
        collateral=register.collateral,
        moniker=register.moniker,
    ).SerializeToString(deterministic=True)


def confirm_of(chain: RegistrationChain, number: int) -> bytes:
    """The confirm of a newcomer."""
    register = chain.newcomer(f"node {number}", OPERATORS[number])
    answer = chain.ask(register)
    message = MsgConfirmNode(
        node_id=answer.node_id,
        operator=register.operator,
        exchange_key=register.exchange_key,
        epoch=register.epoch,
        envelope=answer.envelope,
        register_tx_hash=bytes([number]) * 32,
        verdict=verdict_from_proto(answer.verdict),
    )
    return encode_confirm(message)


def _changed(value: object, mutation: Mutation) -> object:
    rng = mutation.rng
    if isinstance(value, str) and rng.random() < _INSIDE_TEXT:
        return mutation.of(value.encode("utf-8", "replace")).decode("utf-8", "replace")
    if isinstance(value, int) and rng.random() < _INSIDE_TEXT:
        return value + rng.choice((-1, 1, 2**31, 2**53))
    return rng.choice(_ODD)


def _nothing(_message: Message, _field: str) -> None:
    """No field of a register holds a message."""


def _nested(message: Message, field: str) -> type[Message] | None:
    if isinstance(message, ProtoAny):
        return tx_pb2.MsgConfirmNode if field == "value" else None
    return _PARTS.get(field) if isinstance(message, TxRaw) else None
