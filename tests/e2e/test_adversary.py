"""Attack 15 on a real network: one of four validators lies about confirms whenever it proposes.

Its process is the product's node with a dishonest PrepareProposal (tests.adversary); the others are
the product. One run for all lies: the liar takes the next one at each of its turns.
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

import pytest

from chain_module.app.modules import KINDS
from chain_module.registration.confirm_tx import MsgConfirmNode, encode_confirm, is_confirm
from chain_module.registration.messages import MsgRegisterNode
from chain_module.tx.codec import decode_tx
from enclave.attestation.collateral import Collateral
from enclave.attestation.quote import parse_quote
from enclave.attestation.verifier import verify_quote
from enclave.crypto.labels import Mode
from enclave.crypto.seed_envelope import node_id
from enclave.registration.network import NetworkInputs, network_id
from enclave.registration.records import verdict_of
from node.chain_client import ChainClient, tx_hash
from node.config import Home, NodeConfig
from node.config.cometbft import edit_cometbft
from node.config.engine_keys import read_engine_keys
from node.join.genesis import read_genesis
from node.keyring import SigningKey
from node.localnet.building import genesis_of
from node.localnet.homes import ensure_key
from node.localnet.network import Network
from node.localnet.plan import OPERATOR, new_localnet
from node.localnet.steps import Steps
from node.supervisor import Group
from node.supervisor.node_group import Part, log_file, node_group
from node.supervisor.probes import Probe
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import tx_pb2
from tests.adversary.lies import LIES
from tests.second_opinion import agreement as second
from tests.support.cli import python_path
from tests.support.faults import FUNDS, check_one_state, send
from tests.support.localnets import Net, free_offset, net
from tests.support.process import EnclaveProcess
from tests.support.secrets import secrets_of

LIAR: Final = "validator2"
HONEST: Final = ("validator0", "validator1", "validator3")
VALIDATORS: Final = 4
BLOCK_MS: Final = 200
PATIENCE_SECS: Final = 90
ANCHOR_DEPTH: Final = 3
DIFFERS, EXTRA, MISSING, REFUSED = (
    f"proposal_{name}"
    for name in ("confirm_differs", "confirms_extra", "confirms_missing", "tx_refused")
)
CODES: Final = {
    "omit_confirm": MISSING,
    "omit_all_confirms": MISSING,
    "confirm_twice": EXTRA,
    "confirm_without_register": EXTRA,
    "confirm_of_absent_register": EXTRA,
    "wrong_envelope": DIFFERS,
    "wrong_status": DIFFERS,
    "wrong_machine": DIFFERS,
    "wrong_operator": DIFFERS,
    "confirm_first": REFUSED,
    "user_tx_last": REFUSED,
    "other_encoding": REFUSED,
    "broken_user_tx": REFUSED,
}
"""For what each lie is refused."""


@dataclass(frozen=True, slots=True)
class Line:
    """A record of a node's log."""

    event: str
    fields: dict[str, Any]


def group_of(
    home: Home, config: NodeConfig, *, engine: Path, name: str, awaits: Probe | None
) -> Group:
    """A node's processes; the liar's application is the dishonest one. Its logs are JSON."""
    replace(config, log_format="json").save(home)
    # Failed rounds cost little.
    steps = ("propose", "prevote", "precommit")
    edit_cometbft(home, {f"consensus.timeout_{step}": "400ms" for step in steps})
    group = node_group(home, config, engine=engine, name=name, awaits=awaits)
    if name != LIAR:
        return group
    lie = ("-m", "tests.adversary", str(home.path), "all", "--after", str(VALIDATORS))
    return replace(
        group,
        processes=tuple(
            replace(
                spec,
                command=(sys.executable, *lie),
                environment={"PYTHONPATH": python_path()},
            )
            if spec.name == Part.NODE
            else spec
            for spec in group.processes
        ),
    )


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


