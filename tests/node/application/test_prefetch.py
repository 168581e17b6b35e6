"""After each commit verdicts and envelopes are made ready, by a real enclave process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from enclave.attestation.types import Measurement
from enclave.registration.measurement_codec import measurement_from_proto
from node.application.application import ChainApplication
from node.application.envelopes import EnclaveEnvelopes
from node.application.parts import Parts
from node.application.prefetch import Prefetch
from node.application.verdicts import Verdicts
from node.chain_proof import ReadyPath
from node.confirmer import Confirmer
from node.enclave_client import EnclaveClient
from node.log import no_log
from node.metrics import Metrics
from tests.support.chain import Chain, ready_path
from tests.support.enclaves import Node, policy
from tests.support.process import EnclaveProcess, enclave_process

PATIENCE_SECS = 30


@dataclass
class Setup:
    """One validator with a real enclave, as `node.run` puts it together."""

    chain: Chain
    process: EnclaveProcess
    confirmer: Confirmer
    verdicts: Verdicts
    code: Measurement
    path: ReadyPath

    def wait_for_path(self) -> None:
        """Until what the next block's requests rest on is ready."""
        wait_for(lambda: self.path.steps(self.chain.height) is not None)


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    with ExitStack() as stack:
        process = stack.enter_context(enclave_process(tmp_path / "enclave"))
        code = measurement_from_proto(process.info().measurement)
        client = EnclaveClient(process.address)
        confirmer = stack.enter_context(Confirmer(client, log=no_log, metrics=Metrics()))
        path = ready_path(client, lambda: chain)

        def make(_: int, parts: Parts) -> ChainApplication:
            envelopes = EnclaveEnvelopes(
                confirmer,
                parts.storage,
                path,
                log=no_log,
                metrics=parts.metrics,
            )
            prefetch = Prefetch(parts.looks, envelopes)
            stack.callback(prefetch.close)
            return ChainApplication(
                replace(parts, envelopes=envelopes, committed=prefetch.committed)
            )

        chain = Chain(
            tmp_path / "chain",
            nodes=1,
            founder=process,
            policy_=policy(measurements=(code,)),
            make=make,
        )
        stack.callback(chain.close)
        chain.blocks(3)
        wait_for(lambda: confirmer.node_id is not None)
        yield Setup(chain, process, confirmer, chain.peers[0].verdicts, code, path)


def wait_for(condition: Callable[[], bool]) -> None:
    """Until it holds; a hang fails the test."""
    deadline = time.monotonic() + PATIENCE_SECS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_register_that_waited_finds_all_ready(setup: Setup) -> None:
    chain, confirmer, verdicts = setup.chain, setup.confirmer, setup.verdicts
    newcomer = Node("newcomer", code=setup.code)
    assert chain.send(chain.register_tx(newcomer, chain.people["alice"])).code == 0
    assert verdicts.made == 1
    # Somebody else's block comes first: the register waits, and its verdict is of another time.
    chain.decide(())
    wait_for(lambda: confirmer.counters.confirmed == 1)
    made = verdicts.made

    txs = chain.propose()

    assert len(txs) == 2
    assert (confirmer.counters.calls, confirmer.counters.hits) == (1, 1)
    assert verdicts.made == made
    assert chain.votes(txs) == [True]
    chain.decide(txs)
    chain.import_seed(newcomer)


def test_a_register_that_did_not_wait_is_asked_for_in_the_block(setup: Setup) -> None:
    chain, confirmer = setup.chain, setup.confirmer
    newcomer = Node("newcomer", code=setup.code)
    assert chain.send(chain.register_tx(newcomer, chain.people["alice"])).code == 0
    setup.wait_for_path()
    assert len(chain.propose()) == 2
    assert (confirmer.counters.calls, confirmer.counters.hits) == (1, 0)


def test_a_dead_enclave_leaves_registers_waiting_and_comes_back(
    setup: Setup, tmp_path: Path
) -> None:
    chain, confirmer = setup.chain, setup.confirmer
    address = setup.process.address
    setup.process.kill()
    newcomer = Node("newcomer", code=setup.code)
    register = chain.register_tx(newcomer, chain.people["alice"])
    assert chain.send(register).code == 0
    assert chain.propose() == ()
    chain.decide(())
    with enclave_process(tmp_path / "enclave", "--listen", address) as again:
        wait_for(lambda: confirmer.away is None)
        chain.peers[0].enclave = again
        # It confirms nobody before the chain has proven a nonce of this start.
        chain.publish(0)
        chain.blocks(2)
        setup.wait_for_path()
        txs = chain.propose()
        assert txs[0] == register
        assert len(txs) == 2
