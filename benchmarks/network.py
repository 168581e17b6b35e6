"""A network of four validators as operators run it: `seedpactd start` for each, on this machine."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from cosmpy.protos.cosmos.bank.v1beta1.bank_pb2 import Input, Output
from cosmpy.protos.cosmos.bank.v1beta1.tx_pb2 import MsgMultiSend
from cosmpy.protos.cosmos.base.v1beta1.coin_pb2 import Coin

from benchmarks.measure import out_folder
from chain_module.address import to_text
from chain_module.bank.coins import DENOM
from enclave.crypto.labels import Mode
from node.chain_client import ChainClient, ChainFailure
from node.config import Home, NodeConfig
from node.config.cometbft import engine_addresses
from node.config.parts import Part, pid_file
from node.engine_rpc import EngineRpc, EngineRpcFailure
from node.genesis import GenesisFile
from node.join.enclave_process import enclave_of
from node.localnet.building import make_genesis, make_homes
from node.localnet.homes import ensure_key
from node.localnet.joining import client_of, register
from node.localnet.plan import DEFAULT_BLOCK_MS, FAUCET, Localnet, LocalNode, new_localnet
from node.localnet.store import Folder
from node.supervisor import running
from tests.support.cli import COMMAND, python_path
from tests.support.ports import free_offset

VALIDATORS: Final = 4
CHAIN_ID: Final = "seedpact-bench"
READY_SECS: Final = 120.0
POLL_SECS: Final = 0.05
STOP_SECS: Final = 30
OUTPUTS: Final = 100
"""Of one MsgMultiSend."""
FUNDS: Final = 10**9
"""useed for each newcomer: far more than a register costs."""


@dataclass
class Network:
    """A network that runs."""

    folder: Folder
    localnet: Localnet
    network_id: bytes = b""
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def validators(self) -> Sequence[LocalNode]:
        """Its nodes."""
        return self.localnet.nodes

    def home(self, node: LocalNode) -> Home:
        """A node's."""
        return self.folder.home(node)

    def rpc(self, node: LocalNode) -> str:
        """A node's CometBFT RPC."""
        return f"http://{engine_addresses(self.home(node))[0]}"

    def peer(self, node: LocalNode) -> str:
        """Where a node's peers connect, as HOST:PORT."""
        return engine_addresses(self.home(node))[1]

    def grpc(self, node: LocalNode) -> str:
        """A node's services."""
        return NodeConfig.load(self.home(node)).grpc_listen

    def client(self, node: LocalNode) -> ChainClient:
        """A client of a node."""
        return client_of(self.home(node))

    def start(self, node: LocalNode) -> None:
        """Starts a node's processes."""
        home = self.home(node)
        with (home.logs / "start.log").open("ab") as log:
            self.processes[node.name] = subprocess.Popen(
                [*COMMAND, "start", "--home", str(home.path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": python_path()},
            )

    def kill(self, node: LocalNode) -> None:
        """Kill -9 of all that belongs to a node, at once."""
        pids = self.pids(node)
        self.processes[node.name].kill()
        for pid in pids.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.processes[node.name].wait(STOP_SECS)
        wait_until(lambda: not self.pids(node), f"the end of {node.name}")

    def pids(self, node: LocalNode) -> dict[Part, int]:
        """Of those of its processes that run."""
        found = {part: running(pid_file(self.home(node), part)) for part in Part}
        return {part: one.pid for part, one in found.items() if one is not None}

    def height(self, node: LocalNode) -> int:
        """Of the newest block that a node has committed; 0 while it does not answer."""
        try:
            with EngineRpc(self.rpc(node), timeout_secs=POLL_SECS * 20) as engine:
                return engine.status().latest_height
        except EngineRpcFailure:
            return 0

    def fund(self, addresses: Sequence[bytes], *, each: int = FUNDS) -> None:
        """Sends `each` useed of the faucet to new accounts."""
        faucet = ensure_key(self.folder.faucet_home, FAUCET)
        with self.client(self.localnet.bootstrap) as chain:
            for start in range(0, len(addresses), OUTPUTS):
                some = addresses[start : start + OUTPUTS]
                message = MsgMultiSend(
                    inputs=[Input(address=faucet.info.address, coins=_coins(each * len(some)))],
                    outputs=[Output(address=to_text(one), coins=_coins(each)) for one in some],
                )
                chain.send_tx([message], faucet)

    def stop(self) -> None:
        """Ends all, as Ctrl-C does."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            process.wait(STOP_SECS)


@contextlib.contextmanager
def network(
    *,
    validators: int = VALIDATORS,
    block_ms: int = DEFAULT_BLOCK_MS,
    change: Callable[[GenesisFile], None] = lambda _genesis: None,
) -> Iterator[Network]:
    """A network whose validators all hold the seed, for the length of a block.

    Args:
        validators: how many.
        block_ms: their pause after each block.
        change: may edit the genesis.
    """
    with tempfile.TemporaryDirectory(dir=out_folder()) as path:
        folder = Folder(Path(path))
        localnet = new_localnet(
            validators=validators,
            chain_id=CHAIN_ID,
            port_offset=free_offset(),
            block_ms=block_ms,
        )
        folder.save(localnet)
        made = Network(folder, localnet)
        make_homes(folder, localnet)
        first = made.home(localnet.bootstrap)
        with enclave_of(first.enclave, mode=Mode.SOFTWARE, address=None, configured="") as client:
            made.network_id = make_genesis(folder, localnet, client, change=change)
        try:
            for node in localnet.nodes:
                made.start(node)
            for node in localnet.nodes:
                wait_until(partial(_serves, made, node), f"services of {node.name}")
            _register_validators(made)
            yield made
        finally:
            made.stop()


def wait_until(question: Callable[[], bool], what: str, *, seconds: float = READY_SECS) -> None:
    """Until it is true. Raises RuntimeError."""
    deadline = time.monotonic() + seconds
    while not question():
        if time.monotonic() >= deadline:
            raise RuntimeError(f"no {what} within {seconds:.0f} s")
        time.sleep(POLL_SECS)


def _serves(network: Network, node: LocalNode) -> bool:
    try:
        with network.client(node) as chain:
            return chain.height() >= 1 and chain.params().network_id == network.network_id
    except ChainFailure:
        return False


def _register_validators(network: Network) -> None:
    """Each asks its own node."""

    def join(node: LocalNode) -> None:
        register(network.folder, node, node, network_id=network.network_id, progress=lambda _: None)

    others = network.localnet.validators[1:]
    with ThreadPoolExecutor(max(1, len(others))) as pool:
        list(pool.map(join, others))


def _coins(amount: int) -> list[Coin]:
    return [Coin(denom=DENOM, amount=str(amount))]
