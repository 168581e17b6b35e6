"""Runs a localnet: builds what is missing, starts every node, registers, watches until it ends.

The supervisor has the main thread; the steps run beside it. A network that was built before is
started again as it is; one that was built halfway goes on from where it stands.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

from node.config import NodeConfig
from node.enclave_client import EnclaveClient
from node.join import Joined, Progress
from node.localnet.building import add_newcomer, make_genesis, make_homes, network_id_of
from node.localnet.failures import LocalnetCode, LocalnetFailure
from node.localnet.joining import fund, register
from node.localnet.plan import LocalNode, Stage
from node.localnet.status import NodeStatus, look
from node.localnet.steps import Steps
from node.localnet.store import Folder
from node.supervisor import Report, Supervisor
from node.supervisor.node_group import Part, node_group
from node.supervisor.preflight import check_home, check_ports

READY_SECS: Final = 120.0
SYNC_SECS: Final = 120.0
POLL_SECS: Final = 0.2
END_SECS: Final = 15.0


class Network:
    """A localnet in this process.

    Args:
        folder: where it lies; localnet.json says what it is.
        engine: CometBFT's program.
        steps: is told of each step.
        report: is told what becomes of the processes.
    """

    def __init__(self, folder: Folder, *, engine: Path, steps: Steps, report: Report) -> None:
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
        """Starts nodes that other commands add, until the end."""
        while not self._supervisor.stopping:
            for node in self.folder.load().nodes:
                if node.name not in self._started:
                    self._add(node)
            time.sleep(POLL_SECS)

    def _build(self) -> None:
        localnet = self.folder.load()
        if localnet.stage is not Stage.HOMES:
            self._genesis_is_final.set()
            return
        with self.steps.step("homes", f"making {len(localnet.nodes)} homes"):
            make_homes(self.folder, localnet)
        for node in localnet.nodes:
            self._add(node)
        first = localnet.bootstrap
        with self.steps.step("bootstrap", "making the genesis and the seed") as say:
            self._wait(first, Part.ENCLAVE)
            address = NodeConfig.load(self.folder.home(first)).enclave_address
            with EnclaveClient(address) as client:
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
            height = self._wait_for_block()
            say(f"all nodes are at block {height} or later")

    def _register(self) -> None:
        localnet = self.folder.load()
        network_id = network_id_of(self.folder.home(localnet.bootstrap))
        if localnet.stage is Stage.GENESIS:
            others = localnet.validators[1:]
            with (
                self.steps.step("validators", f"registering {len(others)} validators") as say,
                ThreadPoolExecutor(max_workers=max(1, len(others))) as pool,
            ):
                # Each asks its own node.
                joins = [pool.submit(self._join, n, n, network_id) for n in others]
                heights = sorted({join.result().height for join in joins})
                say(f"{len(others)} validators registered, in block {heights}")
            self._reach(Stage.VALIDATORS)
        if self.folder.load().stage is Stage.VALIDATORS:
            self._bring_newcomer(network_id)
            self._reach(Stage.COMPLETE)

    def _bring_newcomer(self, network_id: bytes) -> None:
        localnet = self.folder.load()
        node = localnet.newcomer or add_newcomer(self.folder)
        if node.name not in self._started:
            self._add(node)
        through = localnet.bootstrap
        with self.steps.step("fund", f"funding {node.name}") as say:
            height = fund(self.folder, through, node)
            say(f"{node.name} has coins" + (f" since block {height}" if height else ""))
        with self.steps.step("newcomer", f"registering {node.name}") as say:
            self._wait(node, Part.ENCLAVE)
            done = self._join(through, node, network_id)
            say(f"{node.name} registered and confirmed in block {done.height}, and holds the seed")
        with self.steps.step("sync", f"waiting until {node.name} is in sync") as say:
            self._wait(node)
            say(f"{node.name} is in sync at block {self._wait_for_sync(node)}")

    def _join(self, through: LocalNode, node: LocalNode, network_id: bytes) -> Joined:
        def progress(now: Progress) -> None:
            if now.done:
                self.steps.say(f"  {node.name}: {now.step} in {now.elapsed_ms} ms, {now.text}")

        return register(self.folder, through, node, network_id=network_id, progress=progress)

    def _add(self, node: LocalNode) -> None:
        home = self.folder.home(node)
        config: NodeConfig = check_home(home)
        check_ports(home, config, list(Part))
        self._started.add(node.name)
        self._supervisor.add(
            node_group(
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

    def _wait_for_block(self) -> int:
        def all_have_one() -> int:
            return min(node.height or 0 for node in self._look())

        return self._until(all_have_one, "a block of every node")

    def _wait_for_sync(self, node: LocalNode) -> int:
        def in_sync() -> int:
            found = {status.name: status for status in self._look()}
            newest = max(status.height or 0 for status in found.values())
            own = found[node.name]
            return (own.height or 0) if own.in_sync and (own.height or 0) >= newest - 1 else 0

        return self._until(in_sync, f"{node.name} in sync")

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
