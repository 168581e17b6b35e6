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
from chain_module.registration import keeper
from chain_module.store.branch import Branch
from enclave.attestation.types import TcbStatus
from enclave.registration.measurement_codec import measurement_from_proto
from enclave.registration.records import decode_anchor, time_from_proto
from node.application.enclave_context import enclave_context
from node.application.envelopes import EnclaveEnvelopes
from node.confirmer import Confirmer
from node.enclave_client import EnclaveClient
from node.log import no_log
from node.metrics import Metrics
from tests.support.chain import Chain
from tests.support.process import enclave_process
from tests.support.world import Node, policy

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
        with Confirmer(EnclaveClient(process.address), log=no_log, metrics=Metrics()) as confirmer:
            deadline = time.monotonic() + PATIENCE_SECS
            while confirmer.node_id is None:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            source = EnclaveEnvelopes(
                confirmer,
                chain.peers[0].storage,
                log=lambda level, event, **_: lines.append((level, event)),
                metrics=Metrics(),
            )
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


def test_an_enclave_is_told_the_newest_state_that_can_be_proven(scene: Scene) -> None:
    """That after block h - 2, whose anchors end with its own; and gate time, which is newer."""
    state, height = scene.chain.peers[0].storage.state, scene.context.height
    register = scene.registers[0]
    assert register.evidence is not None
    asked = [
        (replace(register.message, anchor_height=anchor), register.evidence)
        for anchor in range(height - 3, height)
    ]
    told = enclave_context(state, scene.context, asked, node_id=bytes(32))
    assert told is not None
    assert told.height == height
    assert [decode_anchor(anchor).height for anchor in told.anchors] == [height - 3, height - 2]
    assert time_from_proto(told.gate_time) == scene.context.gate_time
    newest = keeper.anchor(state.newest, height - 1)
    assert newest is not None
    assert newest.time == scene.context.gate_time


def test_nothing_can_be_told_of_a_state_that_is_not_kept(scene: Scene) -> None:
    state = scene.chain.peers[0].storage.state
    unknown = replace(scene.context, height=10**6)
    assert enclave_context(state, unknown, [], node_id=bytes(32)) is None
