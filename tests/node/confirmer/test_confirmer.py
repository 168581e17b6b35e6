"""The confirmer against real enclave processes: stopped, killed, restarted, and without a seed."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import grpc
import pytest

from enclave.attestation.policy import Policy
from enclave.errors import Code
from enclave.registration.records import verdict_from_proto
from node.confirmer import Away, Confirmer, Counters, Envelope, NodeCode, Outcome, Refused
from node.enclave_client import EnclaveClient, Registration
from node.metrics import Metrics
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.abci_client import LogLines
from tests.support.cometbft import wait_for
from tests.support.enclaves import CODE, Node
from tests.support.process import EnclaveProcess, enclave_process
from tests.support.world import Ledger

DEADLINE = 20.0
"""Of calls that are meant to be answered."""
SHORT = 0.25
"""Of calls that are not: PrepareProposal's."""
NEVER = 1e6
CODE_OPTION = ("--measurement", CODE.mr_enclave.hex())


@dataclass
class World:
    """A holder's process, a chain, and newcomers' registrations."""

    ledger: Ledger
    process: EnclaveProcess
    confirmer: Confirmer
    log: LogLines
    metrics: Metrics

    _shown: tuple[tuple[int, Policy], chain_pb2.ChainProof] | None = None

    @property
    def chain(self) -> chain_pb2.ChainProof:
        """What the enclave is shown; once made, it is not asked again where nothing changed."""
        if self._shown is None or self._shown[0] != (self.ledger.height, self.ledger.policy):
            self.ledger.make_fresh(self.process)
            anchors = range(max(1, self.ledger.height - 9), self.ledger.height - 1)
            proof = self.ledger.proof(self.process, anchors=anchors)
            self._shown = (self.ledger.height, self.ledger.policy), proof
        return self._shown[1]

    def registration(self, name: str) -> Registration:
        node, purpose = Node(name), self.ledger.purpose()
        self.ledger.prepare(node)
        quote = node.make_quote(purpose)
        newcomer = self.ledger.newcomer(quote, purpose)
        assert self.chain.anchors
        return Registration(
            operator=newcomer.operator,
            exchange_key=newcomer.exchange_key,
            kem_ciphertext=newcomer.kem_ciphertext,
            epoch=newcomer.epoch,
            anchor_height=newcomer.anchor_height,
            anchor_hash=newcomer.anchor_hash,
            tls_key=newcomer.tls_key,
            quote=newcomer.quote,
            collateral=quote.evidence.collateral,
        )

    def confirm(
        self, *registrations: Registration, deadline: float = DEADLINE
    ) -> list[Outcome] | Away:
        answer = self.confirmer.confirm(
            self.chain, registrations, height=self.ledger.height, deadline=deadline
        )
        return answer if isinstance(answer, Away) else list(answer)

    def prefetch(self, *registrations: Registration) -> None:
        self.confirmer.prefetch(self.ledger.height, self.chain, registrations)

    def direct(self, *registrations: Registration) -> list[pb.Confirmation]:
        """What the enclave says without a confirmer between."""
        newcomers = []
        for one in registrations:
            newcomer = pb.Newcomer(
                operator=one.operator,
                exchange_key=one.exchange_key,
                kem_ciphertext=one.kem_ciphertext,
                epoch=one.epoch,
                anchor_height=one.anchor_height,
                anchor_hash=one.anchor_hash,
                tls_key=one.tls_key,
                quote=one.quote,
            )
            newcomers.append((newcomer, one.collateral))
        return self.process.confirm(self.ledger.confirm_request(self.process, *newcomers))

    def signal(self, number: int) -> None:
        os.kill(self.process.process.pid, number)

    def restart(self) -> None:
        self.process.kill()
        self.process = EnclaveProcess(
            self.process.home, "--listen", self.process.address, *CODE_OPTION
        )
        self._shown = None

    def wait_until_here(self) -> None:
        wait_for(lambda: self.confirmer.away is None, "the enclave to be back")

    def counts(self) -> Counters:
        return self.confirmer.counters


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    process, ledger = EnclaveProcess(tmp_path / "holder", *CODE_OPTION), Ledger()
    ledger.bootstrap(process)
    log, metrics = LogLines(), Metrics()
    client = EnclaveClient(process.address)
    with Confirmer(client, log=log, metrics=metrics, ping_every=NEVER) as confirmer:
        made = World(ledger, process, confirmer, log, metrics)
        made.wait_until_here()
        yield made
    made.process.kill()


def test_outcomes_are_those_of_the_enclave(world: World) -> None:
    good, other = world.registration("a"), world.registration("b")
    bad = replace(world.registration("c"), tls_key=good.tls_key)
    answer = world.confirm(good, bad, other)
    assert isinstance(answer, list)
    for outcome, confirmation in zip(answer, world.direct(good, bad, other), strict=True):
        if confirmation.HasField("refusal"):
            error = confirmation.refusal
            assert outcome == Refused(error.code, error.expected, error.found)
        else:
            verdict = verdict_from_proto(confirmation.verdict)
            assert outcome == Envelope(confirmation.envelope, verdict)
    assert isinstance(answer[1], Refused)
    assert answer[1].code == Code.REPORT_DATA_MISMATCH
    assert world.counts() == Counters(calls=1, asked=3, confirmed=2, refused=1, pings=1)


