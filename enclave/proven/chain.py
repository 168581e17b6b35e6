"""What signed headers and ICS-23 proofs say of the chain (protocol.md sections 7 and 8).

Every entry is of the store "registration" under the app hash of one trusted header H, and speaks
for block H + 1. Keys are computed here; values are strictly decoded after they are proven; whatever
a request gives is checked, needed or not. What is missing is `unproven_context`, where it is asked
for. How H became trusted is `headers`'s matter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from enclave.attestation.policy import Policy
from enclave.crypto.primitives import check_length
from enclave.errors import Code, Refusal
from enclave.light_client.types import Header
from enclave.merkle.proof_ops import check_absence, check_value
from enclave.registration import keys
from enclave.registration.context import ProvenContext
from enclave.registration.freshness import Freshness, decode_freshness
from enclave.registration.records import (
    PLATFORM_ID_BYTES,
    Anchor,
    NetworkKeys,
    NodeRecord,
    decode_anchor,
    decode_machine,
    decode_network_keys,
    decode_node_record,
    decode_policy,
)
from enclave.time import Time, check_height
from seedpact.enclave.v1 import chain_pb2 as pb

MAX_ANCHORS: Final = 128
MAX_MACHINES: Final = 128
MAX_EPOCHS: Final = 1024

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ProvenChain:
    """The chain under one header, as far as a request proved it. None: it proved nothing."""

    header: Header
    network_keys: tuple[NetworkKeys, ...]
    """Epochs 0 .. the current one, ascending, none missing."""
    policy: Policy | None
    record: ProvenRecord | None
    freshness: Freshness | None
    """Also None where none stands on the chain."""
    anchors: Mapping[int, Anchor]
    """By height; those that are on the chain."""
    machines: frozenset[bytes]
    """Platform ids on the machine list at `height`."""

    @property
    def height(self) -> int:
        """The block that the header speaks for: the one after it."""
        return self.header.height + 1

    @property
    def gate_time(self) -> Time:
        """The time in the header."""
        return self.header.time

    @property
    def epoch(self) -> int:
        """The current one."""
        return self.current_keys.epoch

    @property
    def current_keys(self) -> NetworkKeys:
        """The public keys of the current epoch."""
        return self.network_keys[-1]

    def own_record(self) -> NodeRecord | None:
        """The node's record, or that there is none. Raises Refusal: UNPROVEN_CONTEXT."""
        if self.record is None:
            raise _unproven("own_record")
        return self.record.value

    def context(self, network_id: bytes) -> ProvenContext:
        """What the gates take. Raises Refusal: UNPROVEN_CONTEXT without a policy."""
        if self.policy is None:
            raise _unproven("policy")
        return ProvenContext(
            network_id=network_id,
            height=self.height,
            gate_time=self.gate_time,
            epoch=self.epoch,
            policy=self.policy,
            network_keys=self.network_keys,
            anchors=self.anchors,
            machines=self.machines,
        )


@dataclass(frozen=True, slots=True)
class ProvenRecord:
    """What stands under a node's key: its record, or proven nothing."""

    value: NodeRecord | None


def prove(chain: pb.ChainProof, *, header: Header, node_id: bytes) -> ProvenChain:
    """Everything that `chain` proves under `header`.

    Args:
        chain: of the host's request; its headers are not looked at here.
        header: trusted.
        node_id: this enclave's own.

    Raises:
        Refusal: UNPROVEN_CONTEXT without the network's keys, TOO_LARGE, BAD_PROOF, STALE_EPOCH,
            BAD_VALUE, or for a fault of form in a value.
    """
    _check_counts(chain)
    under = _Under(header)
    return ProvenChain(
        header=header,
        network_keys=_every_epoch(chain, under),
        policy=_policy(chain, under),
        record=_record(chain, under, node_id),
        freshness=_freshness(chain, under, node_id),
        anchors=_anchors(chain, under),
        machines=_machines(chain, under),
    )


@dataclass(frozen=True, slots=True)
class _Under:
    """Entries of the store under one header."""

    header: Header

    @property
    def height(self) -> int:
        return self.header.height + 1

    def value(self, key: bytes, entry: pb.ProvenEntry, decode: Callable[[bytes], T]) -> T | None:
        """What stands under `key`; None where nothing does. Raises Refusal: BAD_PROOF."""
        app_hash = self.header.app_hash
        if not entry.value:
            check_absence(entry.proof, app_hash=app_hash, store=keys.STORE, key=key)
            return None
        check_value(entry.proof, app_hash=app_hash, store=keys.STORE, key=key, value=entry.value)
        return decode(entry.value)


