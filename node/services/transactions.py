"""cosmos.tx.v1beta1.Service: simulating, sending and finding transactions."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from typing import Final

import grpc
from cosmpy.protos.cosmos.base.abci.v1beta1 import abci_pb2 as abci
from cosmpy.protos.cosmos.tx.v1beta1 import service_pb2 as pb
from cosmpy.protos.cosmos.tx.v1beta1.tx_pb2 import Tx
from google.protobuf.any_pb2 import Any as ProtoAny
from google.protobuf.message import DecodeError

from chain_module.abci.common import OK
from chain_module.abci.responses import TxResult
from chain_module.errors import Reasons, SdkReason, TxRefusal
from node.abci import encoding
from node.engine_rpc import Broadcast, EngineRefused
from node.services.backend import Backend
from node.services.failures import QueryRefused, invalid, not_found
from node.services.queries import Query, node_queries

HASH_BYTES: Final = 32
DEFAULT_PAGE: Final = 30
MAX_PAGE: Final = 100
"""Of transactions: as CometBFT has both."""

_SECOND: Final = 1_000_000_000

_MEMPOOL: Final[Mapping[str, Reasons]] = {
    # What CometBFT's mempool says where it does not ask the application (SDK, client/broadcast.go).
    "tx already exists in cache": SdkReason.TX_IN_MEMPOOL_CACHE,
    "mempool is full": SdkReason.MEMPOOL_IS_FULL,
    "Tx too large": SdkReason.TX_TOO_LARGE,
    # Its RPC looks at the size first (max_body_bytes).
    "request body too large": SdkReason.TX_TOO_LARGE,
}

_SDK_WORDS: Final = {
    # What cosmpy and CosmJS look for in a log, by code of codespace "sdk".
    SdkReason.OUT_OF_GAS.reason.code: "out of gas",
    SdkReason.INSUFFICIENT_FEE.reason.code: "insufficient fees",
    SdkReason.INSUFFICIENT_FUNDS.reason.code: "insufficient funds",
    SdkReason.WRONG_SEQUENCE.reason.code: "account sequence mismatch",
}


def simulate(backend: Backend, request: pb.SimulateRequest) -> pb.SimulateResponse:
    """What a transaction would cost. Clients send it decoded (`tx`) or as bytes."""
    # Bodies and keys are bytes within: encoding a decoded Tx again gives what the client had.
    raw = request.tx_bytes or request.tx.SerializeToString(deterministic=True)
    if not raw:
        raise invalid("invalid empty tx")
    try:
        result = backend.simulate(raw)
    except TxRefusal as refusal:
        reason = refusal.reason
        raise _would_fail(_worded(reason.codespace, reason.code, str(refusal))) from None
    if result.code != OK:
        raise _would_fail(_worded(result.codespace, result.code, result.log))
    data = abci.TxMsgData.FromString(result.data)
    return pb.SimulateResponse(
        gas_info=abci.GasInfo(gas_wanted=result.gas_wanted, gas_used=result.gas_used),
        result=abci.Result(
            data=result.data,
            log=result.log,
            events=encoding.exec_tx_result(result).events,
            msg_responses=data.msg_responses,
        ),
    )


def get_tx(backend: Backend, request: pb.GetTxRequest) -> pb.GetTxResponse:
    """A committed transaction by its hash; NOT_FOUND until its block is committed."""
    found = backend.find_tx(_hash(request.hash))
    if found is None:
        raise not_found(f"tx not found: {request.hash}")
    tx, response = _committed(backend, found.raw, found.result, height=found.height)
    return pb.GetTxResponse(tx=tx, tx_response=response)


def get_txs_event(backend: Backend, request: pb.GetTxsEventRequest) -> pb.GetTxsEventResponse:
    """Committed transactions by their events, from the engine's index."""
    query = request.query or " AND ".join(request.events)
    if not query:
        raise invalid("query cannot be empty")
    try:
        found = backend.engine.tx_search(
            query,
            page=request.page or 1,
            per_page=min(request.limit or DEFAULT_PAGE, MAX_PAGE),
            descending=request.order_by == pb.ORDER_BY_DESC,
        )
    except EngineRefused as refused:
        # A query that it cannot parse, or a page beyond the last: it says which.
        raise invalid(refused.reason) from None
    rows = [_committed(backend, one.tx, one.result, height=one.height) for one in found.txs]
    return pb.GetTxsEventResponse(
        txs=[tx for tx, _ in rows],
        tx_responses=[response for _, response in rows],
        total=found.total,
    )


