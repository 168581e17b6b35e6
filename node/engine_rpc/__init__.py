"""A client of CometBFT's RPC: services, doctor and the command line ask the engine through it.

What belongs here: calls, their answers as plain values, three kinds of failure. What must not: what
follows from an answer, and repeating a call.
"""

from node.engine_rpc.answers import (
    AbciAnswer,
    Block,
    BlockId,
    BlockResults,
    Broadcast,
    BroadcastCommit,
    Commit,
    CommitSig,
    CommittedTx,
    FoundTxs,
    Header,
    Peer,
    SignedHeader,
    Status,
    ValidatorInfo,
)
from node.engine_rpc.client import EngineRpc
from node.engine_rpc.failures import (
    EngineFailed,
    EngineRefused,
    EngineRpcCode,
    EngineRpcFailure,
    EngineUnreachable,
    EngineUntrusted,
)

__all__ = [
    "AbciAnswer",
    "Block",
    "BlockId",
    "BlockResults",
    "Broadcast",
    "BroadcastCommit",
    "Commit",
    "CommitSig",
    "CommittedTx",
    "EngineFailed",
    "EngineRefused",
    "EngineRpc",
    "EngineRpcCode",
    "EngineRpcFailure",
    "EngineUnreachable",
    "EngineUntrusted",
    "FoundTxs",
    "Header",
    "Peer",
    "SignedHeader",
    "Status",
    "ValidatorInfo",
]
