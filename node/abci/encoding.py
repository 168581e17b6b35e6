"""Responses: values to protobuf. The types on the wire are those that cosmpy bundles (0.38's)."""

from __future__ import annotations

from typing import Any

from cosmpy.protos.tendermint.abci import types_pb2 as pb

from chain_module.abci import common
from chain_module.abci import requests as req
from chain_module.abci import responses as res
from node.abci.decoding import NANOSECONDS
from node.abci.framing import encode_frame


def frame_response(name: str, message: Any) -> bytes:
    """A response as the socket takes it.

    Args:
        name: of the response's field, as of the request's.
        message: of that field's type.
    """
    return encode_frame(pb.Response(**{name: message}).SerializeToString())


def exception(text: str) -> bytes:
    """The answer that ends the engine, as the socket takes it."""
    return frame_response("exception", pb.ResponseException(error=text))


def echo(text: str) -> bytes:
    """The answer to Echo, as the socket takes it."""
    return frame_response("echo", pb.ResponseEcho(message=text))


def flush() -> bytes:
    """The answer to Flush, as the socket takes it."""
    return frame_response("flush", pb.ResponseFlush())


def info(value: res.InfoResponse) -> Any:
    """ResponseInfo."""
    return pb.ResponseInfo(
        data=value.data,
        version=value.version,
        app_version=value.app_version,
        last_block_height=value.last_block_height,
        last_block_app_hash=value.last_block_app_hash,
    )


def init_chain(value: res.InitChainResponse) -> Any:
    """ResponseInitChain."""
    return pb.ResponseInitChain(
        consensus_params=_consensus_params(value.consensus_params),
        validators=map(_validator_update, value.validators),
        app_hash=value.app_hash,
    )


def query_request(value: req.QueryRequest) -> Any:
    """RequestQuery: the node hands it on."""
    return pb.RequestQuery(data=value.data, path=value.path, height=value.height, prove=value.prove)


def query(value: res.QueryResponse) -> Any:
    """ResponseQuery."""
    message = pb.ResponseQuery(
        code=value.code,
        log=value.log,
        info=value.info,
        index=value.index,
        key=value.key,
        value=value.value,
        height=value.height,
        codespace=value.codespace,
    )
    for op in value.proof_ops:
        message.proof_ops.ops.add(type=op.type, key=op.key, data=op.data)
    return message


def check_tx(value: res.TxResult) -> Any:
    """ResponseCheckTx."""
    return _tx_result(pb.ResponseCheckTx, value)


def prepare_proposal(value: res.PrepareProposalResponse) -> Any:
    """ResponsePrepareProposal."""
    return pb.ResponsePrepareProposal(txs=value.txs)


def process_proposal(value: res.ProcessProposalResponse) -> Any:
    """ResponseProcessProposal."""
    return pb.ResponseProcessProposal(status=value.status)


def extend_vote(value: res.ExtendVoteResponse) -> Any:
    """ResponseExtendVote."""
    return pb.ResponseExtendVote(vote_extension=value.vote_extension)


def verify_vote_extension(value: res.VerifyVoteExtensionResponse) -> Any:
    """ResponseVerifyVoteExtension."""
    return pb.ResponseVerifyVoteExtension(status=value.status)


def finalize_block(value: res.FinalizeBlockResponse) -> Any:
    """ResponseFinalizeBlock."""
    return pb.ResponseFinalizeBlock(
        events=map(_event, value.events),
        tx_results=map(exec_tx_result, value.tx_results),
        validator_updates=map(_validator_update, value.validator_updates),
        consensus_param_updates=_consensus_params(value.consensus_param_updates),
        app_hash=value.app_hash,
    )


def exec_tx_result(value: res.TxResult) -> Any:
    """ExecTxResult: a transaction's part of ResponseFinalizeBlock."""
    return _tx_result(pb.ExecTxResult, value)


def commit(value: res.CommitResponse) -> Any:
    """ResponseCommit."""
    return pb.ResponseCommit(retain_height=value.retain_height)


def list_snapshots(value: res.ListSnapshotsResponse) -> Any:
    """ResponseListSnapshots."""
    return pb.ResponseListSnapshots(snapshots=map(_snapshot, value.snapshots))


def offer_snapshot(value: res.OfferSnapshotResponse) -> Any:
    """ResponseOfferSnapshot."""
    return pb.ResponseOfferSnapshot(result=value.result)


def load_snapshot_chunk(value: res.LoadSnapshotChunkResponse) -> Any:
    """ResponseLoadSnapshotChunk."""
    return pb.ResponseLoadSnapshotChunk(chunk=value.chunk)


def apply_snapshot_chunk(value: res.ApplySnapshotChunkResponse) -> Any:
    """ResponseApplySnapshotChunk."""
    return pb.ResponseApplySnapshotChunk(
        result=value.result,
        refetch_chunks=value.refetch_chunks,
        reject_senders=value.reject_senders,
    )


def _tx_result(kind: Any, value: res.TxResult) -> Any:
    # ResponseCheckTx and ExecTxResult have the same fields.
    return kind(
        code=value.code,
        data=value.data,
        log=value.log,
        info=value.info,
        gas_wanted=value.gas_wanted,
        gas_used=value.gas_used,
        events=[_event(event) for event in value.events],
        codespace=value.codespace,
    )


def _event(value: common.Event) -> Any:
    attributes = [
        pb.EventAttribute(key=attribute.key, value=attribute.value, index=attribute.index)
        for attribute in value.attributes
    ]
    return pb.Event(type=value.type, attributes=attributes)


def _snapshot(value: common.Snapshot) -> Any:
    return pb.Snapshot(
        height=value.height,
        format=value.format,
        chunks=value.chunks,
        hash=value.hash,
        metadata=value.metadata,
    )


def _validator_update(value: common.ValidatorUpdate) -> Any:
    return pb.ValidatorUpdate(pub_key={value.key_type.value: value.public_key}, power=value.power)


def _consensus_params(value: common.ConsensusParams | None) -> dict[str, dict[str, Any]] | None:
    if value is None:
        return None
    fields: dict[str, dict[str, Any]] = {}
    if value.block is not None:
        fields["block"] = {"max_bytes": value.block.max_bytes, "max_gas": value.block.max_gas}
    if value.evidence is not None:
        seconds, nanos = divmod(value.evidence.max_age_duration_ns, NANOSECONDS)
        fields["evidence"] = {
            "max_age_num_blocks": value.evidence.max_age_num_blocks,
            "max_age_duration": {"seconds": seconds, "nanos": nanos},
            "max_bytes": value.evidence.max_bytes,
        }
    if value.pub_key_types is not None:
        fields["validator"] = {"pub_key_types": value.pub_key_types}
    if value.app_version is not None:
        fields["version"] = {"app": value.app_version}
    if value.vote_extensions_enable_height is not None:
        height = value.vote_extensions_enable_height
        fields["abci"] = {"vote_extensions_enable_height": height}
    return fields
