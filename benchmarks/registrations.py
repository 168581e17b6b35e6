"""How many registrations four validators take in a second, and what memory they then have.

Newcomers made their keys and quotes before (enclaves in this process, as code and machines of their
own); their registers are then sent to all four nodes, each time that a mempool has room. Counted
are those that were confirmed, over the time between the decisions of the first and the last block
with registers, the first block's own left out. Memory is VmRSS as the kernel counts it, of the
process of each kind that has the most.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.joins import Headers, headers_of
from benchmarks.measure import Effort, Figure
from benchmarks.network import Network, network
from benchmarks.picture import Panel, bars
from chain_module.registration.messages import REGISTER_NODE
from enclave.attestation.types import Measurement
from enclave.crypto.labels import Mode
from enclave.registration.network import NetworkInputs
from node.chain_client import ChainClient, TxRefused
from node.config.parts import Part
from node.genesis.defaults import own_measurements
from node.join.genesis import read_genesis
from node.localnet.plan import LocalNode
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import tx_pb2, types_pb2
from tests.support.enclaves import Node
from tests.support.wallets import Account

CALLS: Final = 600
"""Registers."""
FEW: Final = 20
ANCHOR_DEPTH: Final = 3
REGISTER_GAS: Final = 4_000_000
FULL: Final = frozenset({"too_many_waiting", "register_waiting", "mempool_is_full"})
"""Refusals of a mempool that has no room now."""
PAUSE_SECS: Final = 0.05
PATIENCE_SECS: Final = 300.0
MEMORY_MB: Final[dict[Part, float | None]] = {
    Part.NODE: 200.0,
    Part.ENCLAVE: 120.0,
    Part.COMETBFT: None,
}


@dataclass(frozen=True)
class Ready:
    """A register that can be sent."""

    node_id: bytes
    raw: bytes


@dataclass(frozen=True)
class Registering:
    """What a chain tells its newcomers at one moment."""

    chain: ChainClient
    inputs: NetworkInputs
    keys: types_pb2.NetworkKeys
    purpose: pb.RegisterPurpose
    """Without an operator."""

    @staticmethod
    def of(chain: ChainClient) -> Registering:
        """Asks a node."""
        keys = chain.network_keys()
        anchor = chain.header(chain.height() - ANCHOR_DEPTH)
        purpose = pb.RegisterPurpose(
            epoch=keys.epoch, anchor_height=anchor.height, anchor_hash=anchor.hash
        )
        inputs = read_genesis(chain.genesis(), where="the bench").inputs
        return Registering(chain, inputs, keys, purpose)

    def message(
        self, operator: Account, newcomer: Node, *, bound_to: Account | None = None
    ) -> tx_pb2.MsgRegisterNode:
        """The register of a newcomer, which makes its keys and its quote.

        Args:
            operator: sends it; gets its account number.
            newcomer: an enclave without keys.
            bound_to: another operator, whom the quote binds.
        """
        newcomer.create_node_key(self.inputs, kem_io=self.keys.kem_io, epoch=self.keys.epoch)
        wanted = pb.RegisterPurpose()
        wanted.CopyFrom(self.purpose)
        wanted.operator = (bound_to or operator).address
        quote = newcomer.make_quote(wanted)
        operator.number = self.chain.account(operator.address).number
        return tx_pb2.MsgRegisterNode(
            operator=operator.text,
            exchange_key=quote.exchange_key,
            kem_ciphertext=quote.kem_ciphertext,
            epoch=self.keys.epoch,
            anchor_height=wanted.anchor_height,
            anchor_hash=wanted.anchor_hash,
            tls_key=quote.tls_key,
            quote=quote.evidence.quote,
            collateral=quote.evidence.collateral,
            moniker=operator.name,
        )


def own_code() -> Measurement:
    """What a newcomer of this installation is."""
    (code,) = own_measurements(Mode.SOFTWARE)
    return code


def run(effort: Effort) -> list[Figure]:
    """Registrations a second, in a block, and memory before and after."""
    count = max(effort.calls, FEW)
    with network() as running:
        before = memory(running)
        ready = prepare(running, count)
        first = running.height(running.localnet.bootstrap)
        _send_all(running, ready)
        heights = _heights(running, ready)
        headers = headers_of(running, first, max(heights))
        after = memory(running)
    return [*figures_of(heights, headers), *_memory(before, after, count)]


def picture(figures: Sequence[Figure]) -> list[Panel]:
    """A panel for each kind of figure."""
    rates, memories = figures[: -2 * len(Part)], figures[-2 * len(Part) :]
    return [
        bars("Registrations a second", [one for one in rates if one.unit == "per s"]),
        bars("Registrations in a block", [one for one in rates if one.unit == "per block"]),
        bars("Interval of blocks", [one for one in rates if one.unit == "ms"]),
        bars("Memory of one process (VmRSS), MB", memories),
    ]


def prepare(running: Network, count: int) -> list[Ready]:
    """Registers of as many newcomers: funds operators, makes keys and quotes, signs."""
    operators = [Account(f"registrations {number}") for number in range(count)]
    running.fund([operator.address for operator in operators])
    with running.client(running.localnet.bootstrap) as chain:
        now = Registering.of(chain)
        return [_register(now, operator) for operator in operators]


def memory(running: Network) -> dict[Part, tuple[float, ...]]:
    """Megabytes of 10^6 bytes, by kind of process, of each node."""
    pids = [running.pids(node) for node in running.validators]
    return {part: tuple(rss_mb(found[part]) for found in pids) for part in Part}


def rss_mb(pid: int) -> float:
    """VmRSS; the kernel counts in units of 1,024."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    (value,) = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
    return int(value) * 1_024 / 1e6


