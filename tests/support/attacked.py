"""A localnet of which one validator lies, and two of whose enclaves are overheard, for one run.

Everything is the product's, started by its supervisor; but the liar's application is
`tests.adversary`, and between two hosts and their enclaves sits a relay that keeps all bytes.
"""

from __future__ import annotations

import itertools
import json
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from node.chain_client import ChainClient
from node.config import Home, NodeConfig
from node.config.cometbft import edit_cometbft
from node.config.engine_keys import read_engine_keys
from node.config.parts import Part, log_file
from node.join.genesis import read_genesis
from node.keyring import SigningKey
from node.localnet.building import genesis_of
from node.localnet.homes import ensure_key
from node.localnet.network import Network
from node.localnet.plan import OPERATOR, new_localnet
from node.localnet.steps import Steps
from node.supervisor import Group, ProcessSpec
from node.supervisor.node_group import node_group
from node.supervisor.probes import Probe
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import tx_pb2
from tests.adversary.lies import LIES
from tests.support.cli import python_path
from tests.support.faults import FUNDS, check_one_state, send
from tests.support.localnets import Net
from tests.support.ports import free_offset
from tests.support.process import EnclaveProcess
from tests.support.relay import Relay

LIAR: Final = "validator2"
OVERHEARD: Final = ("validator0", "newcomer1")
HONEST: Final = ("validator0", "validator1", "validator3")
VALIDATORS: Final = 4
BLOCK_MS: Final = 200
PATIENCE_SECS: Final = 240
ANCHOR_DEPTH: Final = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A record of a node's log."""

    event: str
    fields: dict[str, Any]


class Groups:
    """Makes the nodes' processes: the product's, but for the liar's application and the relays."""

    def __init__(self) -> None:
        self.relays: dict[str, Relay] = {}

    def __call__(
        self, home: Home, config: NodeConfig, *, engine: Path, name: str, awaits: Probe | None
    ) -> Group:
        """A node's processes; its log is JSON, and refused rounds cost little."""
        replace(config, log_format="json").save(home)
        # Not that of the proposal: nobody votes before it has seen the lie.
        steps = ("prevote", "precommit")
        edit_cometbft(home, {f"consensus.timeout_{step}": "200ms" for step in steps})
        group = node_group(home, config, engine=engine, name=name, awaits=awaits)
        processes = [self._changed(spec, home, config, name=name) for spec in group.processes]
        return replace(group, processes=tuple(processes))

    def _changed(
        self, spec: ProcessSpec, home: Home, config: NodeConfig, *, name: str
    ) -> ProcessSpec:
        if spec.name == Part.NODE and name == LIAR:
            lie = ("-m", "tests.adversary", str(home.path), "all", "--after", str(VALIDATORS))
            environment = {"PYTHONPATH": python_path()}
            return replace(spec, command=(sys.executable, *lie), environment=environment)
        if spec.name == Part.ENCLAVE and name in OVERHEARD:
            # At the same port: it is part of the proof that the host asks for.
            known = config.enclave_address
            behind = known.replace("127.0.0.1", "127.0.0.2")
            self.relays[name] = Relay(known, to=behind)
            command = tuple(behind if word == known else word for word in spec.command)
            return replace(spec, command=command)
        return spec


class Registers:
    """A newcomer that asks again and again, each time with a newer quote: a renewal."""

    def __init__(self, network: Net, chain: ChainClient, folder: Path) -> None:
        self._chain = chain
        self._key: SigningKey = ensure_key(Home(folder / "operator"), OPERATOR)
        self.enclave = EnclaveProcess(folder / "enclave")
        self.sent: list[str] = []
        data = genesis_of(network.home("validator0"))
        keys = chain.network_keys()
        self.inputs = read_genesis(data, where="the genesis").inputs
        self.enclave.create_node_key(self.inputs, kem_io=keys.kem_io, epoch=keys.epoch)
        send(chain, network.faucet(), self._key.info.raw_address, FUNDS)

    def make(self) -> bytes:
        """A signed register, not yet sent."""
        anchor = self._chain.header(self._chain.height() - ANCHOR_DEPTH)
        address = self._key.info
        answer = self.enclave.make_quote(
            pb.RegisterPurpose(
                operator=address.raw_address,
                epoch=0,
                anchor_height=anchor.height,
                anchor_hash=anchor.hash,
            )
        )
        message = tx_pb2.MsgRegisterNode(
            operator=address.address,
            exchange_key=answer.exchange_key,
            kem_ciphertext=answer.kem_ciphertext,
            epoch=0,
            anchor_height=anchor.height,
            anchor_hash=anchor.hash,
            tls_key=answer.tls_key,
            quote=answer.evidence.quote,
            collateral=answer.evidence.collateral,
            moniker="again",
        )
        return self._chain.sign([message], self._key).raw

    def send(self, raw: bytes) -> str:
        """Offers it to the liar's mempool; its name."""
        self.sent.append(self._chain.broadcast(raw))
        return self.sent[-1]

    def landed(self, name: str) -> bool:
        """Whether it is in a block; an honest one, in which it succeeds."""
        found = self._chain.tx(name)
        assert found is None or found.code == 0, found
        return found is not None


