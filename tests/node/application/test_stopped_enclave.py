"""An enclave that is stopped (SIGSTOP) while a proposal waits for it delays nobody else.

The real application, its confirmer and a real enclave process, behind the real ABCI socket. The
deadline of PrepareProposal is made long, so that what is seen here is order and not time.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cosmpy.protos.tendermint.abci import types_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from enclave.attestation.types import Measurement
from enclave.registration.measurement_codec import measurement_from_proto
from node.application import envelopes
from node.application.application import ChainApplication
from node.application.backend import NodeBackend
from node.application.parts import Parts
from node.confirmer import Confirmer
from node.enclave_client import EnclaveClient
from node.engine_rpc import EngineRpc
from node.log import no_log
from node.metrics import Metrics
from node.services import AbciQueries
from node.services.table import all_queries
from seedpact.registration.v1 import query_pb2
from tests.support.abci_client import Served, check_tx, served
from tests.support.chain import BLOCK_SECONDS, MAX_TX_BYTES, Chain, ready_path
from tests.support.cometbft import wait_for
from tests.support.enclaves import Node, policy
from tests.support.process import EnclaveProcess, enclave_process

LONG_SECS = 60.0
PARAMS = "/seedpact.registration.v1.Query/Params"


@dataclass
class Setup:
    """One validator behind its socket."""

    chain: Chain
    process: EnclaveProcess
    confirmer: Confirmer
    code: Measurement
    server: Served

    def prepare(self) -> pb.Request:
        seconds, nanos = divmod(self.chain.time_ns + BLOCK_SECONDS * 10**9, 10**9)
        return pb.Request(
            prepare_proposal=pb.RequestPrepareProposal(
                max_tx_bytes=MAX_TX_BYTES,
                txs=self.chain.mempool,
                height=self.chain.height + 1,
                time=Timestamp(seconds=seconds, nanos=nanos),
                next_validators_hash=bytes(32),
                proposer_address=bytes(20),
            )
        )


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    with ExitStack() as stack:
        process = stack.enter_context(enclave_process(tmp_path / "enclave"))
        code = measurement_from_proto(process.info().measurement)
        confirmers: list[Confirmer] = []
        engine = stack.enter_context(EngineRpc("http://127.0.0.1:9"))

        def make(_: int, parts: Parts) -> ChainApplication:
            # After the bootstrap. It is pinged once: nothing but the proposal finds it stopped.
            client = EnclaveClient(process.address)
            confirmer = Confirmer(client, log=no_log, metrics=Metrics(), ping_every=1e6)
            confirmers.append(stack.enter_context(confirmer))
            source = envelopes.EnclaveEnvelopes(
                confirmer,
                parts.storage,
                ready_path(client, lambda: chain),
                log=no_log,
                metrics=parts.metrics,
            )
            backend = NodeBackend(parts.storage, engine)
            query = AbciQueries(backend, all_queries(), log=no_log)
            return ChainApplication(
                replace(
                    parts,
                    envelopes=source,
                    query=query,
                    committed=lambda block: source.committed(block.next_context),
                )
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
        (confirmer,) = confirmers
        wait_for(lambda: confirmer.node_id is not None, "the holder")
        server = stack.enter_context(served(chain.peers[0].application))
        yield Setup(chain, process, confirmer, code, server)


def test_a_stopped_enclave_delays_no_query_and_no_check_tx(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(envelopes, "PREPARE_DEADLINE_SECS", LONG_SECS)
    chain, newcomer = setup.chain, Node("newcomer", code=setup.code)
    register = chain.register_tx(newcomer, chain.people["alice"])
    assert chain.send(register).code == 0
    other = chain.sign(chain.people["bob"], chain.send_message("bob"))
    another = chain.register_tx(Node("another", code=setup.code), chain.people["carol"])
    consensus, mempool, reads = (setup.server.connect() for _ in range(3))

    os.kill(setup.process.process.pid, signal.SIGSTOP)
    try:
        consensus.send(setup.prepare())
        wait_for(lambda: setup.confirmer.counters.calls == 1, "the question to the enclave")
        for tx in (other, another):
            assert mempool.ask(check_tx(tx)).check_tx.code == 0
        answer = reads.ask(pb.Request(query=pb.RequestQuery(path=PARAMS))).query
        assert answer.code == 0, answer.log
        assert answer.height == chain.height
        params = query_pb2.QueryParamsResponse.FromString(answer.value)
        assert params.params.max_registers_per_block == 8
        # All that while the proposal waits.
        assert setup.confirmer.counters.late == 0
        consensus.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            consensus.receive()
    finally:
        os.kill(setup.process.process.pid, signal.SIGCONT)
    consensus.socket.settimeout(LONG_SECS)
    txs = consensus.receive().prepare_proposal.txs
    assert txs[0] == register
    assert len(txs) == 2


def test_a_proposal_past_its_deadline_goes_on_without_registers(setup: Setup) -> None:
    chain, newcomer = setup.chain, Node("newcomer", code=setup.code)
    assert chain.send(chain.register_tx(newcomer, chain.people["alice"])).code == 0
    send = chain.sign(chain.people["bob"], chain.send_message("bob"))
    assert chain.send(send).code == 0
    consensus = setup.server.connect()
    os.kill(setup.process.process.pid, signal.SIGSTOP)
    try:
        for _ in range(3):
            answer = consensus.ask(setup.prepare()).prepare_proposal
            assert list(answer.txs) == [send]
        counters = setup.confirmer.counters
        assert (counters.calls, counters.late, counters.away) == (1, 1, 2)
    finally:
        os.kill(setup.process.process.pid, signal.SIGCONT)
    wait_for(lambda: setup.confirmer.away is None, "the enclave to be back")
    # The one that waits registers all the same.
    assert len(consensus.ask(setup.prepare()).prepare_proposal.txs) == 3