def test_what_was_prefetched_is_not_asked_again_and_has_equal_bytes(world: World) -> None:
    good, bad = world.registration("a"), world.registration("b")
    bad = replace(bad, operator=bytes(20))
    direct = world.confirm(good, bad)
    world.ledger.height += 1
    fresh = world.confirm(good, bad)
    world.ledger.height += 1
    world.prefetch(good, bad)
    wait_for(lambda: world.counts().asked == 6, "the prefetch")
    calls = world.counts().calls
    assert calls == 4, "one registration a call"
    for _ in range(3):
        cached = world.confirm(bad, good)
        assert isinstance(cached, list)
        assert cached[::-1] == fresh
    assert world.counts().calls == calls
    assert world.counts().hits == 6
    assert isinstance(direct, list)
    assert isinstance(fresh, list)
    assert direct == fresh, "gate time is no part of an envelope"


def test_only_what_is_missing_is_asked(world: World) -> None:
    first, second = world.registration("a"), world.registration("b")
    world.confirm(first)
    before = world.counts()
    answer = world.confirm(first, second, first)
    assert isinstance(answer, list)
    assert answer[0] == answer[2]
    after = world.counts()
    assert (after.calls - before.calls, after.asked - before.asked) == (1, 1)
    assert after.hits - before.hits == 2


def test_other_anchors_in_the_same_height_do_not_matter(world: World) -> None:
    """The proof of a prefetch holds those of other registrations, too."""
    registration = world.registration("a")
    world.confirm(registration)
    chain = world.chain
    del chain.anchors[:-5]
    world.confirmer.confirm(chain, [registration], height=world.ledger.height, deadline=DEADLINE)
    assert world.counts().calls == 1


def test_another_height_is_another_question(world: World) -> None:
    registration = world.registration("a")
    world.confirm(registration)
    world.ledger.policy = replace(world.ledger.policy, serial=2, frozen=True)
    frozen = world.confirm(registration)
    assert isinstance(frozen, list)
    assert isinstance(frozen[0], Refused)
    assert frozen[0].code == Code.FROZEN
    assert world.counts().calls == 2
    world.ledger.height += 1
    world.confirm(registration)
    assert world.counts().calls == 3


def test_a_newer_height_supersedes_the_work_for_an_older(world: World) -> None:
    registrations = [world.registration(name) for name in "abc"]
    older, height = world.chain, world.ledger.height
    world.ledger.height += 1
    newer = world.chain
    world.signal(signal.SIGSTOP)
    world.confirmer.prefetch(height, older, registrations)
    wait_for(lambda: world.counts().calls == 1, "the first call")
    world.confirmer.prefetch(world.ledger.height, newer, registrations[:1])
    world.signal(signal.SIGCONT)
    wait_for(lambda: world.counts().confirmed == 2, "the answer for the newer height")
    assert world.counts().calls == 2
    answer = world.confirm(registrations[0])
    assert isinstance(answer, list)
    assert isinstance(answer[0], Envelope)
    assert world.counts().asked == 2


# Away.


def test_a_stopped_enclave_is_waited_for_once(world: World) -> None:
    registration = world.registration("a")
    world.signal(signal.SIGSTOP)
    late = world.confirm(registration, deadline=SHORT)
    assert isinstance(late, Away)
    assert "in time" in late.reason
    for _ in range(5):
        assert isinstance(world.confirm(registration, deadline=SHORT), Away)
    counts = world.counts()
    assert (counts.calls, counts.late, counts.away) == (1, 1, 5)
    assert len(world.log.of("enclave_away")) == 1
    assert "seedpact_enclave_up 0.0" in world.metrics.text()
    world.signal(signal.SIGCONT)
    world.wait_until_here()
    answer = world.confirm(registration)
    assert isinstance(answer, list)
    assert isinstance(answer[0], Envelope)
    assert "seedpact_enclave_up 1.0" in world.metrics.text()
    assert world.counts().quarantined == 0


def test_a_restarted_enclave_is_found_again(world: World) -> None:
    registration = world.registration("a")
    world.process.process.kill()
    world.process.process.wait()
    time.sleep(0.5)  # gRPC reads the end of a connection in a thread of its own
    assert isinstance(world.confirm(registration), Away)
    assert world.counts().lost == 0, "nothing was sent"
    world.restart()
    world.wait_until_here()
    answer = world.confirm(registration)
    assert isinstance(answer, list)
    assert isinstance(answer[0], Envelope)


def test_what_is_remembered_needs_no_enclave(world: World) -> None:
    known, unknown = world.registration("a"), world.registration("b")
    before = world.confirm(known)
    world.process.process.kill()
    world.process.process.wait()
    assert isinstance(world.confirm(unknown), Away)
    assert world.confirm(known) == before
    assert isinstance(world.confirm(known, unknown), Away)


