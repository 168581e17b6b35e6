"""Calls to CometBFT's RPC, in the order of its documentation. It waits; it never repeats a call."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final, Self

from node.engine_rpc import answers, reading
from node.engine_rpc.block import read_block, read_signed_header
from node.engine_rpc.failures import EngineFailed, EngineRefused
from node.engine_rpc.fields import Fields, fields
from node.engine_rpc.transport import MAX_ANSWER_BYTES, Transport

DEFAULT_TIMEOUT_SECS: Final = 5.0
COMMIT_TIMEOUT_SECS: Final = 30.0
"""For broadcast_tx_commit; CometBFT itself gives up after 10 s (timeout_broadcast_tx_commit)."""
PAGE: Final = 100
"""CometBFT's largest page."""
MAX_VALIDATORS: Final = 10_000
"""CometBFT's own limit (MaxVotesCount)."""
MAX_VOTES_BYTES: Final = 16 * 1024 * 1024
"""A commit of so many validators is 4 MB of JSON; a page of validators less."""
MAX_CHUNKS: Final = 64
"""Of 16 MiB each (genesis_chunked)."""


class EngineRpc:
    """A client of one engine. Any thread may use it.

    Every method raises EngineUnreachable, EngineRefused or EngineFailed.
    """

    def __init__(self, address: str, *, timeout_secs: float = DEFAULT_TIMEOUT_SECS) -> None:
        """Takes http://HOST:PORT, or tcp:// and https://. Raises ValueError for anything else."""
        self._transport = Transport(address)
        self._timeout_secs = timeout_secs

    @property
    def address(self) -> str:
        """As it was given."""
        return self._transport.address

    def close(self) -> None:
        """Closes idle connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def status(self) -> answers.Status:
        """Who it is, and how far."""
        return reading.read_status(self._call("status"))

    def net_info(self) -> tuple[answers.Peer, ...]:
        """The connected peers."""
        peers = self._call("net_info").rows("peers")
        return tuple(reading.read_peer(peer) for peer in peers)

    def genesis(self) -> bytes:
        """The genesis file, as the engine writes it."""
        chunks: list[bytes] = []
        total = 1
        while len(chunks) < total:
            answer = self._call("genesis_chunked", {"chunk": str(len(chunks))})
            total = answer.integer("total")
            if not 1 <= total <= MAX_CHUNKS or answer.integer("chunk") != len(chunks):
                answer.wrong("total", f"1 to {MAX_CHUNKS} chunks in order", total)
            chunks.append(answer.base64("data"))
        return b"".join(chunks)

    def block(self, height: int = 0) -> answers.Block:
        """The block at a height; 0 is the newest."""
        return read_block(self._call("block", _at(height)))

    def block_results(self, height: int) -> answers.BlockResults | None:
        """What a block did; None while the engine has not stored it: a moment after the block."""
        try:
            return reading.read_block_results(self._call("block_results", _at(height)))
        except EngineRefused as refused:
            if "could not find results for height" in refused.reason:
                return None
            raise

    def commit(self, height: int = 0) -> answers.SignedHeader:
        """The header at a height and a commit for it; 0 is the newest."""
        answer = self._call("commit", _at(height), max_bytes=MAX_VOTES_BYTES)
        return read_signed_header(answer)

    def validators(self, height: int = 0) -> tuple[answers.ValidatorInfo, ...]:
        """The validators of a height, all pages; 0 is the newest."""
        found: list[answers.ValidatorInfo] = []
        at = height
        while True:
            page = {"page": str(len(found) // PAGE + 1), "per_page": str(PAGE)}
            answer = self._call("validators", {**_at(at), **page}, max_bytes=MAX_VOTES_BYTES)
            at = at or answer.integer("block_height")
            rows, total = answer.rows("validators"), answer.integer("total")
            # Full pages but the last: so many calls are enough, whoever answers.
            if total > MAX_VALIDATORS or len(rows) != min(PAGE, total - len(found)):
                answer.wrong("total", f"full pages of up to {MAX_VALIDATORS} validators", total)
            found += [reading.read_validator(row) for row in rows]
            if len(found) == total:
                return tuple(found)

    def broadcast_tx_sync(self, tx: bytes) -> answers.Broadcast:
        """Puts it into the mempool and waits for CheckTx."""
        return reading.read_broadcast(self._call("broadcast_tx_sync", {"tx": _base64(tx)}))

    def broadcast_tx_async(self, tx: bytes) -> answers.Broadcast:
        """Hands it over and waits for nothing. It may be dropped later without a word."""
        return reading.read_broadcast(self._call("broadcast_tx_async", {"tx": _base64(tx)}))

    def broadcast_tx_commit(self, tx: bytes) -> answers.BroadcastCommit:
        """Waits for its block. For tools and tests: the engine gives up after a while."""
        return reading.read_broadcast_commit(
            self._call("broadcast_tx_commit", {"tx": _base64(tx)}, timeout_secs=COMMIT_TIMEOUT_SECS)
        )

    def tx(self, tx_hash: bytes) -> answers.CommittedTx | None:
        """A committed transaction; None while the engine's index has none of that hash."""
        try:
            return reading.read_committed(self._call("tx", {"hash": _base64(tx_hash)}))
        except EngineRefused as refused:
            if "not found" in refused.reason:
                return None
            raise

    def tx_search(
        self, query: str, *, page: int = 1, per_page: int = PAGE, descending: bool = False
    ) -> answers.FoundTxs:
        """Committed transactions by their events, as CometBFT's index has them.

        Args:
            query: such as "transfer.recipient = 'seed1..'" or "register_node.node_id EXISTS".
            page: from 1; one beyond the last is refused.
            per_page: up to 100.
            descending: the newest first.
        """
        params = {
            "query": query,
            "page": str(page),
            "per_page": str(per_page),
            "order_by": "desc" if descending else "asc",
        }
        return reading.read_found_txs(self._call("tx_search", params))

    def abci_query(
        self, path: str, data: bytes, *, height: int = 0, prove: bool = False
    ) -> answers.AbciAnswer:
        """A query of the application's state; proofs are for paths /store/<name>/key."""
        params: dict[str, str | bool] = {"path": path, "data": data.hex(), "height": str(height)}
        if prove:
            params["prove"] = True
        return reading.read_abci_answer(self._call("abci_query", params))

    def _call(
        self,
        method: str,
        params: Mapping[str, str | bool] | None = None,
        *,
        timeout_secs: float | None = None,
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> Fields:
        limit = self._timeout_secs if timeout_secs is None else timeout_secs
        try:
            answer = self._transport.call(
                method, params or {}, timeout_secs=limit, max_bytes=max_bytes
            )
            return fields(answer, method)
        except RecursionError:
            raise EngineFailed(expected="JSON of an engine", found="deep nesting") from None


def _at(height: int) -> dict[str, str]:
    return {"height": str(height)} if height else {}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
