"""Answers of the engine: from checked fields to values."""

from __future__ import annotations

from chain_module.abci.common import Event, EventAttribute, ProofOp
from chain_module.abci.responses import TxResult
from node.engine_rpc.answers import (
    AbciAnswer,
    BlockResults,
    Broadcast,
    BroadcastCommit,
    CommittedTx,
    FoundTxs,
    Peer,
    Status,
    ValidatorInfo,
)
from node.engine_rpc.fields import Fields


def read_status(answer: Fields) -> Status:
    """`status`."""
    node, sync = answer.part("node_info"), answer.part("sync_info")
    validator = answer.part("validator_info")
    return Status(
        chain_id=node.text("network"),
        node_id=node.text("id"),
        listen_address=node.text("listen_addr"),
        moniker=node.text("moniker"),
        version=node.text("version"),
        latest_height=sync.integer("latest_block_height"),
        latest_app_hash=sync.hex("latest_app_hash"),
        latest_time_ns=sync.moment("latest_block_time"),
        earliest_height=sync.integer("earliest_block_height"),
        catching_up=sync.flag("catching_up"),
        validator_address=validator.hex("address"),
        validator_power=validator.integer("voting_power"),
    )


def read_broadcast(answer: Fields) -> Broadcast:
    """`broadcast_tx_sync` and `broadcast_tx_async`."""
    return Broadcast(
        tx_hash=answer.hex("hash"),
        code=answer.integer("code"),
        codespace=answer.text("codespace"),
        log=answer.text("log"),
        # A HexBytes in the answer of broadcast_tx, unlike all other data.
        data=answer.hex("data"),
    )


def read_committed(answer: Fields) -> CommittedTx:
    """`tx`."""
    return CommittedTx(
        tx_hash=answer.hex("hash"),
        height=answer.integer("height"),
        index=answer.integer("index"),
        tx=answer.base64("tx"),
        result=read_tx_result(answer.part("tx_result")),
    )


def read_found_txs(answer: Fields) -> FoundTxs:
    """`tx_search`."""
    txs = tuple(read_committed(tx) for tx in answer.rows("txs"))
    return FoundTxs(txs, answer.integer("total_count"))


def read_block_results(answer: Fields) -> BlockResults:
    """`block_results`."""
    return BlockResults(
        height=answer.integer("height"),
        tx_results=tuple(read_tx_result(result) for result in answer.rows("txs_results")),
        events=tuple(read_event(event) for event in answer.rows("finalize_block_events")),
    )


def read_broadcast_commit(answer: Fields) -> BroadcastCommit:
    """`broadcast_tx_commit`."""
    return BroadcastCommit(
        tx_hash=answer.hex("hash"),
        height=answer.integer("height"),
        check_tx=read_tx_result(answer.part("check_tx")),
        tx_result=read_tx_result(answer.part("tx_result")),
    )


def read_tx_result(answer: Fields) -> TxResult:
    """A result at the door or in a block."""
    return TxResult(
        code=answer.integer("code", absent=0),
        data=answer.base64("data"),
        log=answer.text("log", absent=""),
        info=answer.text("info", absent=""),
        gas_wanted=answer.integer("gas_wanted", absent=0),
        gas_used=answer.integer("gas_used", absent=0),
        events=tuple(read_event(event) for event in answer.rows("events")),
        codespace=answer.text("codespace", absent=""),
    )


def read_event(answer: Fields) -> Event:
    """An event."""
    return Event(
        answer.text("type"),
        tuple(
            EventAttribute(
                fact.text("key", absent=""),
                fact.text("value", absent=""),
                fact.flag("index", absent=False),
            )
            for fact in answer.rows("attributes")
        ),
    )


def read_validator(answer: Fields) -> ValidatorInfo:
    """One of `validators`."""
    key = answer.part("pub_key")
    return ValidatorInfo(
        address=answer.hex("address"),
        key_type=key.text("type"),
        public_key=key.base64("value"),
        power=answer.integer("voting_power"),
        proposer_priority=answer.integer("proposer_priority"),
    )


def read_peer(answer: Fields) -> Peer:
    """One of `net_info`."""
    node = answer.part("node_info")
    return Peer(
        node_id=node.text("id"),
        moniker=node.text("moniker"),
        remote_ip=answer.text("remote_ip"),
    )


def read_abci_answer(answer: Fields) -> AbciAnswer:
    """`abci_query`."""
    response = answer.part("response")
    return AbciAnswer(
        code=response.integer("code", absent=0),
        codespace=response.text("codespace", absent=""),
        log=response.text("log", absent=""),
        key=response.base64("key"),
        value=response.base64("value"),
        height=response.integer("height", absent=0),
        proof_ops=_proof_ops(response),
    )


def _proof_ops(response: Fields) -> tuple[ProofOp, ...]:
    if response.values.get("proofOps") is None:
        return ()
    return tuple(
        ProofOp(type=op.text("type"), key=op.base64("key"), data=op.base64("data"))
        for op in response.part("proofOps").rows("ops")
    )