@pytest.fixture(scope="module")
def story(engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with net() as network:
        network.folder.save(
            new_localnet(validators=VALIDATORS, port_offset=free_offset(), block_ms=BLOCK_MS)
        )
        story = Story(network, tmp_path_factory.mktemp("newcomer"))
        steps = Steps(lambda line: print(line.text))
        ran = Network(
            network.folder, engine=engine, steps=steps, report=print, group_of=group_of
        ).run(story.play)
        assert ran
        yield story


def test_15_every_lie_is_told_and_refused_by_every_honest_validator(story: Story) -> None:
    liar = read_engine_keys(story.network.home(LIAR)).validator_address.lower()
    told = lies_told(story.network)
    assert set(told) == set(LIES) == set(CODES)
    for name in HONEST:
        refused = [
            (line.fields["height"], line.fields["code"])
            for line in lines_of(story.network, name)
            if line.event == "proposal_refused" and line.fields["proposer"] == liar
        ]
        for lie, height in told.items():
            assert (height, CODES[lie]) in refused, (name, lie, refused)


def test_15_nobody_refuses_an_honest_proposer(story: Story) -> None:
    liar = read_engine_keys(story.network.home(LIAR)).validator_address.lower()
    for name in (*HONEST, LIAR):
        for line in lines_of(story.network, name):
            if line.event == "proposal_refused":
                assert line.fields["proposer"] == liar, (name, line)


def test_15_the_chain_goes_on_and_every_register_lands(story: Story) -> None:
    assert len(story.sent) >= len(LIES) - 1
    names = {tx_hash(raw) for txs in story.blocks.values() for raw in txs}
    assert set(story.sent) <= names
    assert story.states >= max(lies_told(story.network).values())


def test_15_every_confirm_on_the_chain_is_what_an_honest_enclave_makes(story: Story) -> None:
    """All of its bytes, by another program: from the seed, the register and the header's time."""
    enclave = story.network.home("validator0").enclave
    seed = secrets_of(enclave)["seed"]
    data = genesis_of(story.network.home("validator0"))
    inputs = read_genesis(data, where="the genesis").inputs
    confirms = 0
    for height, txs in story.blocks.items():
        made = [
            confirm_of(raw, inputs, seed=seed, gate_time=story.times[height - 1])
            for raw in txs
            if not is_confirm(raw) and registers_in(raw)
        ]
        assert made == [raw for raw in txs if is_confirm(raw)], height
        assert made == list(txs[len(txs) - len(made) :])
        confirms += len(made)
    # Three validators, the localnet's own newcomer, and those that were sent here.
    assert confirms == VALIDATORS + len(story.sent)


def registers_in(raw: bytes) -> list[MsgRegisterNode]:
    """Of a transaction."""
    tx = decode_tx(raw, KINDS)
    return [message for message in tx.messages if isinstance(message, MsgRegisterNode)]


def confirm_of(raw: bytes, inputs: NetworkInputs, *, seed: bytes, gate_time: int) -> bytes:
    """The only confirm that a register may have."""
    (register,) = registers_in(raw)
    quote, floor = parse_quote(register.quote), inputs.floor
    report = verify_quote(
        quote,
        Collateral.parse(register.collateral),
        root_der=floor.attestation_root,
        now=gate_time // 10**9,
    )
    envelope = second.seal_envelope(
        Mode.SOFTWARE.value,
        network_id(inputs),
        register.epoch,
        seed=seed,
        exchange_key=register.exchange_key,
        kem_ciphertext=register.kem_ciphertext,
        report_data=quote.report_data,
    )
    return encode_confirm(
        MsgConfirmNode(
            node_id=node_id(Mode.SOFTWARE, register.exchange_key),
            operator=register.operator,
            exchange_key=register.exchange_key,
            epoch=register.epoch,
            envelope=envelope,
            register_tx_hash=bytes.fromhex(tx_hash(raw)),
            verdict=verdict_of(report),
        )
    )
