"""The scenarios: who floods the network, with what, and what kind of network it is."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from benchmarks.flooding.plan import Call, Kind, Lane, Source
from benchmarks.flooding.questions import over_abci, populate, services
from benchmarks.flooding.registers import Gate, one_node_a_machine, refused_registers
from benchmarks.flooding.transactions import (
    accepted_multi_send,
    accepted_send,
    garbage,
    refused_by_signature,
    refused_without_account,
)
from benchmarks.network import FUNDS, Network
from node.config.cometbft import MEMPOOL_BYTES, MEMPOOL_TRANSACTIONS
from node.genesis import GenesisFile
from node.genesis.defaults import MAX_BLOCK_GAS
from node.genesis.document import branch
from node.localnet.plan import LocalNode
from tests.support.wallets import Account

ASYNC: Final = "broadcast_tx_async"
SYNC: Final = "broadcast_tx_sync"
RPC_CONNECTIONS: Final = 32
GRPC_CLIENTS: Final = 64
ABCI_CONNECTIONS: Final = 16
GATE_RPC_CONNECTIONS: Final = 8
FILL_CONNECTIONS: Final = 32
MIXED_PEERS: Final = 8
MIXED_RPC_CONNECTIONS: Final = 64
MIXED_PAYERS: Final = 8
MIXED_FUNDS: Final = 10**7
"""useed: fifty large transactions."""
POPULATION: Final = 40
"""Transactions of new accounts, before queries of long lists."""

Lanes = Callable[[Network], Sequence[Lane]]


def _as_it_is(_genesis: GenesisFile) -> None:
    """The default genesis."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of load."""

    title: str
    lanes: Lanes
    """Prepared on a network that runs, before anything is measured."""
    change: Callable[[GenesisFile], None] = _as_it_is
    """Of the genesis."""
    fill_bytes: int = 0
    """What should wait in a mempool before the load counts."""
    fill_count: int = 0


def _peers(running: Network, *, count: int) -> list[Lane]:
    """So many hostile peers with large transactions, each connected to every validator."""
    (account,) = _accounts(running, "flood: peer", 1)
    kinds = (refused_without_account(), refused_by_signature(account))
    return _pushing(running, "peers: refused", kinds, count=count)


def _small_peers(running: Network, *, count: int) -> list[Lane]:
    """As many transactions as can be."""
    return _pushing(running, "peers: garbage", (garbage(),), count=count)


def _pushing(running: Network, name: str, sources: tuple[Source, ...], *, count: int) -> list[Lane]:
    return [
        Lane(name, Kind.PEER, running.peer(node), sources=sources)
        for node in running.validators
        for _ in range(count)
    ]


def _broadcasts(running: Network) -> list[Lane]:
    """Half of the connections are refused, half are not; half of each wait for CheckTx."""
    accounts = _accounts(running, "flood: rpc", RPC_CONNECTIONS)
    refused = (refused_without_account(), refused_by_signature(accounts[0]))
    lanes: list[Lane] = []
    for number, (account, node) in enumerate(zip(accounts, _in_turn(running), strict=False)):
        turn = number // len(running.validators)
        method = (SYNC, ASYNC)[turn % 2]
        accepted = turn // 2 % 2 == 1
        sources = (accepted_multi_send(account),) if accepted else refused
        name = f"rpc: {'accepted' if accepted else 'refused'}, {method}"
        lanes.append(Lane(name, Kind.RPC, _rpc(running, node), method, sources))
    return lanes


def _full(
    running: Network, *, make: Callable[[Account], Source], size: int = 0, count: int = 0
) -> list[Lane]:
    """Connections that keep the mempools full, with an account each."""
    accounts = _accounts(running, "flood: fill", FILL_CONNECTIONS)
    return [
        Lane(
            "rpc: accepted, as many as fit",
            Kind.FILL,
            _rpc(running, node),
            sources=(make(account),),
            bytes=size,
            count=count,
        )
        for account, node in zip(accounts, _in_turn(running), strict=False)
    ]


def _questions(running: Network) -> list[Lane]:
    (account,) = _accounts(running, "flood: questions", 1)
    populate(running, account, POPULATION)
    simulations, queries = services(account)
    lanes: list[Lane] = []
    for number, node in zip(range(GRPC_CLIENTS), _in_turn(running), strict=False):
        simulates = number // len(running.validators) % 2 == 0
        name, calls = ("simulate", simulations) if simulates else ("queries", queries)
        lanes.append(Lane(f"grpc: {name}", Kind.GRPC, running.grpc(node), calls=calls))
    return lanes + _asking(running, over_abci(account))


def _asking(running: Network, calls: tuple[Call, ...]) -> list[Lane]:
    nodes = zip(range(ABCI_CONNECTIONS), _in_turn(running), strict=False)
    return [
        Lane("rpc: abci_query", Kind.CALL, _rpc(running, node), calls=calls) for _, node in nodes
    ]


