"""A newcomer takes a large state from a network in which three of four servers lie.

The liars' process is the product's node that sends other bytes in each chunk (`tests.adversary`);
the others are the product. The engine bans who sent a chunk that was refused.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest

from chain_module.bank.coins import DENOM, Coin
from chain_module.store.chunks import CHUNK_BYTES
from enclave.crypto.labels import Mode
from node.config import Home, NodeConfig
from node.config.engine_keys import read_engine_keys
from node.config.parts import Part
from node.genesis.entries import add_accounts
from node.join.enclave_process import enclave_of
from node.localnet.building import add_newcomer, make_genesis, make_homes, network_id_of
from node.localnet.joining import fund, register
from node.localnet.network import Network
from node.localnet.plan import LocalNode, Stage, new_localnet
from node.localnet.steps import Steps
from node.localnet.store import Folder
from node.storage.serving import BLOCKS_AFTER
from node.supervisor import Group, ProcessSpec
from node.supervisor.node_group import node_group
from node.supervisor.probes import Probe
from tests.support.abci_grammar import Summary, check_log
from tests.support.attacked import lines_of
from tests.support.cli import python_path
from tests.support.faults import check_one_state
from tests.support.localnets import Net, net
from tests.support.ports import free_offset
from tests.support.storage import digest

HONEST: Final = "validator0"
LIARS: Final = ("validator1", "validator2", "validator3")
BLOCK_MS: Final = 200
EVERY: Final = 20
CHUNKS: Final = 4
"""With one of four servers honest, a run in which no chunk is asked of a liar is one of 256."""
ACCOUNTS: Final = 28_000
"""Of some 116 bytes each."""
KEEP: Final = 20
"""Snapshots: a newcomer on a slow machine takes longer than the default allows."""
FETCHERS: Final = 4
"""Chunks that CometBFT asks for at the same time (chunk_fetchers)."""


class Groups:
    """Makes the nodes' processes: the product's, but for the liars' applications."""

    def __call__(
        self, home: Home, config: NodeConfig, *, engine: Path, name: str, awaits: Probe | None
    ) -> Group:
        """A node's processes; its log is JSON."""
        replace(config, log_format="json", snapshot_every=EVERY, snapshot_keep=KEEP).save(home)
        group = node_group(home, config, engine=engine, name=name, awaits=awaits)
        processes = [self._changed(spec, home, name=name) for spec in group.processes]
        return replace(group, processes=tuple(processes))

    def _changed(self, spec: ProcessSpec, home: Home, *, name: str) -> ProcessSpec:
        if spec.name != Part.NODE or name not in LIARS:
            return spec
        command = (sys.executable, "-m", "tests.adversary.chunks", str(home.path))
        return replace(spec, command=command, environment={"PYTHONPATH": python_path()})


@dataclass
class Story:
    """What happened, looked at when all has stopped, too."""

    network: Net
    newcomer: LocalNode | None = None
    states: int = 0

    def run(self, engine: Path) -> None:
        """From nothing to a newcomer that state-synced and holds the seed."""
        folder = self.network.folder
        build(folder)
        running = Network(
            folder,
            engine=engine,
            steps=Steps(lambda line: print(line.text)),
            report=print,
            group_of=Groups(),
        )

        def play() -> None:
            threading.Thread(target=running.watch, daemon=True).start()
            self.play()

        assert running.run(play)

    def play(self) -> None:
        """The newcomer, once all have a snapshot that they offer."""
        network, folder = self.network, self.network.folder
        network.wait_for(lambda: network.height() > EVERY + BLOCKS_AFTER + 1, "a snapshot of all")
        assert all(size > (CHUNKS - 1) * CHUNK_BYTES for size in snapshots(network))
        node = add_newcomer(folder, state_sync=True)
        self.newcomer = node
        network.wait_until_healed(node.name)
        through = network.localnet.bootstrap
        fund(folder, through, node)
        identity = network_id_of(folder.home(through))
        register(folder, through, node, network_id=identity, progress=lambda _: None)
        assert network.status(node.name).enclave_state == "HOLDER"
        first = network.rpc(node.name, "status")["sync_info"]["earliest_block_height"]
        self.states = check_one_state(network, first=int(first))


def build(folder: Folder) -> None:
    """Homes, and a genesis with as many accounts as those chunks hold."""
    localnet = new_localnet(validators=4, port_offset=free_offset(), block_ms=BLOCK_MS)
    folder.save(localnet)
    make_homes(folder, localnet)
    held = {digest("account", number)[:20]: (Coin(DENOM, 1),) for number in range(ACCOUNTS)}
    home = folder.home(localnet.bootstrap).enclave
    with enclave_of(home, mode=Mode.SOFTWARE, address=None, configured="") as client:
        make_genesis(folder, localnet, client, change=lambda made: add_accounts(made, held))
    folder.save(replace(localnet, stage=Stage.GENESIS))


def snapshots(network: Net) -> list[int]:
    """Sizes of the honest server's."""
    folder = network.home(HONEST).application_data / "snapshots"
    return [path.stat().st_size for path in folder.glob("*.snapshot")]


@pytest.fixture(scope="module")
def story(engine: Path) -> Iterator[Story]:
    with net() as network:
        made = Story(network)
        made.run(engine)
        yield made


@pytest.mark.long
def test_the_state_is_restored_and_each_liar_is_asked_no_more(story: Story) -> None:
    assert story.newcomer is not None
    lines = list(lines_of(story.network, story.newcomer.name))
    refused = [line.fields for line in lines if line.event == "chunk_refused"]
    ids = {read_engine_keys(story.network.home(name)).node_id for name in LIARS}
    senders = [line["sender"] for line in refused]
    assert senders
    assert set(senders) <= ids
    # Banned at the first: nothing more comes from it but what was on its way then.
    assert all(senders.count(sender) <= FETCHERS for sender in senders)
    (restored,) = (line.fields for line in lines if line.event == "state_restored")
    assert restored["height"] % EVERY == 0


@pytest.mark.long
def test_all_have_one_state_and_the_calls_were_legal(story: Story) -> None:
    assert story.newcomer is not None
    assert story.states > 0
    found: Summary = check_log(story.network.home(story.newcomer.name).logs / "abci-calls.jsonl")
    assert (found.state_syncs, found.clean_starts) == (1, 0)
    assert found.blocks > 0
