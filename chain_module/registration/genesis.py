"""This module's part of app_state: read strictly, and written into the state.

The JSON is protobuf's for `GenesisState`: field names as in the .proto file, 64-bit integers as
text, bytes in base64. A field that is left out has its default; one that is not known, or in
another spelling of the same value, is refused, since network_id is over the text.

No state that has lived can begin a chain: there is one record, the bootstrap node's, and a genesis
with anything changed has another network_id, for which its quote says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from google.protobuf import json_format

from chain_module.errors import TxRefusal
from chain_module.genesis_form import BadGenesis, Json
from chain_module.registration import keeper
from chain_module.registration.kept_collateral import keep_collateral
from chain_module.registration.records import (
    MAX_NOTE_CHARS,
    Identity,
    Params,
    machine_to_proto,
    params_from_proto,
    params_to_proto,
)
from chain_module.store.types import StateStore
from enclave.attestation.collateral import Collateral
from enclave.attestation.limits import MAX_COLLATERAL_BYTES, MAX_QUOTE_BYTES
from enclave.attestation.policy import Policy
from enclave.crypto.primitives import check_exchange_key, check_tls_key
from enclave.errors import Code, Refusal
from enclave.registration.network import Floor
from enclave.registration.network_codec import floor_from_proto, floor_to_proto
from enclave.registration.policy_codec import policy_from_proto, policy_to_proto
from enclave.registration.records import (
    Machine,
    NetworkKeys,
    NodeRecord,
    NodeStatus,
    decode_machine,
    decode_network_keys,
    decode_node_record,
    encode_node_record,
    network_keys_to_proto,
)
from enclave.wire import encode
from seedpact.registration.v1 import genesis_pb2 as pb
from seedpact.registration.v1 import types_pb2

WHERE: Final = "registration"


@dataclass(frozen=True, slots=True)
class GenesisNetwork:
    """What the bootstrap enclave published about itself."""

    keys: NetworkKeys
    exchange_key: bytes
    tls_key: bytes
    quote: bytes
    collateral: bytes


@dataclass(frozen=True, slots=True)
class Genesis:
    """This module's part of app_state."""

    floor: Floor
    policy: Policy
    params: Params
    machines: tuple[Machine, ...]
    """By platform id, strictly ascending."""
    network: GenesisNetwork | None
    """None before the bootstrap."""
    nodes: tuple[NodeRecord, ...]
    """By node_id, strictly ascending."""


def read_genesis(value: Json) -> Genesis:
    """Reads the JSON. Raises BadGenesis."""
    message = _read_message(value)
    try:
        genesis = Genesis(
            floor=floor_from_proto(message.floor),
            policy=policy_from_proto(message.policy),
            params=params_from_proto(message.params),
            machines=tuple(map(_read_machine, message.machines)),
            network=_read_network(message.network) if message.HasField("network") else None,
            nodes=tuple(decode_node_record(encode(record)) for record in message.nodes),
        )
    except (Refusal, TxRefusal) as refusal:
        raise BadGenesis(WHERE, expected=refusal.expected, found=refusal.found) from None
    _check_ascending("machines", [machine.platform_id for machine in genesis.machines])
    _check_ascending("nodes", [record.node_id for record in genesis.nodes])
    return genesis


def genesis_to_json(genesis: Genesis) -> dict[str, Json]:
    """The JSON that `read_genesis` takes, with every field that has a value of its own."""
    network = genesis.network
    message = pb.GenesisState(
        floor=floor_to_proto(genesis.floor),
        policy=policy_to_proto(genesis.policy),
        params=params_to_proto(genesis.params),
        machines=[machine_to_proto(machine) for machine in genesis.machines],
        network=None if network is None else _network_to_proto(network),
        nodes=[
            types_pb2.NodeRecord.FromString(encode_node_record(record)) for record in genesis.nodes
        ],
    )
    return _to_json(message)


