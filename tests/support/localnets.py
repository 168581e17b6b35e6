"""Real localnets for tests: started by the command, asked by RPC, hurt by signals."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final

from enclave.crypto.labels import Mode
from node.chain_client import ChainClient
from node.config import Home
from node.config.parts import Part, pid_file
from node.enclave_client import EnclaveClient
from node.genesis import GenesisFile
from node.join.enclave_process import enclave_of
from node.keyring import SigningKey
from node.localnet.building import make_genesis, make_homes
from node.localnet.homes import ensure_key
from node.localnet.joining import client_of
from node.localnet.plan import FAUCET, Localnet, Stage, new_localnet
from node.localnet.status import NodeStatus, look, look_at
from node.localnet.store import Folder
from node.supervisor import ProcessId, running
from tests.support.cli import COMMAND, python_path, run_for_real
from tests.support.ports import free_offset

PATIENCE_SECS: Final = 120
NEVER_PROXY: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Net:
    """A localnet in a folder, up or down.

    Attributes:
        summary: what `localnet up --output json` printed.
        inside: words before the command of `localnet up`, which run it: in a namespace, say.
    """

    def __init__(self, path: Path) -> None:
        self.folder = Folder(path)
        self.summary: dict[str, Any] = {}
        self.inside: tuple[str, ...] = ()
        self._offset = str(free_offset())
        self._up: subprocess.Popen[bytes] | None = None

    # The command.

    def found(self, change: Callable[[GenesisFile], None] = lambda _genesis: None) -> None:
        """Makes the homes of its validators and the genesis, which `change` may edit; no more."""
        localnet = new_localnet(port_offset=int(self._offset))
        self.folder.save(localnet)
        make_homes(self.folder, localnet)
        first = self.folder.home(localnet.bootstrap).enclave
        with enclave_of(first, mode=Mode.SOFTWARE, address=None, configured="") as client:
            make_genesis(self.folder, localnet, client, change=change)
        self.folder.save(replace(localnet, stage=Stage.GENESIS))

    def up(self, *options: str) -> None:
        """Starts it; returns when the newcomer has joined."""
        self.begin(*options)
        assert self._up is not None
        assert self._up.stdout is not None
        lines: list[bytes] = []
        for line in self._up.stdout:
            lines.append(line)
            if line == b"}\n":
                break
        text = b"".join(lines)
        assert text.startswith(b'{\n  "accepted": true'), (text, self.events())
        self.summary = json.loads(text)

    def begin(self, *options: str, stdout: int | IO[bytes] = subprocess.PIPE) -> None:
        """Starts it, and does not wait."""
        offset = () if self.folder.file.exists() else ("--port-offset", self._offset)
        words = ("localnet", "up", "--output", "json", "--home", str(self.folder.path))
        log = self.folder.path.with_suffix(".log")
        with log.open("ab") as stderr:
            self._up = subprocess.Popen(
                [*self.inside, *COMMAND, *words, *offset, *options],
                stdout=stdout,
                stderr=stderr,
                env={**os.environ, "PYTHONPATH": python_path()},
                start_new_session=True,
            )

    @property
    def up_pid(self) -> int:
        """Of the process of `localnet up`."""
        assert self._up is not None
        return self._up.pid

    def down(self, number: int = signal.SIGINT) -> int:
        """Stops it as Ctrl-C does; the exit code."""
        assert self._up is not None
        self._up.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        """Waits until `up` has ended; its exit code."""
        assert self._up is not None
        process, self._up = self._up, None
        process.communicate(timeout=PATIENCE_SECS)
        return process.returncode

    def close(self) -> None:
        """Stops it, if it runs."""
        if self._up is not None and self._up.poll() is None:
            self.down()

    def command(self, *words: str) -> dict[str, Any]:
        """`seedpactd localnet ..`, its JSON."""
        home = ("--home", str(self.folder.path), "--output", "json")
        return run_for_real("localnet", *words, *home).done().json

    def events(self) -> str:
        """What `up` said of its steps and processes."""
        path = self.folder.path.with_suffix(".log")
        return path.read_text() if path.exists() else ""

    # What it is.

    @property
    def localnet(self) -> Localnet:
        """As localnet.json has it."""
        return self.folder.load()

    @property
    def stage(self) -> Stage | None:
        """How far it was built; None: not begun."""
        return self.localnet.stage if self.folder.file.exists() else None

    def look(self) -> list[NodeStatus]:
        """Every node."""
        return look(self.folder, self.localnet)

    def status(self, name: str) -> NodeStatus:
        """One node."""
        node = self.localnet.node(name)
        assert node is not None, name
        return look_at(self.folder, node)

    def faucet(self) -> SigningKey:
        """The key that has coins."""
        return ensure_key(self.folder.faucet_home, FAUCET)

    def chain(self, name: str = "validator0") -> ChainClient:
        """A client of one node."""
        return client_of(self.home(name))

    def rpc(self, name: str, path: str) -> Any:
        """CometBFT's own answer, without any code of ours."""
        with NEVER_PROXY.open(f"{self.status(name).rpc}/{path}", timeout=20) as answer:
            return json.load(answer)["result"]

    def pk_io(self, name: str) -> bytes:
        """The public key of the seed that a node's enclave holds."""
        with EnclaveClient(self.status(name).enclave) as client:
            return client.get_network_keys().keys[0].pk_io

    def home(self, name: str) -> Home:
        """Of a node."""
        node = self.localnet.node(name)
        assert node is not None, name
        return self.folder.home(node)

    # Faults.

    def process(self, name: str, part: Part) -> ProcessId | None:
        """A process, if it runs."""
        return running(pid_file(self.home(name), part))

    def send(self, name: str, part: Part, number: int) -> ProcessId:
        """A signal to a process."""
        found = self.process(name, part)
        assert found is not None, (name, part)
        assert found.kill(number)
        return found

    def wait_for(
        self, condition: Callable[[], bool], what: str, *, secs: float = PATIENCE_SECS
    ) -> None:
        """Waits until it holds; a hang fails the test."""
        deadline = time.monotonic() + secs
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain for {what}"
            time.sleep(0.1)

    def wait_until_healed(self, name: str, *, above: int = 0) -> None:
        """Until all processes of a node run and it has a block above that height."""

        def healed() -> bool:
            status = self.status(name)
            whole = None not in status.pids.values() and status.enclave_state is not None
            return whole and status.in_sync and (status.height or 0) > above

        self.wait_for(healed, f"{name} healed above {above}")

    def height(self) -> int:
        """The highest block of any node."""
        return max(status.height or 0 for status in self.look())


@contextlib.contextmanager
def net() -> Iterator[Net]:
    """A folder for a localnet; nothing of it is left."""
    # Not tmp_path: a unix socket's path is short.
    with tempfile.TemporaryDirectory(prefix="net-") as name:
        made = Net(Path(name) / "net")
        try:
            yield made
        finally:
            made.close()
            print(made.events())  # pytest shows it where a test failed