def _every_epoch(chain: pb.ChainProof, under: _Under) -> tuple[NetworkKeys, ...]:
    """All epochs that have begun, and that no later one has: a host hides no rotation."""
    if not chain.network_keys:
        raise _unproven("network_keys")
    if not chain.HasField("next_epoch"):
        raise _unproven("next_epoch")
    found = [_epoch(under, epoch, entry) for epoch, entry in enumerate(chain.network_keys)]
    begun = tuple(entry for entry in found if entry is not None)
    if len(begun) != len(found) or begun[-1].from_height > under.height:
        raise Refusal(
            Code.STALE_EPOCH,
            expected=f"keys of epochs that have begun at block {under.height}",
            found=f"{len(found)} epochs, {len(begun)} of them on the chain",
        )
    following = _epoch(under, len(begun), chain.next_epoch)
    if following is not None and following.from_height <= under.height:
        raise Refusal(
            Code.STALE_EPOCH,
            expected=f"every epoch that has begun at block {under.height}",
            found=f"none after {begun[-1].epoch}, and {following.epoch} has begun",
        )
    return begun


def _epoch(under: _Under, epoch: int, entry: pb.ProvenEntry) -> NetworkKeys | None:
    found = under.value(keys.network(epoch), entry, decode_network_keys)
    if found is not None and found.epoch != epoch:
        raise _misplaced(f"epoch {epoch}", f"epoch {found.epoch}")
    return found


def _policy(chain: pb.ChainProof, under: _Under) -> Policy | None:
    if not chain.HasField("policy"):
        return None
    return under.value(keys.POLICY, chain.policy, decode_policy)


def _record(chain: pb.ChainProof, under: _Under, node_id: bytes) -> ProvenRecord | None:
    if not chain.HasField("own_record"):
        return None
    return ProvenRecord(under.value(keys.node(node_id), chain.own_record, decode_node_record))


def _freshness(chain: pb.ChainProof, under: _Under, node_id: bytes) -> Freshness | None:
    if not chain.HasField("freshness"):
        return None
    return under.value(keys.freshness(node_id), chain.freshness, decode_freshness)


def _anchors(chain: pb.ChainProof, under: _Under) -> Mapping[int, Anchor]:
    anchors: dict[int, Anchor] = {}
    for asked in chain.anchors:
        check_height(asked.height)
        found = under.value(keys.anchor(asked.height), asked.entry, decode_anchor)
        if found is not None and found.height != asked.height:
            raise _misplaced(f"the anchor of height {asked.height}", f"that of {found.height}")
        if found is not None:
            anchors[found.height] = found
    return anchors


def _machines(chain: pb.ChainProof, under: _Under) -> frozenset[bytes]:
    listed = []
    for asked in chain.machines:
        check_length("platform_id", asked.platform_id, PLATFORM_ID_BYTES)
        found = under.value(keys.machine(asked.platform_id), asked.entry, decode_machine)
        if found is not None and found.platform_id != asked.platform_id:
            raise _misplaced(
                f"machine {asked.platform_id.hex()}", f"machine {found.platform_id.hex()}"
            )
        if found is not None and found.from_height <= under.height:
            listed.append(found.platform_id)
    return frozenset(listed)


def _check_counts(chain: pb.ChainProof) -> None:
    for name, count, limit in (
        ("network_keys", len(chain.network_keys), MAX_EPOCHS),
        ("anchors", len(chain.anchors), MAX_ANCHORS),
        ("machines", len(chain.machines), MAX_MACHINES),
    ):
        if count > limit:
            raise Refusal(Code.TOO_LARGE, expected=f"at most {limit} {name}", found=str(count))


def _unproven(name: str) -> Refusal:
    return Refusal(
        Code.UNPROVEN_CONTEXT,
        expected=f"a proof of {name} under the chain's newest header",
        found="none: the host's word alone is never taken",
    )


def _misplaced(expected: str, found: str) -> Refusal:
    """A chain that stores one thing under another's key is not of our rules."""
    return Refusal(Code.BAD_VALUE, expected=f"{expected} under its own key", found=found)
