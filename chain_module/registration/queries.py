"""Queries of registration, from any state that can be read (seedpact.registration.v1.Query).

Each answer names the height of the state that was read; a store's version number is that height.
"""

from __future__ import annotations

from typing import Final

from chain_module.errors import TxRefusal
from chain_module.registration import freshness as freshness_records
from chain_module.registration import keeper, keys
from chain_module.registration.errors import RegistrationReason
from chain_module.registration.records import params_to_proto
from chain_module.store.types import StateReader, prefix_end
from enclave.registration.freshness import freshness_to_proto
from enclave.registration.network_codec import floor_to_proto
from enclave.registration.policy_codec import policy_to_proto
from enclave.registration.records import NODE_ID_BYTES, OPERATOR_BYTES, network_keys_to_proto
from seedpact.registration.v1 import query_pb2 as pb
from seedpact.registration.v1 import types_pb2

DEFAULT_PAGE: Final = 100
MAX_PAGE: Final = 200
MAX_SCANNED: Final = 10_000
"""Records that one page looks at: with a filter it may be short, and not the last."""


def node(state: StateReader, request: pb.QueryNodeRequest, *, height: int) -> pb.QueryNodeResponse:
    """One node. Raises TxRefusal BAD_LENGTH or NO_SUCH_NODE."""
    _check_length("node_id", request.node_id, NODE_ID_BYTES)
    data = state.store(keys.STORE).get(keys.node(request.node_id))
    if data is None:
        raise TxRefusal(
            RegistrationReason.NO_SUCH_NODE, expected="a node's id", found=request.node_id.hex()
        )
    return pb.QueryNodeResponse(node=types_pb2.NodeRecord.FromString(data), height=height)


def nodes(
    state: StateReader, request: pb.QueryNodesRequest, *, height: int
) -> pb.QueryNodesResponse:
    """A page of nodes, by node_id. Raises TxRefusal BAD_LENGTH or BAD_VALUE."""
    if request.page_key:
        _check_length("page_key", request.page_key, NODE_ID_BYTES)
    if request.operator:
        _check_length("operator", request.operator, OPERATOR_BYTES)
    limit = request.limit or DEFAULT_PAGE
    if limit > MAX_PAGE:
        raise TxRefusal(
            RegistrationReason.BAD_VALUE, expected=f"a limit up to {MAX_PAGE}", found=str(limit)
        )
    answer = pb.QueryNodesResponse(height=height)
    start = keys.node(request.page_key)
    entries = state.store(keys.STORE).iterate(start, prefix_end(keys.NODES))
    for scanned, (key, data) in enumerate(entries):
        if len(answer.nodes) == limit or scanned == MAX_SCANNED:
            answer.next_page_key = key[len(keys.NODES) :]
            break
        record = types_pb2.NodeRecord.FromString(data)
        if request.status in (0, record.status) and request.operator in (b"", record.operator):
            answer.nodes.append(record)
    return answer


def network_keys(
    state: StateReader, request: pb.QueryNetworkKeysRequest, *, height: int
) -> pb.QueryNetworkKeysResponse:
    """The public keys of one epoch, or of the current one. Raises TxRefusal NO_SUCH_EPOCH."""
    if request.HasField("epoch"):
        found = keeper.network_keys_of(state, request.epoch)
    else:
        found = keeper.epochs_until(state, height)[-1]
    if found is None:
        raise TxRefusal(
            RegistrationReason.NO_SUCH_EPOCH, expected="a known epoch", found=str(request.epoch)
        )
    return pb.QueryNetworkKeysResponse(keys=network_keys_to_proto(found), height=height)


def params(
    state: StateReader, _request: pb.QueryParamsRequest, *, height: int
) -> pb.QueryParamsResponse:
    """Parameters, floor and network_id."""
    identity = keeper.identity(state)
    return pb.QueryParamsResponse(
        params=params_to_proto(keeper.params(state)),
        floor=floor_to_proto(identity.network.floor),
        network_id=identity.network_id,
        height=height,
    )


def policy(
    state: StateReader, _request: pb.QueryPolicyRequest, *, height: int
) -> pb.QueryPolicyResponse:
    """The policy that was decided last, in force or about to be: the record that can be proven."""
    return pb.QueryPolicyResponse(
        policy=policy_to_proto(keeper.newest_policy(state)), height=height
    )


def freshness(
    state: StateReader, request: pb.QueryFreshnessRequest, *, height: int
) -> pb.QueryFreshnessResponse:
    """The newest nonce of a node; unset where it has none. Raises TxRefusal as `node`."""
    node(state, pb.QueryNodeRequest(node_id=request.node_id), height=height)
    found = freshness_records.newest(state, request.node_id)
    answer = pb.QueryFreshnessResponse(height=height)
    if found is not None:
        answer.freshness.CopyFrom(freshness_to_proto(found))
    return answer


def _check_length(name: str, data: bytes, size: int) -> None:
    if len(data) != size:
        raise TxRefusal(
            RegistrationReason.BAD_LENGTH,
            expected=f"{name} of {size} bytes",
            found=f"{len(data)} bytes",
        )
