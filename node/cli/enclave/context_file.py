"""The context file: a pretended chain for software mode, as JSON that people can read and edit.

It has the fields of seedpact.enclave.v1.ChainContext, with every record written out, and `records`
of all nodes instead of one `own_record`: a command picks the record of the enclave that it asks.
Hardware mode takes no context without proofs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from google.protobuf.message import Message

from enclave.registration.records import (
    Anchor,
    NodeRecord,
    Time,
    anchor_to_proto,
    encode_node_record,
)
from enclave.registration.wire import encode
from node.cli.failures import malformed
from node.cli.files import read_file
from node.cli.json_files import (
    dump_object,
    message_from_json,
    message_to_json,
    parse_object,
    take_list,
)
from node.cli.values import Json
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import types_pb2

ANCHOR_DEPTH: Final = 2
"""An anchor counts from this many blocks below the proposed one on (protocol.md section 5)."""

RECORD_LIFE_SECS: Final = 30 * 86_400

_WHAT: Final = "a context file"


@dataclass(frozen=True, slots=True)
class HandChain:
    """The pretended chain at one height."""

    view: pb.ChainContext
    """Without records of nodes."""
    records: tuple[types_pb2.NodeRecord, ...]

    def context_for(self, node_id: bytes) -> pb.ChainContext:
        """What the enclave of this node is told."""
        context = pb.ChainContext()
        context.CopyFrom(self.view)
        for record in self.records:
            if record.node_id == node_id:
                context.own_record = encode(record)
        return context

    def kem_io(self) -> bytes:
        """The network's KEM key of the current epoch. Raises Failure."""
        for data in self.view.network_keys:
            keys = types_pb2.NetworkKeys.FromString(data)
            if keys.epoch == self.view.epoch:
                return keys.kem_io
        raise malformed(f"{_WHAT} with network_keys of epoch {self.view.epoch}", "none")

    def newest_anchor(self) -> types_pb2.Anchor:
        """The newest header that a quote may bind now. Raises Failure."""
        anchors = [types_pb2.Anchor.FromString(data) for data in self.view.anchors]
        fit = [a for a in anchors if a.height <= self.view.height - ANCHOR_DEPTH]
        if not fit:
            raise malformed(f"{_WHAT} with an anchor {ANCHOR_DEPTH} below its height", "none")
        return max(fit, key=lambda anchor: anchor.height)

    def with_records(self, added: list[NodeRecord]) -> HandChain:
        """The chain one block later, with these records in it; one of each node stays."""
        context = pb.ChainContext()
        context.CopyFrom(self.view)
        context.height += 1
        time = Time(context.gate_time.seconds, context.gate_time.nanos)
        context.anchors.append(
            encode(anchor_to_proto(hand_anchor(context.network_id, context.height - 2, time)))
        )
        new = {record.node_id: encode_node_record(record) for record in added}
        kept = [record for record in self.records if record.node_id not in new]
        parsed = [types_pb2.NodeRecord.FromString(data) for data in new.values()]
        return replace(self, view=context, records=(*kept, *parsed))


def hand_anchor(network_id: bytes, height: int, time: Time) -> Anchor:
    """A pretended header of a network without a chain."""
    text = f"seedpact by hand, header {height} of ".encode()
    return Anchor(height, hashlib.sha256(text + network_id).digest(), time)


_LISTS: Final[Mapping[str, type[Message]]] = {
    "network_keys": types_pb2.NetworkKeys,
    "anchors": types_pb2.Anchor,
    "machines": types_pb2.Machine,
}


def read_context(path: str) -> HandChain:
    """A context file; what it means is the enclave's to judge. Raises Failure."""
    value = parse_object(read_file(path, what=_WHAT), what=_WHAT)
    policy = message_from_json(
        value.pop("policy", None), types_pb2.Policy, what=f"{_WHAT}'s policy"
    )
    records = [
        message_from_json(entry, types_pb2.NodeRecord, what=f"{_WHAT}'s record")
        for entry in take_list(value, "records", what=_WHAT)
    ]
    lists = {name: take_list(value, name, what=_WHAT) for name in _LISTS}
    view = message_from_json(value, pb.ChainContext, what=_WHAT)
    view.policy = encode(policy)
    for name, kind in _LISTS.items():
        target = getattr(view, name)
        for entry in lists[name]:
            target.append(encode(message_from_json(entry, kind, what=f"{_WHAT}'s {name}")))
    return HandChain(view=view, records=tuple(records))


def write_context(chain: HandChain) -> bytes:
    """The file's bytes."""
    view = chain.view
    value: dict[str, Json] = {
        "network_id": view.network_id.hex(),
        "height": view.height,
        "gate_time": message_to_json(view.gate_time),
        "epoch": view.epoch,
        "policy": message_to_json(types_pb2.Policy.FromString(view.policy)),
    }
    for name, kind in _LISTS.items():
        value[name] = [message_to_json(kind.FromString(data)) for data in getattr(view, name)]
    value["records"] = [message_to_json(record) for record in chain.records]
    return dump_object(value)
