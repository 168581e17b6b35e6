"""`register --state-sync`, then `start`: a newcomer with the chain's state, not with its past."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from enclave.crypto.labels import Mode
from node.chain_client import ChainClient, ChainFailure
from node.config import Home, NodeConfig
from node.enclave_client import EnclaveClient
from node.engine_rpc import EngineRefused, EngineRpc
from node.localnet.homes import ensure_key
from node.supervisor.node_group import engine_addresses
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.abci_grammar import check_log
from tests.support.cli import COMMAND, python_path, run_for_real
from tests.support.localnets import free_offset
from tests.support.one_validator import OneValidator, one_validator

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