def broadcast_tx(backend: Backend, request: pb.BroadcastTxRequest) -> pb.BroadcastTxResponse:
    """Hands a transaction to the engine. SYNC waits for CheckTx; BLOCK is the same, as it is old.

    A transaction that the mempool refuses is an answer with a code, not an error.
    """
    if not request.tx_bytes:
        raise invalid("invalid empty tx")
    engine = backend.engine
    if request.mode == pb.BROADCAST_MODE_UNSPECIFIED:
        raise invalid("unsupported mode 0; supported modes: sync, async")
    asynchronous = request.mode == pb.BROADCAST_MODE_ASYNC
    send = engine.broadcast_tx_async if asynchronous else engine.broadcast_tx_sync
    try:
        sent = send(request.tx_bytes)
    except EngineRefused as refused:
        sent = _kept_out(request.tx_bytes, refused)
    result = TxResult(code=sent.code, codespace=sent.codespace, log=sent.log, data=sent.data)
    return pb.BroadcastTxResponse(tx_response=tx_response(result, tx_hash=sent.tx_hash))


def tx_response(result: TxResult, *, tx_hash: bytes) -> abci.TxResponse:
    """A result as the SDK's clients take it. Like the SDK's since 0.50, it has no `logs`."""
    return abci.TxResponse(
        txhash=tx_hash.hex().upper(),
        codespace=result.codespace,
        code=result.code,
        data=result.data.hex().upper(),
        raw_log=_worded(result.codespace, result.code, result.log),
        info=result.info,
        gas_wanted=result.gas_wanted,
        gas_used=result.gas_used,
        events=encoding.exec_tx_result(result).events,
    )


_SERVICE: Final = pb.DESCRIPTOR.services_by_name["Service"]

QUERIES: Final[Mapping[str, Query]] = {
    **node_queries(_SERVICE, {"Simulate": simulate, "GetTx": get_tx}, over_abci=True),
    # The engine would be asked while it waits for this very answer.
    **node_queries(
        _SERVICE, {"BroadcastTx": broadcast_tx, "GetTxsEvent": get_txs_event}, over_abci=False
    ),
}


def _committed(
    backend: Backend, raw: bytes, result: TxResult, *, height: int
) -> tuple[Tx, abci.TxResponse]:
    try:
        tx = Tx.FromString(raw)
    except DecodeError:
        # Anybody's bytes may stand in a block, with a result that refuses them.
        tx = Tx()
    block = backend.find_block(height)
    response = tx_response(result, tx_hash=hashlib.sha256(raw).digest())
    response.height = height
    response.tx.CopyFrom(_any(tx))
    response.timestamp = "" if block is None else _moment(block.time_ns)
    return tx, response


def _hash(text: str) -> bytes:
    if not text:
        raise invalid("tx hash cannot be empty")
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != HASH_BYTES or len(text) != 2 * HASH_BYTES:
        raise invalid(f"expected a hash of {2 * HASH_BYTES} hex digits, found {text[:80]!r}")
    return found


def _kept_out(tx: bytes, refused: EngineRefused) -> Broadcast:
    """The mempool's own refusal as an answer. Raises the failure where it is another."""
    for words, reasons in _MEMPOOL.items():
        if words in refused.reason:
            reason = reasons.reason
            return Broadcast(
                tx_hash=hashlib.sha256(tx).digest(),
                code=reason.code,
                codespace=reason.codespace,
                log=f"{reason.name}: expected a tx for the mempool, found {refused.reason}",
                data=b"",
            )
    raise refused


def _would_fail(log: str) -> QueryRefused:
    return QueryRefused(grpc.StatusCode.UNKNOWN, log)


def _worded(codespace: str, code: int, log: str) -> str:
    """The log, with the SDK's words before ours where clients look for them."""
    words = _SDK_WORDS.get(code) if codespace == "sdk" else None
    return f"{words}: {log}" if words else log


def _any(tx: Tx) -> ProtoAny:
    packed = ProtoAny()
    packed.Pack(tx, type_url_prefix="")
    return packed


def _moment(time_ns: int) -> str:
    """RFC 3339 with the header's seconds, as the SDK writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time_ns // _SECOND))
