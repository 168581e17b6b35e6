"""A real chain of one validator: CometBFT, node and enclave of a localnet's bootstrap node."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cosmpy.protos.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from cosmpy.protos.cosmos.base.v1beta1.coin_pb2 import Coin

from chain_module.address import to_text
from chain_module.bank.coins import DENOM
from chain_module.bank.coins import Coin as BankCoin
from enclave.crypto.labels import Mode
from node.chain_client import ChainClient, ChainFailure
from node.config import Home, NodeConfig
from node.config.cometbft import engine_addresses
from node.config.engine_keys import read_engine_keys
from node.config.ports import OFFSET_STEP, Ports
from node.enclave_client import EnclaveClient
from node.genesis import GenesisFile
from node.genesis.bootstrap import bootstrap
from node.genesis.defaults import new_genesis
from node.genesis.entries import DEFAULT_POWER, add_account, add_validator
from node.join.enclave_process import enclave_of
from node.keyring import SigningKey
from node.localnet.building import make_homes
from node.localnet.homes import ensure_key
from node.localnet.plan import FAUCET, OPERATOR, Localnet, LocalNode, new_localnet
from node.localnet.store import Folder
from tests.support.cli import COMMAND, python_path
from tests.support.ports import free_offset

CHAIN_ID: Final = "seedpact-one"
BLOCK_MS: Final = 200
READY_SECS: Final = 60.0
FUNDS: Final = 10**15


@dataclass
class OneValidator:
    """A chain that runs, and what a client of it needs."""

    folder: Folder
    localnet: Localnet
    network_id: bytes
    process: subprocess.Popen[bytes]

    @property
    def node(self) -> LocalNode:
        """The validator."""
        return self.localnet.bootstrap

    @property
    def home(self) -> Home:
        """Its home."""
        return self.folder.home(self.node)

    @property
    def rpc(self) -> str:
        """CometBFT's RPC."""
        return f"http://{engine_addresses(self.home)[0]}"

    @property
    def grpc(self) -> str:
        """HOST:PORT."""
        return NodeConfig.load(self.home).grpc_listen

    @property
    def faucet(self) -> SigningKey:
        """Who has coins."""
        return ensure_key(self.folder.faucet_home, FAUCET)

    def ports(self, index: int) -> Ports:
        """Free ports of another node."""
        return Ports().shifted(self.localnet.port_offset + index * OFFSET_STEP)

    def client(self, *, chain_id: str = CHAIN_ID) -> ChainClient:
        """A client."""
        return ChainClient(grpc=self.grpc, rpc=self.rpc, chain_id=chain_id)

    def fund_raw(self, address: bytes, amount: int) -> None:
        """As `fund`, to 20 bytes."""
        self.fund(to_text(address), amount)

    def fund(self, address: str, amount: int) -> None:
        """Sends coins of the faucet."""
        send = MsgSend(
            from_address=self.faucet.info.address,
            to_address=address,
            amount=[Coin(denom="useed", amount=str(amount))],
        )
        with self.client() as chain:
            chain.send_tx([send], self.faucet)

    def wait_ready(self) -> None:
        """Until it has made a block and answers."""
        deadline = time.monotonic() + READY_SECS
        while True:
            try:
                with self.client() as chain:
                    if chain.height() >= 1 and chain.params().network_id == self.network_id:
                        return
            except ChainFailure as failure:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise AssertionError(self.log()) from failure
            time.sleep(0.1)

    def log(self) -> str:
        """The ends of all logs."""
        ends = [path.read_text(errors="replace")[-2000:] for path in self.home.logs.glob("*.log")]
        return "\n".join(ends)

    def stop(self) -> None:
        """Ends it, as Ctrl-C does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)


@contextlib.contextmanager
def one_validator(
    path: Path,
    *,
    change: Callable[[GenesisFile], None] = lambda _genesis: None,
    configure: Callable[[NodeConfig], NodeConfig] = lambda config: config,
) -> Iterator[OneValidator]:
    """A chain for the length of a block.

    `change` may edit its genesis before the seed is made, `configure` its node.toml.
    """
    folder = Folder(path)
    folder.path.mkdir(parents=True, exist_ok=True)
    localnet = new_localnet(
        validators=1, chain_id=CHAIN_ID, port_offset=free_offset(), block_ms=BLOCK_MS
    )
    folder.save(localnet)
    make_homes(folder, localnet)
    first = folder.home(localnet.bootstrap)
    with enclave_of(first.enclave, mode=Mode.SOFTWARE, address=None, configured="") as client:
        network_id = _make_genesis(folder, localnet, client, change)
    configure(NodeConfig.load(first)).save(first)
    with (path / "start.log").open("wb") as log:
        process = subprocess.Popen(
            [*COMMAND, "start", "--home", str(first.path)],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": python_path()},
        )
    running = OneValidator(folder, localnet, network_id, process)
    try:
        running.wait_ready()
        yield running
    finally:
        running.stop()


def _make_genesis(
    folder: Folder,
    localnet: Localnet,
    client: EnclaveClient,
    change: Callable[[GenesisFile], None],
) -> bytes:
    home = folder.home(localnet.bootstrap)
    genesis = new_genesis(home.genesis, chain_id=localnet.chain_id, mode=Mode.SOFTWARE)
    folder.faucet_home.path.mkdir(parents=True, exist_ok=True)
    operator = ensure_key(home, OPERATOR).info.raw_address
    for address in (ensure_key(folder.faucet_home, FAUCET).info.raw_address, operator):
        add_account(genesis, address, (BankCoin(DENOM, FUNDS),))
    validator = read_engine_keys(home).validator_key
    add_validator(genesis, validator, power=DEFAULT_POWER, name=localnet.bootstrap.name)
    change(genesis)
    made = bootstrap(genesis, client, operator=operator)
    genesis.save()
    return made.network_id
