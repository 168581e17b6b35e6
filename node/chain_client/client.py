"""`ChainClient`: what a program outside asks of the chain: query, send, subscribe.

A call returns the answer or raises a `ChainFailure`; no exception of gRPC, cosmpy or HTTP leaves
this package. What an answer is worth is the caller's matter: nothing is proven here but what
`ProofQueries` checks, and that against headers that are not verified.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, Self

from cosmpy.protos.cosmos.base.tendermint.v1beta1.query_pb2 import GetNodeInfoRequest
from cosmpy.protos.cosmos.tx.v1beta1.service_pb2 import (
    BROADCAST_MODE_SYNC,
    BroadcastTxRequest,
    GetTxRequest,
)
from google.protobuf.message import Message

from node.chain_client.accounts import AccountQueries
from node.chain_client.connection import Connection
from node.chain_client.events import ChainEvent, follow
from node.chain_client.failures import ChainCode, ChainFailure, TxRefused
from node.chain_client.proofs import ProofQueries
from node.chain_client.queries import RegistrationQueries
from node.chain_client.transactions import (
    Account,
    Fee,
    Price,
    SignedTx,
    build,
    fee_of,
    signed,
)
from node.chain_client.waiting import Committed, wait_for
from node.engine_rpc import EngineRpc
from node.keyring import SigningKey

DEFAULT_TIMEOUT_SECS: Final = 10.0
COMMIT_TIMEOUT_SECS: Final = 60.0

_IN_MEMPOOL: Final = ("sdk", 19)
"""ErrTxInMempoolCache: it was sent before, which is no failure."""


class ChainClient(AccountQueries, RegistrationQueries, ProofQueries):
    """A client of one node. Safe to share between threads.

    Args:
        grpc: "HOST:PORT" of the node's gRPC services; https:// before it where they are behind TLS.
        rpc: URL of its CometBFT RPC, http://HOST:PORT.
        chain_id: the chain that is meant; "" asks the node.
        timeout: seconds that one call may take.
        roots: for TLS: authorities in PEM; empty: this machine's.
    """

    def __init__(
        self,
        *,
        grpc: str,
        rpc: str,
        chain_id: str = "",
        timeout: float = DEFAULT_TIMEOUT_SECS,
        roots: bytes = b"",
    ) -> None:
        self.connection = Connection(grpc, chain_id=chain_id, timeout=timeout, roots=roots)
        self.engine = EngineRpc(rpc, timeout_secs=timeout, roots=roots)
        self._wanted_chain = chain_id
        self._checked_chain = ""

    def __enter__(self) -> Self:
        """Itself; connects at the first call."""
        return self

    def __exit__(self, *_: object) -> None:
        """As `close`."""
        self.close()

    def close(self) -> None:
        """Ends the connection."""
        self.connection.close()
        self.engine.close()

    # Queries.

    def chain_id(self) -> str:
        """The chain's id, as the node names it.

        Raises:
            ChainFailure: ANOTHER_CHAIN where another one was meant.
        """
        if not self._checked_chain:
            # cosmpy asks for the newest block: before the first one there is none.
            info = self.connection.call(
                self.connection.ledger.tendermint.GetNodeInfo, GetNodeInfoRequest()
            )
            found = str(info.default_node_info.network)
            if self._wanted_chain and found != self._wanted_chain:
                raise ChainFailure(
                    ChainCode.ANOTHER_CHAIN,
                    expected=f"a node of chain {self._wanted_chain}",
                    found=f"one of chain {found} at {self.connection.address}",
                )
            self._checked_chain = found
        return self._checked_chain

    def libraries(self) -> dict[str, str]:
        """The versions of the libraries with which the node judges, as it says. By name.

        Raises:
            ChainFailure: as every question.
        """
        info = self.connection.call(
            self.connection.ledger.tendermint.GetNodeInfo, GetNodeInfoRequest()
        )
        return {str(one.path): str(one.version) for one in info.application_version.build_deps}

    def expect_chain(self, chain_id: str) -> None:
        """From now on this chain is meant, and transactions are signed for it.

        Raises:
            ChainFailure: ANOTHER_CHAIN where the node serves another one.
        """
        self._wanted_chain, self._checked_chain = chain_id, ""
        self.chain_id()

    def height(self) -> int:
        """Of the newest block."""
        # Not by gRPC: there it comes with the whole block.
        return self.status().latest_height

    def tx(self, tx_hash: str) -> Committed | None:
        """A transaction in a block, or None."""
        request = GetTxRequest(hash=tx_hash)
        answer = self.connection.find(self.connection.ledger.txs.GetTx, request)
        if answer is None:
            return None
        found = answer.tx_response
        return Committed(
            hash=str(found.txhash),
            height=int(found.height),
            code=int(found.code),
            codespace=str(found.codespace),
            log=str(found.raw_log),
            gas_wanted=int(found.gas_wanted),
            gas_used=int(found.gas_used),
        )

    # Transactions.

    def sign(
        self,
        messages: Sequence[Message],
        key: SigningKey,
        *,
        price: Price | None = None,
        memo: str = "",
        timeout_height: int = 0,
        account: Account | None = None,
    ) -> SignedTx:
        """A signed transaction, its fee settled (by Simulate, where no gas limit is given).

        Raises:
            ChainFailure: ANOTHER_CHAIN, ACCOUNT_UNKNOWN; TxRefused where Simulate refuses.
        """
        chain_id = self.chain_id()
        if account is None:
            account = self.account(key.info.raw_address)
        fee = self.fee(
            messages,
            key,
            price=price or Price(),
            account=account,
            memo=memo,
            timeout_height=timeout_height,
        )
        tx = build(
            messages,
            key,
            account=account,
            chain_id=chain_id,
            fee=fee,
            memo=memo,
            timeout_height=timeout_height,
        )
        return signed(tx, account=account, fee=fee, timeout_height=timeout_height)

    def fee(
        self,
        messages: Sequence[Message],
        key: SigningKey,
        *,
        price: Price,
        account: Account,
        memo: str = "",
        timeout_height: int = 0,
    ) -> Fee:
        """What a transaction has to pay. Its bytes count: memo and timeout among them."""
        if price.gas_limit is not None:
            return fee_of(price.gas_limit, price)
        trial = build(
            messages,
            key,
            account=account,
            chain_id=self.chain_id(),
            fee=fee_of(0, price),
            memo=memo,
            timeout_height=timeout_height,
        )
        # Gas is flat on this chain (chain_module/gas.py): what Simulate says is what it costs.
        used = int(self.connection.call(self.connection.ledger.simulate_tx, trial))
        return fee_of(used, price)

    def broadcast(self, raw: bytes) -> str:
        """Offers a transaction to the node's mempool; its hash. Raises TxRefused."""
        request = BroadcastTxRequest(tx_bytes=raw, mode=BROADCAST_MODE_SYNC)
        answer = self.connection.call(self.connection.ledger.txs.BroadcastTx, request)
        found = answer.tx_response
        tx_hash = str(found.txhash)
        if found.code and (str(found.codespace), int(found.code)) != _IN_MEMPOOL:
            raise TxRefused(
                codespace=str(found.codespace),
                number=int(found.code),
                log=str(found.raw_log),
                tx_hash=tx_hash,
            )
        return tx_hash

    def wait(
        self,
        tx: SignedTx,
        *,
        timeout: float = COMMIT_TIMEOUT_SECS,
        waiting: Callable[[int], None] | None = None,
    ) -> Committed:
        """Waits until a transaction that was sent is in a block; offers it again meanwhile.

        Args:
            tx: that was broadcast.
            timeout: seconds.
            waiting: gets the newest height, each time that it rose.

        Raises:
            ChainFailure: TX_NOT_COMMITTED.
            TxRefused: the mempool does not take it any more.
        """
        return wait_for(self, tx, timeout=timeout, waiting=waiting)

    def send_tx(
        self,
        messages: Sequence[Message],
        key: SigningKey,
        *,
        price: Price | None = None,
        memo: str = "",
        sequence: int | None = None,
        timeout: float = COMMIT_TIMEOUT_SECS,
        waiting: Callable[[int], None] | None = None,
    ) -> Committed:
        """Signs, sends, and waits for the block. `sequence`: None is the account's next.

        Raises:
            ChainFailure: as `sign` and `wait`.
            TxRefused: by the mempool, or in the block.
        """
        self.chain_id()
        account = self.account(key.info.raw_address)
        if sequence is not None:
            account = replace(account, sequence=sequence)
        tx = self.sign(messages, key, price=price, memo=memo, account=account)
        self.broadcast(tx.raw)
        found = self.wait(tx, timeout=timeout, waiting=waiting)
        refusal = found.refusal()
        if refusal is not None:
            raise refusal
        return found

    # Events.

    def subscribe(
        self, event_type: str, *, from_height: int = 0, timeout: float | None = None
    ) -> Iterator[ChainEvent]:
        """The events of one type, in the chain's order, as blocks come.

        Args:
            event_type: such as "confirm_node".
            from_height: the first block to look at; 0: the next one.
            timeout: seconds after which it ends; None: never.
        """
        return follow(self.engine, event_type, from_height=from_height, timeout=timeout)