def import_genesis(state: StateStore, genesis: Genesis, identity: Identity) -> None:
    """Writes everything, the bootstrap's collateral for newcomers' use as well.

    What a new chain's genesis must hold is `bootstrap.check_bootstrapped`.

    Raises:
        Refusal: for a collateral that does not parse.
    """
    keeper.set_identity(state, identity)
    keeper.set_params(state, genesis.params)
    keeper.set_policy(state, genesis.policy)
    for machine in genesis.machines:
        keeper.set_machine(state, machine)
    if genesis.network is not None:
        keeper.set_network_keys(state, genesis.network.keys)
        keeper.set_bootstrap(state, encode(_network_to_proto(genesis.network)))
        keep_collateral(state, Collateral.parse(genesis.network.collateral))
    for record in genesis.nodes:
        keeper.set_node(state, record)
        if record.status is NodeStatus.CONFIRMED:
            keeper.add_live(state, record)


def _read_message(value: Json) -> pb.GenesisState:
    message = pb.GenesisState()
    try:
        # What is not known is found below, with its place.
        json_format.ParseDict(cast("dict[str, object]", value), message, ignore_unknown_fields=True)
    except (json_format.ParseError, TypeError, ValueError) as error:
        raise BadGenesis(WHERE, expected="GenesisState in JSON", found=str(error)) from None
    _check_spelling(value, _to_json(message), WHERE)
    return message


def _to_json(message: pb.GenesisState) -> dict[str, Json]:
    return cast(
        "dict[str, Json]",
        json_format.MessageToDict(
            message,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
        ),
    )


def _check_spelling(given: Json, usual: Json, where: str) -> None:
    """What is given is what we would write, but for fields that are left out."""
    if isinstance(given, dict) and isinstance(usual, dict):
        for name, value in given.items():
            if name not in usual:
                raise BadGenesis(f"{where}.{name}", expected="a known field", found="this one")
            _check_spelling(value, usual[name], f"{where}.{name}")
    elif isinstance(given, list) and isinstance(usual, list) and len(given) == len(usual):
        for index, (one, other) in enumerate(zip(given, usual, strict=True)):
            _check_spelling(one, other, f"{where}[{index}]")
    elif type(given) is not type(usual) or given != usual:
        raise BadGenesis(where, expected=f"the usual spelling, {usual!r}", found=given)


def _read_machine(message: types_pb2.Machine) -> Machine:
    machine = decode_machine(encode(message))
    if len(machine.note) > MAX_NOTE_CHARS:
        raise Refusal(
            Code.TOO_LARGE,
            expected=f"a note of at most {MAX_NOTE_CHARS} characters",
            found=str(len(machine.note)),
        )
    return machine


def _read_network(message: pb.GenesisNetwork) -> GenesisNetwork:
    check_exchange_key(message.exchange_key)
    check_tls_key(message.tls_key)
    for name, data, limit in (
        ("quote", message.quote, MAX_QUOTE_BYTES),
        ("collateral", message.collateral, MAX_COLLATERAL_BYTES),
    ):
        if not 0 < len(data) <= limit:
            raise Refusal(
                Code.BAD_LENGTH,
                expected=f"a {name} of 1 to {limit} bytes",
                found=f"{len(data)} bytes",
            )
    return GenesisNetwork(
        keys=decode_network_keys(encode(message.keys)),
        exchange_key=message.exchange_key,
        tls_key=message.tls_key,
        quote=message.quote,
        collateral=message.collateral,
    )


def _network_to_proto(network: GenesisNetwork) -> pb.GenesisNetwork:
    return pb.GenesisNetwork(
        keys=network_keys_to_proto(network.keys),
        exchange_key=network.exchange_key,
        tls_key=network.tls_key,
        quote=network.quote,
        collateral=network.collateral,
    )


def _check_ascending(name: str, found: list[bytes]) -> None:
    if found != sorted(set(found)):
        raise BadGenesis(
            f"{WHERE}.{name}", expected="strictly ascending ids", found="repeated or out of order"
        )
