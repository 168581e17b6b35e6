"""What the node's parts tell its metrics, on a real chain and a real disk."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from chain_module.app.block import BlockRun
from chain_module.app.look import FirstLooks
from chain_module.app.view import block_context
from chain_module.store.branch import Branch
from enclave.registration.records import NODE_ID_BYTES
from node.application.envelopes import EnclaveEnvelopes
from node.application.own_record import expiry_of
from node.application.verdicts import Verdicts
from node.confirmer import Confirmer
from node.enclave_client import EnclaveClient
from node.log import no_log
from node.metrics import Metrics
from node.storage import open_storage
from tests.support.chain import Chain, ready_path
from tests.support.storage import CHAIN_ID, NAMES, commit_block


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    made = Chain(tmp_path / "chain", nodes=2)
    yield made
    made.close()


def test_the_own_records_end(chain: Chain) -> None:
    chain.block()
    bootstrap, newcomer = (peer.enclave for peer in chain.peers)
    record = chain.record(bootstrap)
    assert record is not None
    assert expiry_of(chain.state, record.node_id) == record.expires_at.seconds > 0
    assert expiry_of(chain.state, bytes(NODE_ID_BYTES)) == 0
    assert expiry_of(chain.state, None) == 0
    chain.blocks(2)
    chain.join(1)
    joined = chain.record(newcomer)
    assert joined is not None
    assert expiry_of(chain.state, joined.node_id) == joined.expires_at.seconds


def test_confirms_that_nobody_could_compare_are_counted(chain: Chain) -> None:
    chain.blocks(3)
    peer = chain.peers[1]
    raw = chain.register_tx(peer.enclave, peer.operator)
    context = block_context(chain.state, height=chain.height + 1)
    run = BlockRun(Branch(chain.state), context)
    verdicts = Verdicts(root_der=chain.network.inputs.floor.attestation_root)
    run.admit(raw, first_look=FirstLooks(verdicts.verify).at(context))
    assert len(run.registers) == 1
    metrics = Metrics()
    with (
        socket.socket() as nobody,
        EnclaveClient(_address(nobody)) as client,
        Confirmer(client, log=no_log, metrics=metrics) as confirmer,
    ):
        path = ready_path(client, lambda: chain)
        source = EnclaveEnvelopes(confirmer, peer.storage, path, log=no_log, metrics=metrics)
        assert source.for_judgement(context)(run.registers) == [None]
    text = metrics.text()
    assert 'seedpact_confirms_total{envelope="not_compared"} 1.0' in text
    assert 'seedpact_confirms_total{envelope="compared"} 0.0' in text


def _address(listener: socket.socket) -> str:
    """Where nobody answers as long as it is bound."""
    listener.bind(("127.0.0.1", 0))
    return f"127.0.0.1:{listener.getsockname()[1]}"


def test_each_snapshot_is_told(tmp_path: Path) -> None:
    told: list[int] = []
    with open_storage(
        tmp_path,
        names=NAMES,
        chain_id=CHAIN_ID,
        log=no_log,
        snapshot_every=3,
        snapshot_written=told.append,
    ) as storage:
        for _ in range(7):
            commit_block(storage)
            storage.wait_for_snapshot()
    assert told == [3, 6]