class Story:
    """What happens while the network runs; looked at when it has stopped, too."""

    def __init__(self, network: Net, folder: Path) -> None:
        self.network, self._folder = network, folder
        self.blocks: dict[int, list[bytes]] = {}
        self.times: dict[int, int] = {}
        self.sent: list[str] = []
        self.states = 0
        self._groups = Groups()

    @property
    def frames(self) -> dict[str, list[bytes]]:
        """What hosts and their enclaves said to each other, by the node's name."""
        return {name: relay.streams for name, relay in self._groups.relays.items()}

    def run(self, engine: Path) -> None:
        """From nothing to the end of `play`; then everything has stopped."""
        steps = Steps(lambda line: print(line.text))
        self.network.folder.save(
            new_localnet(validators=VALIDATORS, port_offset=free_offset(), block_ms=BLOCK_MS)
        )
        running = Network(
            self.network.folder, engine=engine, steps=steps, report=print, group_of=self._groups
        )
        try:
            assert running.run(self.play)
        finally:
            for relay in self._groups.relays.values():
                relay.close()

    def play(self) -> None:
        """Registers at the liar's turns until it has told every lie; then reads the chain."""
        with self.network.chain(LIAR) as chain:
            registers = Registers(self.network, chain, self._folder)
            self.sent = registers.sent
            try:
                deadline = time.monotonic() + PATIENCE_SECS
                while len(lies_told(self.network)) < len(LIES):
                    assert time.monotonic() < deadline, lies_told(self.network)
                    self._turn(chain, registers)
            finally:
                registers.enclave.stop(signal.SIGKILL)
            self._read(chain)
        self.states = check_one_state(self.network)

    def _turn(self, chain: ChainClient, registers: Registers) -> None:
        """One register, which comes just before the liar proposes."""
        base = self._a_turn(chain)
        while (chain.height() + 2 - base) % VALIDATORS:
            self._after(chain, chain.height())
        raw = registers.make()
        self._after(chain, chain.height())
        name = registers.send(raw)
        self.network.wait_for(lambda: registers.landed(name), f"register {name}")

    def _a_turn(self, chain: ChainClient) -> int:
        """A height of the liar's: with equal power, every fourth is."""
        liar = bytes.fromhex(read_engine_keys(self.network.home(LIAR)).validator_address)
        for height in itertools.count(1):
            block, after = chain.block(height), chain.block(height + 1)
            assert after.last_commit is not None
            if block.header.proposer_address == liar and after.last_commit.round == 0:
                return height
        raise AssertionError

    def _after(self, chain: ChainClient, height: int) -> None:
        self.network.wait_for(lambda: chain.height() > height, f"a block after {height}")

    def _read(self, chain: ChainClient) -> None:
        for height in range(1, chain.height() + 1):
            block = chain.block(height)
            self.blocks[height] = list(block.txs)
            self.times[height] = block.header.time_ns


def lines_of(network: Net, name: str) -> Iterator[Line]:
    """The log of a node's application."""
    for text in log_file(network.home(name), Part.NODE).read_text().splitlines():
        if text.startswith("{"):
            fields = json.loads(text)
            yield Line(fields["event"], fields)


def lies_told(network: Net) -> dict[str, int]:
    """The first height at which each lie was told."""
    told: dict[str, int] = {}
    for line in lines_of(network, LIAR):
        if line.event == "lie_told":
            told.setdefault(line.fields["lie"], line.fields["height"])
    return told
