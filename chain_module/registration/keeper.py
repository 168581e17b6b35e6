"""Typed reads and writes of the store "registration"; its keys are in `keys`.

A reader returns None where there may be nothing, and else relies on what the genesis wrote. No
rule is here: what may be written when is `lifecycle`'s and the messages' business.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Final

from chain_module.registration import keys
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
    machine_to_proto,
)
from chain_module.store.types import KvReader, KvStore, StateReader, StateStore, prefix_end
from enclave.attestation.policy import Policy
from enclave.attestation.types import Tee
from enclave.registration.policy_codec import policy_to_proto
from enclave.registration.records import (
    Anchor,
    Machine,
    NetworkKeys,
    NodeRecord,
    anchor_to_proto,
    decode_anchor,
    decode_machine,
    decode_network_keys,
    decode_node_record,
    decode_policy,
    encode_node_record,
    network_keys_to_proto,
)
from enclave.time import Time
from enclave.wire import encode

_REMEMBERED: Final = 16
"""Values that every transaction of every block reads, by their bytes: they rarely change."""
_PRESENT: Final = b"\1"
"""The value of an entry whose key says everything: a store keeps no empty values."""


def identity(state: StateReader) -> Identity:
    """What InitChain found."""
    return _decode_identity(_required(state, keys.IDENTITY))


def params(state: StateReader) -> Params:
    """The genesis's parameters."""
    return _decode_params(_required(state, keys.PARAMS))


def newest_policy(state: StateReader) -> Policy:
    """The policy that was decided last: the record that enclaves prove."""
    return _decode_policy(_required(state, keys.POLICY))


def held_policy(state: StateReader) -> HeldPolicy | None:
    """What the newest policy widens, while the chain's gates still hold it."""
    data = _reader(state).get(keys.HELD_POLICY)
    return None if data is None else decode_held_policy(data)


def policy_in_force(state: StateReader, height: int) -> Policy:
    """What the chain's gates apply to block `height`."""
    held = held_policy(state)
    return newest_policy(state) if held is None or height >= held.until_height else held.policy


def network_keys(state: StateReader) -> tuple[NetworkKeys, ...]:
    """The public keys of every epoch that was decided, ascending."""
    return tuple(_decode_network_keys(data) for _, data in _range(state, keys.NETWORK))


def network_keys_of(state: StateReader, epoch: int) -> NetworkKeys | None:
    """The public keys of one epoch."""
    data = _reader(state).get(keys.network(epoch))
    return None if data is None else _decode_network_keys(data)


def epochs_until(state: StateReader, height: int) -> tuple[NetworkKeys, ...]:
    """The public keys of the epochs up to the one that is current at `height`, ascending."""
    return tuple(entry for entry in network_keys(state) if entry.from_height <= height)


def node(state: StateReader, node_id: bytes) -> NodeRecord | None:
    """A node's record."""
    data = _reader(state).get(keys.node(node_id))
    return None if data is None else decode_node_record(data)


def nodes(state: StateReader) -> Iterator[NodeRecord]:
    """All records, by node_id."""
    return (decode_node_record(data) for _, data in _range(state, keys.NODES))


def machine(state: StateReader, platform_id: bytes) -> Machine | None:
    """A machine that may host a node."""
    data = _reader(state).get(keys.machine(platform_id))
    return None if data is None else decode_machine(data)


def machines(state: StateReader) -> Iterator[Machine]:
    """The whole list, by platform id."""
    return (decode_machine(data) for _, data in _range(state, keys.MACHINES))


def anchor(state: StateReader, height: int) -> Anchor | None:
    """A recent header."""
    data = _reader(state).get(keys.anchor(height))
    return None if data is None else decode_anchor(data)


def collateral(state: StateReader, fmspc: bytes, tee: Tee) -> StoredCollateral | None:
    """The collateral that the chain keeps for this CPU family and kind of TEE."""
    data = _reader(state).get(keys.collateral(fmspc, tee))
    return None if data is None else decode_collateral(data)


def owner_of(state: StateReader, attestation_id: bytes) -> bytes | None:
    """The node that used this evidence."""
    return _reader(state).get(keys.attestation_id(attestation_id))


def anchor_height_of(state: StateReader, node_id: bytes) -> int | None:
    """The height of the anchor of a node's newest quote. None for the bootstrap node's first."""
    return _height(_reader(state).get(keys.anchor_of(node_id)))


def last_confirm_of(state: StateReader, operator: bytes) -> int | None:
    """The height of an operator's newest confirm."""
    return _height(_reader(state).get(keys.operator(operator)))


def live_nodes_on(state: StateReader, platform_id: bytes) -> tuple[bytes, ...]:
    """Ids of the CONFIRMED nodes of a machine, ascending."""
    return tuple(keys.live_node(key) for key, _ in _range(state, keys.live_on(platform_id)))


