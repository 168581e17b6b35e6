"""What a faulty day of a localnet needs besides faults: load, registrations, one account.

A light newcomer is an enclave process that registers through a node of the network: it costs no
node of its own.
"""

from __future__ import annotations

import contextlib
import itertools
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from cosmpy.protos.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from cosmpy.protos.cosmos.base.v1beta1.coin_pb2 import Coin

from chain_module.address import to_text
from node.chain_client import ChainClient, ChainFailure
from node.config import Home
from node.enclave_client import EnclaveClient
from node.engine_rpc import EngineRpcFailure
from node.join import Join, Joined, join
from node.keyring import SigningKey
from node.localnet.building import network_id_of
from node.localnet.homes import ensure_key
from node.localnet.plan import OPERATOR
from seedpact.registration.v1 import types_pb2
from tests.support.localnets import PATIENCE_SECS, Net
from tests.support.process import EnclaveProcess

T = TypeVar("T")

FUNDS: Final = 10_000_000
LOAD_TIMEOUT_SECS: Final = 15.0
PAUSE_SECS: Final = 0.05


@dataclass
class Light:
    """A newcomer without a node."""

    enclave: EnclaveProcess
    done: Joined

    def pk_io(self) -> bytes:
        """Of the seed that it holds."""
        with EnclaveClient(self.enclave.address) as client:
            return client.get_network_keys().keys[0].pk_io


class Registrations:
    """Light newcomers, registered one after the other beside everything else."""

    def __init__(self, network: Net) -> None:
        self._network = network
        self._folder = tempfile.TemporaryDirectory(prefix="light-")
        self._numbers = itertools.count()
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._wanted: list[Future[Light]] = []
        self._enclaves: list[EnclaveProcess] = []
        bystander = ensure_key(Home(Path(self._folder.name) / "bystander"), OPERATOR)
        self.address = bystander.info.raw_address
        """Of an account that gets coins in tests."""

    def begin(self, through: str) -> Future[Light]:
        """Asks for one more, through that node."""
        wanted = self._pool.submit(self._register, through, next(self._numbers))
        self._wanted.append(wanted)
        return wanted

    def all(self) -> list[Light]:
        """Every one, when the last has joined. Raises what any of them met."""
        return [wanted.result() for wanted in self._wanted]

    def close(self) -> None:
        """Ends their enclaves."""
        self._pool.shutdown(cancel_futures=True)
        for enclave in self._enclaves:
            enclave.stop()
        self._folder.cleanup()

    def _register(self, through: str, number: int) -> Light:
        home = Home(Path(self._folder.name) / str(number))
        home.make_folders()
        enclave = EnclaveProcess(home.enclave)
        self._enclaves.append(enclave)
        operator = ensure_key(home, OPERATOR)
        persist(lambda: self._fund(through, operator.info.raw_address))
        peer = self._network.status(through)
        wish = Join(
            home=home.path,
            peer_rpc=peer.rpc,
            peer_grpc=peer.grpc,
            operator=operator,
            network_id=network_id_of(self._network.home(through)),
            moniker=f"light{number}",
            enclave=enclave.address,
        )
        return Light(enclave, persist(lambda: join(wish)))

    def _fund(self, through: str, address: bytes) -> None:
        with self._network.chain(through) as chain:
            if chain.balance(address) < FUNDS:
                send(chain, self._network.faucet(), address, FUNDS)


class Load(threading.Thread):
    """Bank sends, one after the other, through whichever validator answers."""

    def __init__(self, network: Net, names: Sequence[str], folder: Path) -> None:
        super().__init__()
        self.committed = 0
        self.failed = 0
        self._network, self._names = network, names
        self._over = threading.Event()
        self._key = ensure_key(Home(folder / "payer"), OPERATOR)
        self.receiver = ensure_key(Home(folder / "receiver"), OPERATOR).info.raw_address
        with network.chain() as chain:
            send(chain, network.faucet(), self._key.info.raw_address, 10**9)

    def run(self) -> None:
        """Until `end`."""
        for name in itertools.cycle(self._names):
            if self._over.wait(PAUSE_SECS):
                return
            try:
                with self._network.chain(name) as chain:
                    send(chain, self._key, self.receiver, 1)
                self.committed += 1
            except ChainFailure:
                self.failed += 1

    def end(self) -> None:
        """Stops it."""
        self._over.set()
        self.join()


def persist(act: Callable[[], T]) -> T:
    """What people do whose node was killed under them: the same again, while it heals."""
    deadline = time.monotonic() + PATIENCE_SECS
    while True:
        try:
            return act()
        except (ChainFailure, EngineRpcFailure):
            if time.monotonic() >= deadline:
                raise
            time.sleep(1)


def send(chain: ChainClient, key: SigningKey, receiver: bytes, amount: int) -> None:
    """A bank send that is in a block. Raises ChainFailure."""
    coin = Coin(denom="useed", amount=str(amount))
    message = MsgSend(from_address=key.info.address, to_address=to_text(receiver), amount=[coin])
    # A node that lags names an old sequence: two equal sends would then be one transaction.
    chain.send_tx([message], key, timeout=LOAD_TIMEOUT_SECS, memo=secrets.token_hex(8))


@contextlib.contextmanager
def load(network: Net, names: Sequence[str]) -> Iterator[Load]:
    """Load for the length of a block."""
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        running = Load(network, names, Path(folder))
        running.start()
        try:
            yield running
        finally:
            running.end()


@contextlib.contextmanager
def registrations(network: Net) -> Iterator[Registrations]:
    """Light newcomers for the length of a block."""
    made = Registrations(network)
    try:
        yield made
    finally:
        made.close()


def check_one_state(network: Net, *, first: int = 1) -> int:
    """Asserts that all nodes have one app hash at every height from `first` on; the last one."""
    names = [node.name for node in network.localnet.nodes]
    network.wait_for(lambda: _spread(network) <= 1, "all nodes at one height")
    height = min(status.height or 0 for status in network.look())
    hashes = {name: _app_hashes(network, name, first, height) for name in names}
    for name in names[1:]:
        assert hashes[name] == hashes[names[0]], name
    return height


def check_accepted(network: Net, accepted: Sequence[bytes]) -> None:
    """Asserts that every node's state has each of these node ids, CONFIRMED."""
    for node in network.localnet.nodes:
        with network.chain(node.name) as chain:
            for node_id in accepted:
                record = chain.node(node_id)
                assert record is not None, (node.name, node_id.hex())
                assert record.status == types_pb2.NODE_STATUS_CONFIRMED


def _spread(network: Net) -> int:
    heights = [status.height or 0 for status in network.look()]
    return max(heights) - min(heights)


def _app_hashes(network: Net, name: str, first: int, last: int) -> list[str]:
    return [
        network.rpc(name, f"header?height={at}")["header"]["app_hash"]
        for at in range(first, last + 1)
    ]
