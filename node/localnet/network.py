"""Runs a localnet: builds what is missing, starts every node, registers, watches until it ends.

The supervisor has the main thread; the steps run beside it. A network that was built before is
started again as it is; one that was built halfway goes on from where it stands.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

from node.config import ConfigFailure, Home, NodeConfig
from node.config.parts import Part
from node.enclave_client import EnclaveClient
from node.join import Joined, Progress
from node.localnet.building import add_newcomer, make_genesis, make_homes, network_id_of
from node.localnet.failures import LocalnetCode, LocalnetFailure
from node.localnet.joining import fund, register
from node.localnet.plan import LocalNode, Stage
from node.localnet.status import NodeStatus, look
from node.localnet.steps import Steps
from node.localnet.store import Folder
from node.supervisor import Group, Report, Supervisor, SupervisorFailure
from node.supervisor.node_group import node_group
from node.supervisor.preflight import check_home, check_ports
from node.supervisor.probes import Probe

READY_SECS: Final = 120.0
SYNC_SECS: Final = 120.0
POLL_SECS: Final = 0.2
END_SECS: Final = 15.0


class GroupOf(Protocol):
    """The processes of a node, as the supervisor runs them."""

    def __call__(
        self, home: Home, config: NodeConfig, *, engine: Path, name: str, awaits: Probe | None
    ) -> Group:
        """As `node_group`."""
        ...


class Network:
    """A localnet in this process.

    Args:
        folder: where it lies; localnet.json says what it is.
        engine: CometBFT's program.
        steps: is told of each step.
        report: is told what becomes of the processes.
        group_of: a node's processes; tests of the protocol bring a dishonest one.
    """

    def __init__(
        self,
        folder: Folder,
        *,
        engine: Path,
        steps: Steps,
        report: Report,
        group_of: GroupOf = node_group,
    ) -> None:
        self._group_of = group_of
        self.folder = folder
        self.steps = steps
        self._engine = engine
        self._supervisor = Supervisor(report, stays=True)
        self._genesis_is_final = threading.Event()
        self._started: set[str] = set()
        self._failed: BaseException | None = None

    def run(self, then: Callable[[], None]) -> bool:
        """Brings the network up, does `then`, and stops it; or stops it at a signal.

        Args:
            then: is called beside the supervisor once the network is complete.

        Returns:
            Whether `then` was reached.

        Raises:
            Whatever a step raised.
        """
        reached = threading.Event()

        def work() -> None:
            try:
                self._build()
                self._start()
                self._register()
                reached.set()
                then()
            except BaseException as error:  # noqa: BLE001 (raised again below)
                self._failed = error
            self._supervisor.stop()

        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        self._supervisor.run()
        worker.join(END_SECS)
        if self._failed is not None and not self._supervisor.interrupted:
            raise self._failed
        return reached.is_set()

    def watch(self) -> None:
        """Starts nodes that other commands add, until the end.

        One that cannot be started harms no other: the command that added it says so.
        """
        while not self._supervisor.stopping:
            for node in self.folder.load().nodes:
                if node.name not in self._started:
                    self._started.add(node.name)
                    try:
                        self._add(node)
                    except (ConfigFailure, SupervisorFailure) as failure:
                        self.steps.say(f"{node.name} cannot be started: {failure}")
            time.sleep(POLL_SECS)

    def _build(self) -> None:
        localnet = self.folder.load()
        if localnet.stage is not Stage.HOMES:
            self._genesis_is_final.set()
            return
        with self.steps.step("homes", f"making {len(localnet.nodes)} homes") as say:
            make_homes(self.folder, localnet)
            say(f"{len(localnet.nodes)} homes are made")
        for node in localnet.nodes:
            self._add(node)
        first = localnet.bootstrap
        with self.steps.step("bootstrap", "making the genesis and the seed") as say:
            self._wait(first, Part.ENCLAVE)
            config = NodeConfig.load(self.folder.home(first))
            with EnclaveClient(config.enclave_address, token=config.enclave_token) as client:
                network_id = make_genesis(self.folder, localnet, client)
            say(f"{first.name} made the seed of network {network_id.hex()}")
        self._reach(Stage.GENESIS)
        self._genesis_is_final.set()

    def _start(self) -> None:
        nodes = self.folder.load().nodes
        with self.steps.step("start", f"starting {3 * len(nodes)} processes") as say:
            for node in nodes:
                if node.name not in self._started:
                    self._add(node)
            for node in nodes:
                self._wait(node)
            say(f"{3 * len(nodes)} processes are ready")
        with self.steps.step("blocks", "waiting for a block") as say:
            height = self._until(self._common_height, "a block of every node")
            say(f"all nodes are at block {height} or later")

    def _register(self) -> None:
        localnet = self.folder.load()
        newcomer = localnet.newcomer
        if newcomer is None:
            newcomer = add_newcomer(self.folder)
            self._add(newcomer)  # it follows the chain meanwhile
        network_id = network_id_of(self.folder.home(localnet.bootstrap))
        if localnet.stage is Stage.GENESIS:
            if others := localnet.validators[1:]:
                self._register_validators(others, network_id)
            self._reach(Stage.VALIDATORS)
        if localnet.stage is not Stage.COMPLETE:
            self._register_newcomer(newcomer, localnet.bootstrap, network_id)
        with self.steps.step("sync", "waiting until all nodes are in sync") as say:
            say(f"all nodes are in sync at block {self._until(self._in_sync, 'sync')}")
        self._reach(Stage.COMPLETE)

    def _register_validators(self, nodes: Sequence[LocalNode], network_id: bytes) -> None:
        with (
            self.steps.step("validators", f"registering {len(nodes)} validators") as say,
            ThreadPoolExecutor(max_workers=max(1, len(nodes))) as pool,
        ):
            # Each asks its own node.
            joins = [pool.submit(self._join, node, node, network_id) for node in nodes]
            heights = sorted({join.result().height for join in joins})
            blocks = " and ".join(map(str, heights))
            say(f"{len(nodes)} validators registered and confirmed in block {blocks}")

    def _register_newcomer(self, node: LocalNode, through: LocalNode, network_id: bytes) -> None:
        with self.steps.step("fund", f"funding {node.name}") as say:
            height = fund(self.folder, through, node)
            say(f"{node.name} has coins" + (f" since block {height}" if height else ""))
        with self.steps.step("newcomer", f"registering {node.name}") as say:
            self._wait(node, Part.ENCLAVE)
            done = self._join(through, node, network_id)
            say(f"{node.name} registered and confirmed in block {done.height}, and holds the seed")

    def _join(self, through: LocalNode, node: LocalNode, network_id: bytes) -> Joined:
        def progress(now: Progress) -> None:
            if now.done:
                self.steps.detail(node.name, f"{now.step}: {now.text}", now.elapsed_ms)

        return register(self.folder, through, node, network_id=network_id, progress=progress)

    def _add(self, node: LocalNode) -> None:
        home = self.folder.home(node)
        config: NodeConfig = check_home(home)
        check_ports(home, config, list(Part))
        self._started.add(node.name)
        self._supervisor.add(
            self._group_of(
                home,
                config,
                engine=self._engine,
                name=node.name,
                awaits=self._genesis_is_final.is_set,
            )
        )

    def _wait(self, node: LocalNode, part: Part | None = None) -> None:
        if not self._supervisor.wait_until_ready(node.name, timeout=READY_SECS, process=part):
            raise self._supervisor.failure(node.name) or LocalnetFailure(
                LocalnetCode.LOCALNET_FAILED,
                expected=f"{part or 'every process'} of {node.name} ready in {READY_SECS:.0f} s",
                found=f"it is not; logs in {self.folder.home(node).logs}",
            )

    def _common_height(self) -> int:
        return min(node.height or 0 for node in self._look())

    def _in_sync(self) -> int:
        nodes = self._look()
        heights = [node.height or 0 for node in nodes]
        close = max(heights) - min(heights) <= 1
        return min(heights) if close and all(node.in_sync for node in nodes) else 0

    def _until(self, question: Callable[[], int], what: str) -> int:
        deadline = time.monotonic() + SYNC_SECS
        while not (answer := question()):
            if self._supervisor.stopping or time.monotonic() >= deadline:
                raise LocalnetFailure(
                    LocalnetCode.LOCALNET_FAILED,
                    expected=f"{what} within {SYNC_SECS:.0f} s",
                    found=f"none; logs in {self.folder.path}/NAME/logs",
                )
            time.sleep(POLL_SECS)
        return answer

    def _look(self) -> list[NodeStatus]:
        return look(self.folder, self.folder.load())

    def _reach(self, stage: Stage) -> None:
        self.folder.change(lambda localnet: replace(localnet, stage=stage))
