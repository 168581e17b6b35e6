"""What becomes of an enclave's answer: compared, or no reason to refuse a block, and logged."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from chain_module.app.block import BlockRun, Pending
from chain_module.app.view import block_context
from chain_module.message import BlockContext
from chain_module.store.branch import Branch
from enclave.attestation.types import TcbStatus
from enclave.proven.chain import prove
from enclave.registration.measurement_codec import measurement_from_proto
from node.application.enclave_context import enclave_context
from node.application.envelopes import EnclaveEnvelopes
from node.confirmer import Confirmer
from node.enclave_client import EnclaveClient
from node.log import no_log
from node.metrics import Metrics
from tests.support.chain import Chain, ready_path
from tests.support.enclaves import Node, policy
from tests.support.process import enclave_process

PATIENCE_SECS = 30


@dataclass
class Scene:
    """A real enclave that holds the seed, and two registers that pass the node's gates."""

    chain: Chain
    context: BlockContext
    registers: list[Pending]
    source: EnclaveEnvelopes
    log: list[tuple[str, str]] = field(default_factory=list)

    def ask(self, *registers: Pending) -> list[bytes | None]:
        """The envelopes to compare with."""
        return list(self.source.for_judgement(self.context)(registers))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with enclave_process(tmp_path / "enclave") as process:
        code = measurement_from_proto(process.info().measurement)
        chain = Chain(
            tmp_path / "chain", nodes=1, founder=process, policy_=policy(measurements=(code,))
        )
        chain.blocks(3)
        context = block_context(chain.state, height=chain.height + 1)
        run = BlockRun(Branch(chain.state), context)
        for name in ("alice", "bob"):
            raw = chain.register_tx(Node(name, code=code), chain.people[name])
            run.admit(raw, first_look=chain.first_look(context))
        lines: list[tuple[str, str]] = []
        client = EnclaveClient(process.address)
        with Confirmer(client, log=no_log, metrics=Metrics()) as confirmer:
            deadline = time.monotonic() + PATIENCE_SECS
            while confirmer.node_id is None:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            source = EnclaveEnvelopes(
                confirmer,
                chain.peers[0].storage,
                ready_path(client, lambda: chain),
                log=lambda level, event, **_: lines.append((level, event)),
                metrics=Metrics(),
            )
            source.committed(context)
            yield Scene(chain, context, run.registers, source, lines)
        chain.close()


def test_an_envelope_for_each_register_in_their_order(scene: Scene) -> None:
    first, second = scene.ask(*scene.registers)
    assert first is not None
    assert second is not None
    assert len(first) == len(second) == 48
    assert first != second
    assert scene.ask(*reversed(scene.registers)) == [second, first]
    assert scene.log == []


def test_an_enclave_of_another_verdict_is_at_fault(scene: Scene) -> None:
    """Which of the two is right, nobody knows: nothing to compare, and an error in the log."""
    one, other = scene.registers
    _, envelope = scene.ask(one, other)
    assert one.verdict is not None
    one.verdict = replace(one.verdict, tcb_status=TcbStatus.SW_HARDENING_NEEDED)
    assert scene.ask(one, other) == [None, envelope]
    assert scene.log == [("error", "enclave found another verdict")]


def test_an_enclave_that_refuses_what_the_gates_pass_is_at_fault(scene: Scene) -> None:
    one, other = scene.registers
    one.message = replace(one.message, anchor_hash=bytes(32))
    answers = scene.ask(one, other)
    assert [answer is None for answer in answers] == [True, False]
    assert scene.log == [("warning", "enclave refuses what the gates pass")]


def test_an_enclave_is_shown_the_newest_state_that_can_be_proven(scene: Scene) -> None:
    """That after block h - 2, whose anchors end with its own, under header h - 1."""
    state, height = scene.chain.peers[0].storage.state, scene.context.height
    register = scene.registers[0]
    assert register.evidence is not None
    asked = [
        (replace(register.message, anchor_height=anchor), register.evidence)
        for anchor in range(height - 3, height)
    ]
    info = scene.chain.peers[0].enclave.info()
    shown = enclave_context(state, scene.context, asked, node_id=info.node_id, steps=())
    assert shown is not None
    header = scene.chain.headers.header(height - 1)
    found = prove(shown, header=header, node_id=info.node_id)
    assert (found.height, found.gate_time) == (height, scene.context.gate_time)
    assert sorted(found.anchors) == [height - 3, height - 2]
    assert found.own_record() == scene.chain.record_of(info.node_id)


def test_without_the_path_to_the_header_below_nobody_is_asked(scene: Scene) -> None:
    """It is made ready after each commit, and never fetched in the block path."""
    scene.context = replace(scene.context, height=scene.context.height + 1)
    assert scene.ask(*scene.registers) == [None, None]
    assert scene.log == []


def test_nothing_can_be_shown_of_a_state_that_is_not_kept(scene: Scene) -> None:
    state = scene.chain.peers[0].storage.state
    unknown = replace(scene.context, height=10**6)
    assert enclave_context(state, unknown, [], node_id=bytes(32), steps=()) is None
