"""What strangers ask of a node: simulations of large transactions, and the dearest queries."""

from __future__ import annotations

from typing import Final

from cosmpy.protos.cosmos.auth.v1beta1.query_pb2 import QueryAccountsRequest
from cosmpy.protos.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from cosmpy.protos.cosmos.tx.v1beta1.service_pb2 import GetTxsEventRequest, SimulateRequest
from google.protobuf.message import Message

from benchmarks.flooding.plan import Call
from benchmarks.flooding.transactions import GAS, HEAVY, PRICE, multi_send
from benchmarks.network import Network, wait_until
from chain_module.pagination import MAX_PAGE
from chain_module.registration.queries import MAX_PAGE as MAX_NODES
from seedpact.registration.v1 import query_pb2
from tests.support.wallets import Account

SIMULATE: Final = "/cosmos.tx.v1beta1.Service/Simulate"
TXS_OF_A_PAGE: Final = 4
"""Of large transactions: an answer that a client takes."""


def services(account: Account) -> tuple[tuple[Call, ...], tuple[Call, ...]]:
    """Simulations for gRPC, and its queries."""
    simulations = (Call(SIMULATE, data=_simulation(account)),)
    queries = {
        "/cosmos.auth.v1beta1.Query/Accounts": _accounts(),
        "/seedpact.registration.v1.Query/Nodes": query_pb2.QueryNodesRequest(
            limit=MAX_NODES, prove=True
        ),
        "/cosmos.tx.v1beta1.Service/GetTxsEvent": GetTxsEventRequest(
            query="tx.height > 0", limit=TXS_OF_A_PAGE
        ),
        "/cosmos.base.tendermint.v1beta1.Service/GetLatestBlock": GetTxsEventRequest(),
    }
    asked = [Call(path, data=_encode(message)) for path, message in queries.items()]
    return simulations, tuple(asked)


def over_abci(account: Account) -> tuple[Call, ...]:
    """Of those what RPC passes on."""
    paths = {
        SIMULATE: _simulation(account),
        "/cosmos.auth.v1beta1.Query/Accounts": _encode(_accounts()),
    }
    return tuple(
        Call("abci_query", params={"path": path, "data": data.hex()})
        for path, data in paths.items()
    )


def populate(running: Network, account: Account, transactions: int) -> None:
    """Makes 2,000 accounts a transaction, so that lists are long."""
    with running.client(running.localnet.bootstrap) as chain:
        for number in range(transactions):
            message = multi_send(account, HEAVY, first=number * HEAVY)
            raw = account.sign([message], chain_id=chain.chain_id(), gas=GAS, fee=GAS // PRICE)
            chain.broadcast(raw)
        wait_until(
            lambda: chain.account(account.address).sequence == account.sequence,
            f"{transactions * HEAVY} accounts",
        )


def _simulation(account: Account) -> bytes:
    message = multi_send(account, HEAVY)
    sequence = account.sequence
    raw = account.sign([message], chain_id="", gas=GAS)
    account.sequence = sequence
    return _encode(SimulateRequest(tx_bytes=raw))


def _accounts() -> QueryAccountsRequest:
    return QueryAccountsRequest(pagination=PageRequest(limit=MAX_PAGE, count_total=True))


def _encode(message: Message) -> bytes:
    encoded: bytes = message.SerializeToString(deterministic=True)
    return encoded