def due(state: StateReader, gate_time: Time) -> tuple[bytes, ...]:
    """Ids of the nodes whose records expire at `gate_time` or before, in the order of expiry."""
    end = prefix_end(keys.expiry_bound(gate_time))
    return tuple(keys.expiring_node(key) for key, _ in _reader(state).iterate(keys.EXPIRY, end))


def set_identity(state: StateStore, value: Identity) -> None:
    """Once, at genesis: the store's key for ever."""
    _store(state).set(keys.IDENTITY, encode_identity(value))


def set_bootstrap(state: StateStore, data: bytes) -> None:
    """Once, at genesis."""
    _store(state).set(keys.BOOTSTRAP, data)


def set_params(state: StateStore, value: Params) -> None:
    """At genesis."""
    _store(state).set(keys.PARAMS, encode_params(value))


def set_policy(state: StateStore, value: Policy) -> None:
    """The ONE record."""
    _store(state).set(keys.POLICY, encode(policy_to_proto(value)))


def set_held_policy(state: StateStore, value: HeldPolicy | None) -> None:
    """Sets or removes it."""
    if value is None:
        _store(state).delete(keys.HELD_POLICY)
    else:
        _store(state).set(keys.HELD_POLICY, encode_held_policy(value))


def set_network_keys(state: StateStore, value: NetworkKeys) -> None:
    """Of one epoch."""
    _store(state).set(keys.network(value.epoch), encode(network_keys_to_proto(value)))


def set_node(state: StateStore, record: NodeRecord) -> None:
    """The record alone: its entries in the indexes are `lifecycle`'s."""
    _store(state).set(keys.node(record.node_id), encode_node_record(record))


def set_machine(state: StateStore, value: Machine) -> None:
    """An entry of the machine list."""
    _store(state).set(keys.machine(value.platform_id), encode(machine_to_proto(value)))


def set_anchor(state: StateStore, value: Anchor) -> None:
    """A header of this chain."""
    _store(state).set(keys.anchor(value.height), encode(anchor_to_proto(value)))


def remove_anchor(state: StateStore, height: int) -> None:
    """An anchor that is too old."""
    _store(state).delete(keys.anchor(height))


def set_collateral(state: StateStore, value: StoredCollateral) -> None:
    """For one CPU family and kind of TEE."""
    _store(state).set(keys.collateral(value.fmspc, value.tee), encode_collateral(value))


def set_owner(state: StateStore, attestation_id: bytes, node_id: bytes) -> None:
    """This evidence is used."""
    _store(state).set(keys.attestation_id(attestation_id), node_id)


def set_anchor_height_of(state: StateStore, node_id: bytes, height: int) -> None:
    """Of a node's newest quote."""
    _store(state).set(keys.anchor_of(node_id), height.to_bytes(keys.HEIGHT_BYTES, "big"))


def set_last_confirm_of(state: StateStore, operator: bytes, height: int) -> None:
    """Of an operator."""
    _store(state).set(keys.operator(operator), height.to_bytes(keys.HEIGHT_BYTES, "big"))


def add_live(state: StateStore, record: NodeRecord) -> None:
    """A CONFIRMED record enters the indexes of machines and of expiry."""
    store = _store(state)
    store.set(keys.live(record.verdict.platform_id, record.node_id), _PRESENT)
    store.set(keys.expiry(record.expires_at, record.node_id), _PRESENT)


def remove_live(state: StateStore, record: NodeRecord) -> None:
    """It leaves them."""
    store = _store(state)
    store.delete(keys.live(record.verdict.platform_id, record.node_id))
    store.delete(keys.expiry(record.expires_at, record.node_id))


@functools.lru_cache(maxsize=_REMEMBERED)
def _decode_identity(data: bytes) -> Identity:
    return decode_identity(data)


@functools.lru_cache(maxsize=_REMEMBERED)
def _decode_params(data: bytes) -> Params:
    return decode_params(data)


@functools.lru_cache(maxsize=_REMEMBERED)
def _decode_policy(data: bytes) -> Policy:
    return decode_policy(data)


@functools.lru_cache(maxsize=_REMEMBERED)
def _decode_network_keys(data: bytes) -> NetworkKeys:
    return decode_network_keys(data)


def _reader(state: StateReader) -> KvReader:
    return state.store(keys.STORE)


def _store(state: StateStore) -> KvStore:
    return state.store(keys.STORE)


def _required(state: StateReader, key: bytes) -> bytes:
    data = _reader(state).get(key)
    if data is None:
        raise LookupError(f"no {key.decode()} in a state that a genesis made")
    return data


def _range(state: StateReader, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
    return _reader(state).iterate(prefix, prefix_end(prefix))


def _height(data: bytes | None) -> int | None:
    return None if data is None else int.from_bytes(data, "big")