# Died in flight.


def kill_during_the_call(world: World) -> None:
    wait_for(lambda: world.counts().calls == 1, "the call")
    world.signal(signal.SIGKILL)


@pytest.mark.parametrize("prefetched", [False, True])
def test_a_register_in_flight_when_the_enclave_died_waits_for_100_blocks(
    world: World, *, prefetched: bool
) -> None:
    poison = world.registration("poison")
    height = world.ledger.height
    world.signal(signal.SIGSTOP)
    if prefetched:
        world.prefetch(poison)
        kill_during_the_call(world)
        wait_for(lambda: world.counts().lost == 1, "the end of the call")
    else:
        killer = threading.Thread(target=kill_during_the_call, args=(world,))
        killer.start()
        assert isinstance(world.confirm(poison), Away)
        killer.join()
    assert world.counts().lost == 1
    world.restart()
    world.wait_until_here()
    calls = world.counts().calls
    for later in (1, 50, 100):
        world.ledger.height = height + later
        answer = world.confirm(poison, world.registration("other"))
        assert isinstance(answer, list)
        assert isinstance(answer[0], Refused)
        assert answer[0].code == NodeCode.REGISTER_QUARANTINED
        assert str(height + 101) in answer[0].expected
        assert isinstance(answer[1], Envelope)
    assert world.counts().asked == calls + 3
    world.ledger.height = height + 101
    answer = world.confirm(poison)
    assert isinstance(answer, list)
    assert not isinstance(answer[0], Refused) or answer[0].code != NodeCode.REGISTER_QUARANTINED
    assert len(world.log.of("register_quarantined")) == 1


# Who it is.


def test_an_enclave_without_a_seed_is_no_holder(tmp_path: Path) -> None:
    ledger, metrics, log = Ledger(), Metrics(), LogLines()
    ledger.bootstrap(Node("another"))
    with enclave_process(tmp_path, *CODE_OPTION) as process:
        client = EnclaveClient(process.address)
        with Confirmer(client, log=log, metrics=metrics, ping_every=0.05) as confirmer:
            world = World(ledger, process, confirmer, log, metrics)
            world.wait_until_here()
            assert confirmer.node_id is None
            registration = world.registration("a")
            refused = world.confirm(registration)
            assert isinstance(refused, list)
            assert isinstance(refused[0], Refused)
            assert refused[0].code == Code.ILLEGAL_STATE
            # It may hold one a moment later, in the same height: this is not remembered.
            world.ledger = Ledger()
            made = world.ledger.bootstrap(process)
            wait_for(lambda: confirmer.node_id == made.node_id, "the holder to be found")
            world.confirm(registration)
            assert world.counts().calls == 2


def test_nobody_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        client = EnclaveClient(address)
        with Confirmer(client, log=LogLines(), metrics=Metrics()) as confirmer:
            answer = confirmer.confirm(chain_pb2.ChainProof(), [], height=1, deadline=SHORT)
            assert answer == []
            assert confirmer.away is not None
            assert confirmer.node_id is None


def test_closing_does_not_wait_for_a_stopped_enclave(world: World) -> None:
    registration = world.registration("a")
    world.signal(signal.SIGSTOP)
    world.prefetch(registration)
    wait_for(lambda: world.counts().calls == 1, "the call")
    world.confirmer.close()
    assert world.counts().late == 0
    assert [line for line in world.log.lines if line["level"] != "info"] == []


def test_an_answer_that_is_none_keeps_the_enclave_and_withholds_the_one(world: World) -> None:
    registrations = [world.registration(name) for name in "ab"]
    server = grpc.server(ThreadPoolExecutor(1))

    def info(_request: bytes, _context: grpc.ServicerContext) -> bytes:
        return pb.GetInfoResponse(state=pb.ENCLAVE_STATE_HOLDER).SerializeToString()

    def nothing(_request: bytes, _context: grpc.ServicerContext) -> bytes:
        return b""

    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        "GetInfo": grpc.unary_unary_rpc_method_handler(info),
        "ConfirmNodes": grpc.unary_unary_rpc_method_handler(nothing),
    }
    service = "seedpact.enclave.v1.EnclaveService"
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    client = EnclaveClient(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")
    server.start()
    with Confirmer(client, log=world.log, metrics=world.metrics) as confirmer:
        wait_for(lambda: confirmer.away is None, "the pretender")
        for asked, expected in ((registrations, 2), (registrations[:1], 1)):
            answer = confirmer.confirm(world.chain, asked, height=9, deadline=DEADLINE)
            assert answer == Away("a malformed answer"), expected
        assert confirmer.away is None
        answer = confirmer.confirm(world.chain, registrations[:1], height=9, deadline=DEADLINE)
        assert isinstance(answer, list)
        assert confirmer.counters.failed == 2
        assert confirmer.counters.quarantined == 1
    server.stop(None).wait()
