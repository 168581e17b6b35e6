"""`register --state-sync`, then `start`: a newcomer with the chain's state, not with its past."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from enclave.crypto.labels import Mode
from node.chain_client import ChainClient, ChainFailure
from node.config import Home, NodeConfig
from node.config.cometbft import edit_cometbft, engine_addresses
from node.enclave_client import EnclaveClient, EnclaveFailure
from node.engine_rpc import EngineRefused, EngineRpc
from node.join.enclave_process import enclave_of
from node.localnet.homes import ensure_key
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.abci_grammar import check_log
from tests.support.cli import COMMAND, python_path, run_for_real
from tests.support.one_validator import OneValidator, one_validator
from tests.support.ports import free_offset

EVERY: Final = 10
FUNDS: Final = 100_000
PATIENCE_SECS: Final = 120.0


@pytest.fixture
def chain(engine: Path, tmp_path: Path) -> Iterator[OneValidator]:
    """One validator that has a snapshot of block 10, and blocks after it."""
    del engine  # built

    def configure(config: NodeConfig) -> NodeConfig:
        return replace(config, snapshot_every=EVERY)

    with one_validator(tmp_path / "net", configure=configure) as running:
        with running.client() as client:
            wait_for(client, EVERY + 5)
        yield running


def test_a_newcomer_state_syncs_and_holds_the_seed(chain: OneValidator, tmp_path: Path) -> None:
    home = Home.of(str(tmp_path / "late"))
    chain.fund(ensure_key(home, "operator").info.address, FUNDS)
    with chain.client() as client:
        header = client.header(client.height() - 2)
    peer = ("--node", chain.rpc, "--grpc", chain.grpc, "--network-id", chain.network_id.hex())
    operator = ("--from", "operator", "--keyring-backend", "test", "--home", str(home.path))
    trusted = ("--trust-height", str(header.height), "--trust-hash", header.hash.hex())
    ports = ("--port-offset", str(free_offset()))
    done = run_for_real("register", *operator, *peer, *ports, "--state-sync", *trusted).done()
    assert f"state sync will begin from header {header.height}" in done.stderr
    config = replace(NodeConfig.load(home), log_abci_calls=True)
    config.save(home)
    with (
        started(home),
        ChainClient(grpc=config.grpc_listen, rpc=f"http://{engine_addresses(home)[0]}") as late,
    ):
        wait_for(late, header.height + 5)
        with EngineRpc(f"http://{engine_addresses(home)[0]}") as rpc:
            # What the chain did before is not here, and is refused by name.
            with pytest.raises(EngineRefused, match="lowest height is"):
                rpc.block(EVERY - 1)
            height = rpc.status().latest_height - 1
            with EngineRpc(chain.rpc) as other:
                assert rpc.block(height).header == other.block(height).header
        with EnclaveClient(config.enclave_address) as enclave:
            assert enclave.get_info().state == pb.ENCLAVE_STATE_HOLDER
        # Its own state answers, and pays.
        assert late.balance(ensure_key(home, "operator").info.raw_address) < FUNDS
    summary = check_log(home.logs / "abci-calls.jsonl")
    assert (summary.state_syncs, summary.clean_starts) == (1, 0)
    assert config.enclave_mode is Mode.SOFTWARE


def test_a_holder_left_behind_the_snapshot_goes_on(chain: OneValidator, tmp_path: Path) -> None:
    """State and blocks are gone, the sealed state stays: what lies between, others have to show."""
    home = Home.of(str(tmp_path / "late"))
    chain.fund(ensure_key(home, "operator").info.address, FUNDS)
    ports = ("--port-offset", str(free_offset()))
    register(chain, home, *ports)
    config = NodeConfig.load(home)
    address = config.enclave_address
    with started(home), local(home, config) as late:
        wait_for(late, EVERY + 5)
    before = tmp_path / "sealed"
    shutil.copytree(home.enclave, before)
    trusted = trusted_height(home)
    with chain.client() as client:
        wait_for(client, (trusted // EVERY + 1) * EVERY + 5)
    run_for_real("reset-state", "--blocks", "--home", str(home.path)).done()
    register(chain, home)

    # Whoever served the state sync is in config.toml, and is asked.
    with started(home), local(home, config) as late, EnclaveClient(address) as enclave:
        until(lambda: trusted_now(enclave) > trusted)
        assert late.status().earliest_height > trusted

    # Where nobody is named it is said, and goes on once somebody is.
    shutil.rmtree(home.enclave)
    shutil.copytree(before, home.enclave)
    edit_cometbft(home, {"statesync.enable": False, "statesync.rpc_servers": ""})
    with started(home), EnclaveClient(address) as enclave:
        until(lambda: "older_blocks_missing" in (home.logs / "node.log").read_text())
        found = run_for_real("doctor", "--home", str(home.path), "--output", "json").json["checks"]
        assert "older_blocks_missing" in [check.get("code") for check in found]
        assert trusted_now(enclave) == trusted
    replace(config, witnesses=(chain.rpc,)).save(home)
    with started(home), EnclaveClient(address) as enclave:
        until(lambda: trusted_now(enclave) > trusted)
    said = (home.logs / "node.log").read_text()
    assert said.count("older_blocks_missing") == 1
    assert said.count("older_blocks_shown") == 2


def register(chain: OneValidator, home: Home, *options: str) -> None:
    """With a state sync from a header of now."""
    with chain.client() as client:
        header = client.header(client.height() - 2)
    peer = ("--node", chain.rpc, "--grpc", chain.grpc, "--network-id", chain.network_id.hex())
    operator = ("--from", "operator", "--keyring-backend", "test", "--home", str(home.path))
    trust = ("--trust-height", str(header.height), "--trust-hash", header.hash.hex())
    run_for_real("register", *operator, *peer, *options, "--state-sync", *trust).done()


def local(home: Home, config: NodeConfig) -> ChainClient:
    """A client of this node."""
    return ChainClient(grpc=config.grpc_listen, rpc=f"http://{engine_addresses(home)[0]}")


def trusted_height(home: Home) -> int:
    """Of the enclave of a node that does not run."""
    only = enclave_of(home.enclave, mode=Mode.SOFTWARE, address=None, configured="")
    with only as client:
        return client.get_info().trusted_height


def trusted_now(enclave: EnclaveClient) -> int:
    """0 while the enclave does not answer."""
    try:
        return enclave.get_info().trusted_height
    except EnclaveFailure:
        return 0


def until(condition: Callable[[], bool]) -> None:
    """Waits."""
    deadline = time.monotonic() + PATIENCE_SECS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def wait_for(client: ChainClient, height: int) -> None:
    """Until the node is at that height."""
    deadline = time.monotonic() + PATIENCE_SECS
    while True:
        # It may not listen yet.
        with contextlib.suppress(ChainFailure):
            if client.height() >= height:
                return
        assert time.monotonic() < deadline, f"no block {height}"
        time.sleep(0.1)


@contextlib.contextmanager
def started(home: Home) -> Iterator[None]:
    """`seedpactd start` for the length of a block."""
    process = subprocess.Popen(
        [*COMMAND, "start", "--home", str(home.path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": python_path()},
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_SECS)
