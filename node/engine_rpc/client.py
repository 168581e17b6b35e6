"""Calls to CometBFT's RPC, in the order of its documentation. It waits; it never repeats a call."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final, Self

from node.deadline import Deadline
from node.engine_rpc import answers, reading
from node.engine_rpc.block import read_block, read_signed_header
from node.engine_rpc.failures import EngineFailed, EngineRefused, EngineUnreachable
from node.engine_rpc.fields import Fields, fields
from node.engine_rpc.timed import Call
from node.engine_rpc.transport import MAX_ANSWER_BYTES, Transport

DEFAULT_TIMEOUT_SECS: Final = 5.0
"""For a whole answer, and for silence."""
LARGE: Final = 10
"""An answer that may be large gets so many times as long, as long as it goes on."""
SEVERAL: Final = 4
"""So do the pages of one question together."""
MANY: Final = 30
"""And the pieces of a genesis."""
COMMIT_TIMEOUT_SECS: Final = 30.0
"""For broadcast_tx_commit; CometBFT itself gives up after 10 s (timeout_broadcast_tx_commit)."""
MAX_STATUS_BYTES: Final = 1024 * 1024
PAGE: Final = 100
"""CometBFT's largest page."""
MAX_VALIDATORS: Final = 10_000
"""CometBFT's own limit (MaxVotesCount)."""
MAX_VOTES_BYTES: Final = 16 * 1024 * 1024
"""A commit of so many validators is 4 MB of JSON; what else is no block is less."""
MAX_CHUNKS: Final = 64
"""Of 16 MiB each (genesis_chunked)."""


class EngineRpc:
    """A client of one engine. Any thread may use it.

    Every method raises EngineUnreachable, EngineRefused or EngineFailed, and takes no longer than a
    fixed number of `timeout_secs`, whatever the other side does.
    """

    def __init__(
        self, address: str, *, timeout_secs: float = DEFAULT_TIMEOUT_SECS, roots: bytes = b""
    ) -> None:
        """Takes http://HOST:PORT, or tcp:// and https://.

        Args:
            address: such a URL.
            timeout_secs: for a whole answer.
            roots: for https: authorities in PEM; empty: this machine's.

        Raises:
            ValueError: it is none of these.
        """
        self._transport = Transport(address, roots=roots)
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
        return reading.read_status(self._call("status", max_bytes=MAX_STATUS_BYTES))

    def net_info(self) -> tuple[answers.Peer, ...]:
        """The connected peers."""
        peers = self._call("net_info").rows("peers")
        return tuple(reading.read_peer(peer) for peer in peers)

    def genesis(self) -> bytes:
        """The genesis file, as the engine writes it."""
        chunks: list[bytes] = []
        total, deadline = 1, Deadline(MANY * self._timeout_secs)
        while len(chunks) < total:
            chunk = {"chunk": str(len(chunks))}
            answer = self._call_large("genesis_chunked", chunk, deadline=deadline)
            total = answer.integer("total")
            if not 1 <= total <= MAX_CHUNKS or answer.integer("chunk") != len(chunks):
                answer.wrong("total", f"1 to {MAX_CHUNKS} chunks in order", total)
            chunks.append(answer.base64("data"))
        return b"".join(chunks)

    def block(self, height: int = 0) -> answers.Block:
        """The block at a height; 0 is the newest."""
        return read_block(self._call_large("block", _at(height)))

    def block_results(self, height: int) -> answers.BlockResults | None:
        """What a block did; None while the engine has not stored it: a moment after the block."""
        try:
            return reading.read_block_results(self._call_large("block_results", _at(height)))
        except EngineRefused as refused:
            if "could not find results for height" in refused.reason:
                return None
            raise

    def commit(self, height: int = 0) -> answers.SignedHeader:
        """The header at a height and a commit for it; 0 is the newest."""
        answer = self._call("commit", _at(height))
        return read_signed_header(answer)

    def validators(self, height: int = 0) -> tuple[answers.ValidatorInfo, ...]:
        """The validators of a height, all pages; 0 is the newest."""
        found: list[answers.ValidatorInfo] = []
        at, deadline = height, Deadline(SEVERAL * self._timeout_secs)
        while True:
            page = {"page": str(len(found) // PAGE + 1), "per_page": str(PAGE)}
            answer = self._call("validators", {**_at(at), **page}, deadline=deadline)
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
            self._call_large(
                "broadcast_tx_commit", {"tx": _base64(tx)}, silence_secs=COMMIT_TIMEOUT_SECS
            )
        )

    def tx(self, tx_hash: bytes) -> answers.CommittedTx | None:
        """A committed transaction; None while the engine's index has none of that hash."""
        try:
            return reading.read_committed(self._call_large("tx", {"hash": _base64(tx_hash)}))
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
        return reading.read_found_txs(self._call_large("tx_search", params))

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
        deadline: Deadline | None = None,
        max_bytes: int = MAX_VOTES_BYTES,
    ) -> Fields:
        limit = self._sooner(self._timeout_secs, deadline)
        return self._ask(method, params or {}, Call(limit, self._timeout_secs, max_bytes))

    def _call_large(
        self,
        method: str,
        params: Mapping[str, str | bool],
        *,
        deadline: Deadline | None = None,
        silence_secs: float | None = None,
    ) -> Fields:
        silence = self._timeout_secs if silence_secs is None else silence_secs
        limit = self._sooner(LARGE * silence, deadline)
        return self._ask(method, params, Call(limit, silence, MAX_ANSWER_BYTES))

    def _ask(self, method: str, params: Mapping[str, str | bool], call: Call) -> Fields:
        try:
            return fields(self._transport.call(method, params, call), method)
        except RecursionError:
            raise EngineFailed(expected="JSON of an engine", found="deep nesting") from None

    def _sooner(self, secs: float, deadline: Deadline | None) -> Deadline:
        try:
            return Deadline(secs) if deadline is None else deadline.sooner(secs)
        except TimeoutError:
            raise EngineUnreachable(
                expected=f"CometBFT's RPC at {self.address}",
                found="an answer in parts that was not whole in time",
            ) from None


def _at(height: int) -> dict[str, str]:
    return {"height": str(height)} if height else {}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