def _registers(running: Network, *, gate: Gate) -> list[Lane]:
    """One hostile peer, and RPC."""
    source = refused_registers(running, [gate])[gate]
    nodes = zip(range(GATE_RPC_CONNECTIONS), _in_turn(running), strict=False)
    return [
        *_pushing(running, "peers: registers", (source,), count=1),
        *(
            Lane("rpc: registers", Kind.RPC, _rpc(running, node), SYNC, (source,))
            for _, node in nodes
        ),
    ]


def _mixed(running: Network) -> list[Lane]:
    """A little of everything, by strangers whose balance is soon used up."""
    payers = _accounts(running, "flood: mixed", MIXED_PAYERS, each=MIXED_FUNDS)
    poor = payers[0]
    refused = (
        refused_without_account(),
        refused_by_signature(poor),
        garbage(),
        *refused_registers(running, list(Gate)).values(),
    )
    simulations, queries = services(poor)
    lanes = _pushing(running, "peers: refused", refused, count=MIXED_PEERS)
    paying = iter(map(accepted_multi_send, payers))
    for number, node in zip(range(MIXED_RPC_CONNECTIONS), _in_turn(running), strict=False):
        accepted = next(paying, None)
        name, sources = ("refused", refused) if accepted is None else ("accepted", (accepted,))
        method = (SYNC, ASYNC)[number // len(running.validators) % 2]
        lanes.append(Lane(f"rpc: {name}", Kind.RPC, _rpc(running, node), method, sources))
    for _, node in zip(range(GRPC_CLIENTS), _in_turn(running), strict=False):
        lanes.append(Lane("grpc", Kind.GRPC, running.grpc(node), calls=(*simulations, *queries)))
    return lanes


def _accounts(running: Network, name: str, count: int, *, each: int = FUNDS) -> list[Account]:
    """Funded ones, as the chain has them."""
    accounts = [Account(f"{name} {number}") for number in range(count)]
    running.fund([account.address for account in accounts], each=each)
    with running.client(running.localnet.bootstrap) as chain:
        for account in accounts:
            found = chain.account(account.address)
            account.number, account.sequence = found.number, found.sequence
    return accounts


def _in_turn(running: Network) -> Iterable[LocalNode]:
    return itertools.cycle(running.validators)


def _rpc(running: Network, node: LocalNode) -> str:
    return running.rpc(node).removeprefix("http://")


def _without_gas_limit(genesis: GenesisFile) -> None:
    branch(branch(genesis.document, "consensus_params"), "block")["max_gas"] = "-1"


_GATES: Final[Mapping[str, Scenario]] = {
    f"e-{gate}": Scenario(
        f"registers refused at the gate of {gate}, 1 peer and 8 RPC connections",
        partial(_registers, gate=gate),
        change=one_node_a_machine,
    )
    for gate in Gate
}
SCENARIOS: Final[Mapping[str, Scenario]] = {
    "a1": Scenario("1 hostile peer", partial(_peers, count=1)),
    "a4": Scenario("4 hostile peers", partial(_peers, count=4)),
    "a1s": Scenario("1 hostile peer, 200 bytes each", partial(_small_peers, count=1)),
    "a4s": Scenario("4 hostile peers, 200 bytes each", partial(_small_peers, count=4)),
    "b": Scenario("32 RPC connections that broadcast", _broadcasts),
    "c18": Scenario(
        "18 MB of multi-sends for the mempool",
        partial(_full, make=accepted_multi_send, size=18_000_000),
        fill_bytes=MEMPOOL_BYTES * 9 // 10,
    ),
    "c100": Scenario(
        "100 MB of multi-sends for the mempool",
        partial(_full, make=accepted_multi_send, size=100_000_000),
        fill_bytes=MEMPOOL_BYTES * 9 // 10,
    ),
    "c60k": Scenario(
        "60,000 sends for the mempool, and no max_gas",
        partial(_full, make=accepted_send, count=60_000),
        change=_without_gas_limit,
        fill_count=MEMPOOL_TRANSACTIONS * 9 // 10,
    ),
    "c10k": Scenario(
        "10,000 sends of which a block has room for one",
        partial(_full, make=partial(accepted_send, gas=MAX_BLOCK_GAS), count=10_000),
        fill_count=MEMPOOL_TRANSACTIONS * 9 // 10,
    ),
    "d": Scenario("64 gRPC clients and 16 of ABCI queries", _questions),
    **_GATES,
    "mixed": Scenario(
        "8 peers, 64 RPC connections and 64 gRPC clients",
        _mixed,
        change=one_node_a_machine,
    ),
}
"""By the name that the command takes."""
