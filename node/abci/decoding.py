"""Requests: protobuf to values. The types on the wire are those that cosmpy bundles (0.38's).

Fields that this version does not know are passed over, since a newer engine may send more. An enum
or a key that it does not know is refused: an application could not judge it.
"""

from __future__ import annotations

from typing import Any, Final

from cosmpy.protos.tendermint.abci import types_pb2 as pb
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from chain_module.abci import common
from chain_module.abci import requests as req
from chain_module.abci import responses as res
from node.abci.failures import BadFrame

NANOSECONDS: Final = 1_000_000_000
QUERY: Final = "query"

_QUERY_FIELD: Final = pb.Request.DESCRIPTOR.fields_by_name[QUERY].number
_PATH_FIELD: Final = pb.RequestQuery.DESCRIPTOR.fields_by_name["path"].number
_LENGTH_DELIMITED: Final = 2
"""The wire type of what has a length."""


def parse_request(frame: bytes) -> tuple[str, Any]:
    """The name of the call ("check_tx") and its message.

    The path of a query is anybody's: the engine's RPC takes it in hex, too, and hands on whatever
    bytes these are. One that is no UTF-8 comes with U+FFFD in their place, as JSON would have it:
    a path that nothing answers to. Refusing it here would end the engine.

    Raises:
        BadFrame: no request, or one that this version does not know.
    """
    try:
        request = pb.Request.FromString(frame)
    except DecodeError:
        path = _path_without_text(frame)
        if path is None:
            raise BadFrame("bytes that are no request") from None
        return QUERY, pb.RequestQuery(path=path.decode("utf-8", "replace"))
    name: str | None = request.WhichOneof("value")
    if name is None:
        raise BadFrame("an unknown request")
    return name, getattr(request, name)


def info(message: Any) -> req.InfoRequest:
    """RequestInfo."""
    return req.InfoRequest(
        version=message.version,
        block_version=message.block_version,
        p2p_version=message.p2p_version,
        abci_version=message.abci_version,
    )


def init_chain(message: Any) -> req.InitChainRequest:
    """RequestInitChain. Raises ValueError for a key of an unknown kind."""
    return req.InitChainRequest(
        time_ns=_nanoseconds(message.time),
        chain_id=message.chain_id,
        consensus_params=_consensus_params(message.consensus_params),
        validators=tuple(map(_validator_update, message.validators)),
        app_state=message.app_state_bytes,
        initial_height=message.initial_height,
    )


def query(message: Any) -> req.QueryRequest:
    """RequestQuery."""
    return req.QueryRequest(message.data, message.path, message.height, message.prove)


def query_of_bytes(data: bytes) -> req.QueryRequest:
    """An encoded RequestQuery."""
    return query(pb.RequestQuery.FromString(data))


def query_response(data: bytes) -> res.QueryResponse:
    """An encoded ResponseQuery: another process of this node answered."""
    message = pb.ResponseQuery.FromString(data)
    return res.QueryResponse(
        code=message.code,
        codespace=message.codespace,
        log=message.log,
        info=message.info,
        index=message.index,
        key=message.key,
        value=message.value,
        height=message.height,
        proof_ops=tuple(common.ProofOp(op.type, op.key, op.data) for op in message.proof_ops.ops),
    )


def check_tx(message: Any) -> req.CheckTxRequest:
    """RequestCheckTx. Raises ValueError for an unknown type."""
    return req.CheckTxRequest(message.tx, req.CheckTxType(message.type))


def prepare_proposal(message: Any) -> req.PrepareProposalRequest:
    """RequestPrepareProposal. Raises ValueError for an unknown enum."""
    return req.PrepareProposalRequest(
        max_tx_bytes=message.max_tx_bytes,
        txs=tuple(message.txs),
        local_last_commit=_extended_commit_info(message.local_last_commit),
        misbehavior=tuple(map(_misbehavior, message.misbehavior)),
        height=message.height,
        time_ns=_nanoseconds(message.time),
        next_validators_hash=message.next_validators_hash,
        proposer_address=message.proposer_address,
    )


def process_proposal(message: Any) -> req.ProcessProposalRequest:
    """RequestProcessProposal. Raises ValueError for an unknown enum."""
    return req.ProcessProposalRequest(
        txs=tuple(message.txs),
        proposed_last_commit=_commit_info(message.proposed_last_commit),
        misbehavior=tuple(map(_misbehavior, message.misbehavior)),
        hash=message.hash,
        height=message.height,
        time_ns=_nanoseconds(message.time),
        next_validators_hash=message.next_validators_hash,
        proposer_address=message.proposer_address,
    )


def extend_vote(message: Any) -> req.ExtendVoteRequest:
    """RequestExtendVote. Raises ValueError for an unknown enum."""
    return req.ExtendVoteRequest(
        hash=message.hash,
        height=message.height,
        time_ns=_nanoseconds(message.time),
        txs=tuple(message.txs),
        proposed_last_commit=_commit_info(message.proposed_last_commit),
        misbehavior=tuple(map(_misbehavior, message.misbehavior)),
        next_validators_hash=message.next_validators_hash,
        proposer_address=message.proposer_address,
    )


