"""cosmos.base.tendermint.v1beta1.Service: blocks and who this node is, from its engine.

Blocks come without their evidence, which CometBFT's own RPC has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cosmpy.protos.cosmos.base.tendermint.v1beta1 import query_pb2 as pb
from cosmpy.protos.tendermint.p2p.types_pb2 import (
    DefaultNodeInfo,
    DefaultNodeInfoOther,
    ProtocolVersion,
)
from cosmpy.protos.tendermint.types import types_pb2 as types
from cosmpy.protos.tendermint.types.block_pb2 import Block as ProtoBlock
from cosmpy.protos.tendermint.types.evidence_pb2 import EvidenceList
from cosmpy.protos.tendermint.version.types_pb2 import Consensus
from google.protobuf.timestamp_pb2 import Timestamp

from enclave.version import VERSION
from node.engine_rpc import Block, BlockId, Commit, Header
from node.libraries import library_versions
from node.services.backend import Backend
from node.services.failures import invalid
from node.services.queries import Query, node_queries

SDK_VERSION: Final = "v0.50.15"
"""The Cosmos SDK whose services these are like. cosmpy refuses a node without such a version."""

_NANOS: Final = 1_000_000_000


def get_node_info(backend: Backend, _: pb.GetNodeInfoRequest) -> pb.GetNodeInfoResponse:
    """Who answers, and its version."""
    status = backend.engine.status()
    return pb.GetNodeInfoResponse(
        default_node_info=DefaultNodeInfo(
            protocol_version=ProtocolVersion(),
            default_node_id=status.node_id,
            listen_addr=status.listen_address,
            network=status.chain_id,
            version=status.version,
            moniker=status.moniker,
            other=DefaultNodeInfoOther(tx_index="on"),
        ),
        application_version=pb.VersionInfo(
            name="seedpact",
            app_name="seedpactd",
            version=VERSION,
            build_deps=[
                pb.Module(path=name, version=version)
                for name, version in library_versions().items()
            ],
            cosmos_sdk_version=SDK_VERSION,
        ),
    )


def get_syncing(backend: Backend, _: pb.GetSyncingRequest) -> pb.GetSyncingResponse:
    """Whether the engine still catches up with its peers."""
    return pb.GetSyncingResponse(syncing=backend.engine.status().catching_up)


def get_latest_block(backend: Backend, _: pb.GetLatestBlockRequest) -> pb.GetLatestBlockResponse:
    """The newest block."""
    block = backend.engine.block()
    return pb.GetLatestBlockResponse(block_id=_block_id(block.block_id), block=_block(block))


def get_block_by_height(
    backend: Backend, request: pb.GetBlockByHeightRequest
) -> pb.GetBlockByHeightResponse:
    """The block of a height."""
    if request.height < 1:
        raise invalid(f"expected a height of at least 1, found {request.height}")
    block = backend.engine.block(request.height)
    return pb.GetBlockByHeightResponse(block_id=_block_id(block.block_id), block=_block(block))


def timestamp(time_ns: int) -> Timestamp:
    """Unix nanoseconds as protobuf has them; Go's zero time lies before the epoch."""
    return Timestamp(seconds=time_ns // _NANOS, nanos=time_ns % _NANOS)


QUERIES: Final[Mapping[str, Query]] = node_queries(
    pb.DESCRIPTOR.services_by_name["Service"],
    {
        "GetNodeInfo": get_node_info,
        "GetSyncing": get_syncing,
        "GetLatestBlock": get_latest_block,
        "GetBlockByHeight": get_block_by_height,
    },
    over_abci=False,
)


def _block(block: Block) -> ProtoBlock:
    commit = block.last_commit
    return ProtoBlock(
        header=_header(block.header),
        data=types.Data(txs=block.txs),
        evidence=EvidenceList(),
        last_commit=types.Commit() if commit is None else _commit(commit),
    )


def _header(header: Header) -> types.Header:
    return types.Header(
        version=Consensus(block=header.version_block, app=header.version_app),
        chain_id=header.chain_id,
        height=header.height,
        time=timestamp(header.time_ns),
        last_block_id=_block_id(header.last_block_id),
        last_commit_hash=header.last_commit_hash,
        data_hash=header.data_hash,
        validators_hash=header.validators_hash,
        next_validators_hash=header.next_validators_hash,
        consensus_hash=header.consensus_hash,
        app_hash=header.app_hash,
        last_results_hash=header.last_results_hash,
        evidence_hash=header.evidence_hash,
        proposer_address=header.proposer_address,
    )


def _block_id(block_id: BlockId) -> types.BlockID:
    parts = types.PartSetHeader(total=block_id.parts_total, hash=block_id.parts_hash)
    return types.BlockID(hash=block_id.hash, part_set_header=parts)


def _commit(commit: Commit) -> types.Commit:
    return types.Commit(
        height=commit.height,
        round=commit.round,
        block_id=_block_id(commit.block_id),
        signatures=[
            types.CommitSig(
                block_id_flag=vote.flag,
                validator_address=vote.validator_address,
                timestamp=timestamp(vote.time_ns),
                signature=vote.signature,
            )
            for vote in commit.signatures
        ],
    )