def figures_of(heights: Sequence[int], headers: Headers) -> list[Figure]:
    """The rate, from the block of each registration."""
    counts = Counter(heights)
    first, last = min(counts), max(counts)
    seconds = headers.decided[last] - headers.decided[first]
    confirmed = sum(count for height, count in counts.items() if height > first)
    blocks = range(first + 1, last + 1)
    per_block = tuple(float(counts[height]) for height in blocks)
    intervals = tuple(1_000 * (headers.decided[h] - headers.decided[h - 1]) for h in blocks)
    name = "registrations, 4 validators"
    return [
        Figure(f"{name}: a second, sustained", confirmed / seconds, "per s"),
        Figure(f"{name}: in a block", confirmed / len(blocks), "per block", samples=per_block),
        Figure(
            f"{name}: interval of blocks meanwhile",
            sum(intervals) / len(intervals),
            "ms",
            samples=intervals,
        ),
    ]


def _register(now: Registering, operator: Account) -> Ready:
    newcomer = Node(operator.name, code=own_code())
    message = now.message(operator, newcomer)
    chain_id = now.inputs.chain_id
    raw = operator.sign([(REGISTER_NODE, message)], chain_id=chain_id, gas=REGISTER_GAS)
    return Ready(newcomer.info().node_id, raw)


def _send_all(running: Network, ready: Sequence[Ready]) -> None:
    """Each node gets its share, as fast as it takes them."""
    nodes = running.validators

    def feed(number: int, node: LocalNode) -> None:
        deadline = time.monotonic() + PATIENCE_SECS
        with running.client(node) as chain:
            for one in ready[number :: len(nodes)]:
                while not _taken(chain, one.raw):
                    if time.monotonic() > deadline:
                        raise RuntimeError(f"{node.name} has no room")
                    time.sleep(PAUSE_SECS)

    with ThreadPoolExecutor(len(nodes)) as pool:
        list(pool.map(feed, range(len(nodes)), nodes))


def _taken(chain: ChainClient, raw: bytes) -> bool:
    try:
        chain.broadcast(raw)
    except TxRefused as refused:
        if refused.code not in FULL:
            raise
        return False
    return True


def _heights(running: Network, ready: Sequence[Ready]) -> list[int]:
    """The block of each registration."""
    heights: list[int] = []
    deadline = time.monotonic() + PATIENCE_SECS
    with running.client(running.localnet.bootstrap) as chain:
        for one in ready:
            while (record := chain.node(one.node_id)) is None:
                if time.monotonic() > deadline:
                    raise RuntimeError("a register that the mempool took is in no block")
                time.sleep(PAUSE_SECS)
            heights.append(record.height)
    return heights


def _memory(
    before: dict[Part, tuple[float, ...]], after: dict[Part, tuple[float, ...]], count: int
) -> list[Figure]:
    return [
        Figure(f"{part}: memory {when}", max(found[part]), "MB", MEMORY_MB[part], found[part])
        for part in Part
        for when, found in (("at first", before), (f"after {count} registrations", after))
    ]