def verify_vote_extension(message: Any) -> req.VerifyVoteExtensionRequest:
    """RequestVerifyVoteExtension."""
    return req.VerifyVoteExtensionRequest(
        hash=message.hash,
        validator_address=message.validator_address,
        height=message.height,
        vote_extension=message.vote_extension,
    )


def finalize_block(message: Any) -> req.FinalizeBlockRequest:
    """RequestFinalizeBlock. Raises ValueError for an unknown enum."""
    return req.FinalizeBlockRequest(
        txs=tuple(message.txs),
        decided_last_commit=_commit_info(message.decided_last_commit),
        misbehavior=tuple(map(_misbehavior, message.misbehavior)),
        hash=message.hash,
        height=message.height,
        time_ns=_nanoseconds(message.time),
        next_validators_hash=message.next_validators_hash,
        proposer_address=message.proposer_address,
    )


def offer_snapshot(message: Any) -> req.OfferSnapshotRequest:
    """RequestOfferSnapshot."""
    offered = message.snapshot
    snapshot = common.Snapshot(
        height=offered.height,
        format=offered.format,
        chunks=offered.chunks,
        hash=offered.hash,
        metadata=offered.metadata,
    )
    return req.OfferSnapshotRequest(snapshot, message.app_hash)


def load_snapshot_chunk(message: Any) -> req.LoadSnapshotChunkRequest:
    """RequestLoadSnapshotChunk."""
    return req.LoadSnapshotChunkRequest(
        height=message.height, format=message.format, chunk=message.chunk
    )


def apply_snapshot_chunk(message: Any) -> req.ApplySnapshotChunkRequest:
    """RequestApplySnapshotChunk."""
    return req.ApplySnapshotChunkRequest(message.index, message.chunk, message.sender)


def exec_tx_result(message: Any) -> res.TxResult:
    """ExecTxResult, as it was kept: `encoding.exec_tx_result` back."""
    return res.TxResult(
        code=message.code,
        data=message.data,
        log=message.log,
        info=message.info,
        gas_wanted=message.gas_wanted,
        gas_used=message.gas_used,
        events=tuple(map(_event, message.events)),
        codespace=message.codespace,
    )


def _path_without_text(frame: bytes) -> bytes | None:
    """The path of a query, where it is no UTF-8; None for any other frame."""
    try:
        path = _field_of(_field_of(frame, _QUERY_FIELD), _PATH_FIELD)
        path.decode()
    except UnicodeDecodeError:
        return path
    except (DecodeError, LookupError):
        return None
    return None


def _field_of(data: bytes, number: int) -> bytes:
    """The bytes of a field of `data` as they are. Raises DecodeError, LookupError."""
    for field in UnknownFieldSet(Empty.FromString(data)):
        if field.field_number == number and field.wire_type == _LENGTH_DELIMITED:
            return bytes(field.data)
    raise LookupError(number)


def _event(message: Any) -> common.Event:
    attributes = (
        common.EventAttribute(attribute.key, attribute.value, attribute.index)
        for attribute in message.attributes
    )
    return common.Event(message.type, tuple(attributes))


def _nanoseconds(message: Any) -> int:
    return int(message.seconds) * NANOSECONDS + int(message.nanos)


def _validator(message: Any) -> common.Validator:
    return common.Validator(message.address, message.power)


def _validator_update(message: Any) -> common.ValidatorUpdate:
    kind = message.pub_key.WhichOneof("sum")
    key_type = common.KeyType(kind)
    return common.ValidatorUpdate(key_type, getattr(message.pub_key, kind), message.power)


def _commit_info(message: Any) -> common.CommitInfo:
    votes = (
        common.Vote(_validator(vote.validator), common.BlockIdFlag(vote.block_id_flag))
        for vote in message.votes
    )
    return common.CommitInfo(message.round, tuple(votes))


def _extended_commit_info(message: Any) -> common.ExtendedCommitInfo:
    votes = (
        common.ExtendedVote(
            validator=_validator(vote.validator),
            block_id_flag=common.BlockIdFlag(vote.block_id_flag),
            vote_extension=vote.vote_extension,
            extension_signature=vote.extension_signature,
        )
        for vote in message.votes
    )
    return common.ExtendedCommitInfo(message.round, tuple(votes))


def _misbehavior(message: Any) -> common.Misbehavior:
    return common.Misbehavior(
        type=common.MisbehaviorType(message.type),
        validator=_validator(message.validator),
        height=message.height,
        time_ns=_nanoseconds(message.time),
        total_voting_power=message.total_voting_power,
    )


def _consensus_params(message: Any) -> common.ConsensusParams:
    block, evidence = message.block, message.evidence
    return common.ConsensusParams(
        block=common.BlockParams(block.max_bytes, block.max_gas)
        if message.HasField("block")
        else None,
        evidence=common.EvidenceParams(
            max_age_num_blocks=evidence.max_age_num_blocks,
            max_age_duration_ns=_nanoseconds(evidence.max_age_duration),
            max_bytes=evidence.max_bytes,
        )
        if message.HasField("evidence")
        else None,
        pub_key_types=tuple(message.validator.pub_key_types)
        if message.HasField("validator")
        else None,
        app_version=message.version.app if message.HasField("version") else None,
        vote_extensions_enable_height=message.abci.vote_extensions_enable_height
        if message.HasField("abci")
        else None,
    )
