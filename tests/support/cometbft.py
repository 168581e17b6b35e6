"""The real engine with the key-value application: a validator a folder, on 127.0.0.1."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

PATIENCE_SECS: Final = 60
POLL_SECS: Final = 0.05
REPOSITORY: Final = Path(__file__).parents[2]

# Keys of config.toml that occur once, or whose every occurrence may change.
_CONFIG: Final = {
    "timeout_commit": '"100ms"',
    "timeout_propose": '"500ms"',
    "pprof_laddr": '""',
    "addr_book_strict": "false",
}


class KvNode:
    """`tests.support.kv_node` and CometBFT; each is started and ended on its own."""

    def __init__(self, folder: Path, engine: Path) -> None:
        self.engine = engine
        self.home = folder / "cometbft"
        self.app_home = folder
        self.rpc = f"http://127.0.0.1:{_free_port()}"
        self.p2p = f"127.0.0.1:{_free_port()}"
        self.cometbft: subprocess.Popen[bytes] | None = None
        self.application: subprocess.Popen[bytes] | None = None
        subprocess.run([engine, "init", "--home", self.home], check=True, stdout=subprocess.DEVNULL)
        self._configure()

    @property
    def call_log(self) -> Path:
        """What the application was asked."""
        return self.app_home / "calls.jsonl"

    @property
    def genesis(self) -> Path:
        """The engine's genesis file."""
        return self.home / "config" / "genesis.json"

    def node_id(self) -> str:
        """The engine's, as peers name it."""
        command = [str(self.engine), "show-node-id", "--home", str(self.home)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def start_application(self) -> None:
        """Returns when it listens."""
        paths = f"{REPOSITORY}:{REPOSITORY / 'proto'}"
        with (self.app_home / "application.log").open("ab") as log:
            self.application = subprocess.Popen(
                [sys.executable, "-m", "tests.support.kv_node", self.app_home],
                env={**os.environ, "PYTHONPATH": paths},
                stderr=log,
            )
        wait_for(lambda: _connects(self.app_home / "abci.sock"), "the application's socket")

    def start_cometbft(self) -> None:
        """Returns when its RPC answers."""
        with (self.app_home / "cometbft.log").open("ab") as log:
            self.cometbft = subprocess.Popen(
                [self.engine, "start", "--home", self.home], stdout=log, stderr=log
            )
        wait_for(lambda: self._answers("status"), "CometBFT's RPC")

    def start(self) -> None:
        """Both, the application first."""
        self.start_application()
        self.start_cometbft()

    def stop(self) -> None:
        """Both, CometBFT first, if they run."""
        _end(self.cometbft, signal.SIGTERM)
        _end(self.application, signal.SIGTERM)

    def kill_cometbft(self) -> None:
        """Kill -9."""
        _end(self.cometbft, signal.SIGKILL)

    def kill_application(self) -> None:
        """Kill -9. CometBFT then ends by itself."""
        _end(self.application, signal.SIGKILL)
        if self.cometbft is not None:
            self.cometbft.wait(PATIENCE_SECS)

    def call(self, method: str, **parameters: object) -> Any:
        """One RPC call's result. Raises OSError while nobody answers."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        request = urllib.request.Request(  # noqa: S310 (an address of ours)
            self.rpc, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_SECS) as answer:  # noqa: S310
            parsed = json.load(answer)
        assert "error" not in parsed, parsed["error"]
        return parsed["result"]

    def commit(self, tx: bytes) -> Any:
        """Sends a transaction; returns when it is in a block."""
        return self.call("broadcast_tx_commit", tx=base64.b64encode(tx).decode())

    def value(self, key: str) -> str | None:
        """A committed value, or None."""
        response = self.call("abci_query", path="/store", data=key.encode().hex())["response"]
        if response.get("code", 0):
            return None
        return base64.b64decode(response["value"]).decode()

    def height(self) -> int:
        """Of the last block."""
        return int(self.call("status")["sync_info"]["latest_block_height"])

    def wait_for_height(self, height: int) -> None:
        """Returns when that block is committed."""
        wait_for(lambda: self.height() >= height, f"height {height}")

    def _answers(self, method: str) -> bool:
        assert self.cometbft is not None
        assert self.cometbft.poll() is None, (self.app_home / "cometbft.log").read_text()[-2000:]
        try:
            self.call(method)
        except OSError:
            return False
        return True

    def _configure(self) -> None:
        config = self.home / "config" / "config.toml"
        text = config.read_text()
        for key, value in _CONFIG.items():
            text, changed = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
            assert changed, key
        address = f"unix://{self.app_home / 'abci.sock'}"
        text = re.sub(r"(?m)^proxy_app = .*$", f'proxy_app = "{address}"', text)
        rpc = self.rpc.replace("http", "tcp")
        text = text.replace('laddr = "tcp://127.0.0.1:26657"', f'laddr = "{rpc}"')
        p2p = f'laddr = "tcp://{self.p2p}"'
        text = text.replace('laddr = "tcp://0.0.0.0:26656"', p2p)
        laddrs = re.findall(r'(?m)^laddr = "(.*)"$', text)
        assert [laddr.rpartition(":")[0] for laddr in laddrs] == ["tcp://127.0.0.1"] * 2
        config.write_text(text)
        content = json.loads(self.genesis.read_text())
        content["app_state"] = {"born": "with genesis"}
        content["consensus_params"]["abci"]["vote_extensions_enable_height"] = "2"
        self.genesis.write_text(json.dumps(content))


def join(nodes: Sequence[KvNode]) -> None:
    """Makes one network of nodes that were not started: all are validators, of equal power."""
    documents = [json.loads(node.genesis.read_text()) for node in nodes]
    first = documents[0]
    first["validators"] = [validator for d in documents for validator in d["validators"]]
    for node in nodes:
        node.genesis.write_text(json.dumps(first))
        peers = ",".join(f"{peer.node_id()}@{peer.p2p}" for peer in nodes if peer is not node)
        config = node.home / "config" / "config.toml"
        text = config.read_text()
        config.write_text(
            text.replace('persistent_peers = ""', f'persistent_peers = "{peers}"')
            # Both listen on one address of this machine.
            .replace("allow_duplicate_ip = false", "allow_duplicate_ip = true")
        )
        assert peers in config.read_text()


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Waits until it holds; a hang fails the test."""
    deadline = time.monotonic() + PATIENCE_SECS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(POLL_SECS)


def _end(process: subprocess.Popen[bytes] | None, number: int) -> None:
    if process is not None and process.poll() is None:
        process.send_signal(number)
        process.wait(PATIENCE_SECS)


def _connects(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
