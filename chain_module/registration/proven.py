"""Queries of registration with their proofs, from a committed version of the state.

The answers are those of `queries`. Where a request says `prove`, each record in the answer gets the
proof of what the store has at its key; a record that is not there is then an answer, too, with the
proof of its absence. A proof says nothing of a list being whole, and nothing of newer heights.
"""

from __future__ import annotations

from chain_module.errors import Reasons, TxRefusal
from chain_module.registration import keys, queries
from chain_module.registration.errors import RegistrationReason
from chain_module.store.proofs import prove, proving_height
from chain_module.store.version import Version
from seedpact.registration.v1 import query_pb2 as pb


def node(version: Version, request: pb.QueryNodeRequest) -> pb.QueryNodeResponse:
    """One node. Raises TxRefusal as `queries.node`; with `prove` not NO_SUCH_NODE."""
    answer = pb.QueryNodeResponse(height=version.number)
    try:
        answer = queries.node(version, request, height=version.number)
    except TxRefusal as refusal:
        _allow_absence(refusal, RegistrationReason.NO_SUCH_NODE, prove=request.prove)
    if request.prove:
        answer.proof.CopyFrom(proof_of(version, keys.node(request.node_id)))
    return answer


def nodes(version: Version, request: pb.QueryNodesRequest) -> pb.QueryNodesResponse:
    """A page of nodes. Raises TxRefusal as `queries.nodes`."""
    answer = queries.nodes(version, request, height=version.number)
    if request.prove:
        answer.proofs.extend(proof_of(version, keys.node(each.node_id)) for each in answer.nodes)
    return answer


def network_keys(
    version: Version, request: pb.QueryNetworkKeysRequest
) -> pb.QueryNetworkKeysResponse:
    """Public keys of one epoch, or of the current one: the last before an epoch that has not begun.

    Raises:
        TxRefusal: as `queries.network_keys`; with `prove` not NO_SUCH_EPOCH.
    """
    answer = pb.QueryNetworkKeysResponse(height=version.number)
    try:
        answer = queries.network_keys(version, request, height=version.number)
    except TxRefusal as refusal:
        _allow_absence(refusal, RegistrationReason.NO_SUCH_EPOCH, prove=request.prove)
    if request.prove:
        named = request.HasField("epoch")
        epoch = request.epoch if named else answer.keys.epoch
        answer.proof.CopyFrom(proof_of(version, keys.network(epoch)))
        if not named:
            answer.next_epoch.CopyFrom(proof_of(version, keys.network(epoch + 1)))
    return answer


def params(version: Version, request: pb.QueryParamsRequest) -> pb.QueryParamsResponse:
    """Parameters, floor and network_id: two records."""
    answer = queries.params(version, request, height=version.number)
    if request.prove:
        answer.proof.CopyFrom(proof_of(version, keys.PARAMS))
        answer.identity_proof.CopyFrom(proof_of(version, keys.IDENTITY))
    return answer


def policy(version: Version, request: pb.QueryPolicyRequest) -> pb.QueryPolicyResponse:
    """The policy that was decided last."""
    answer = queries.policy(version, request, height=version.number)
    if request.prove:
        answer.proof.CopyFrom(proof_of(version, keys.POLICY))
    return answer


def freshness(version: Version, request: pb.QueryFreshnessRequest) -> pb.QueryFreshnessResponse:
    """The newest nonce of a node. Raises TxRefusal as `node`."""
    answer = pb.QueryFreshnessResponse(height=version.number)
    try:
        answer = queries.freshness(version, request, height=version.number)
    except TxRefusal as refusal:
        _allow_absence(refusal, RegistrationReason.NO_SUCH_NODE, prove=request.prove)
    if request.prove:
        answer.proof.CopyFrom(proof_of(version, keys.freshness(request.node_id)))
    return answer


def proof_of(version: Version, key: bytes) -> pb.Proof:
    """What the registration store of a version has at a key, proven."""
    found = prove(version, keys.STORE, key)
    return pb.Proof(
        store=keys.STORE,
        store_key=key,
        store_value=found.value,
        proof_ops=found.ops,
        height=proving_height(version.number),
    )


def _allow_absence(refusal: TxRefusal, reason: Reasons, *, prove: bool) -> None:
    if not prove or refusal.reason is not reason.reason:
        raise refusal
