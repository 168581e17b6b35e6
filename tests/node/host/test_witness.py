"""Witnesses: what a real enclave is shown when two nodes differ, and what becomes of either."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from enclave.errors import Code
from enclave.registration.measurement_codec import measurement_from_proto
from node.chain_client import ChainClient, ChainEvent
from node.chain_proof import ChainProofCode, ChainProofFailure
from node.enclave_client import EnclaveClient, EnclaveRefused
from node.host import NEW_BLOCK, Host
from node.host.witness import (
    DEPTH,
    DISTRUST_BLOCKS,
    LOOK_BLOCKS,
    Witness,
    WitnessComparison,
)
from seedpact.enclave.v1 import chain_pb2
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.light.v1 import light_pb2
from tests.node.host.test_host import Lines
from tests.support.changing_headers import ServedBlocks
from tests.support.enclaves import Node, policy
from tests.support.headers import HeaderChain, Signers
from tests.support.process import EnclaveProcess, enclave_process
from tests.support.world import Ledger

NOBODY: Final = "127.0.0.1:1"
TOP: Final = 60
TRUSTED: Final = 30


@dataclass
class Scene:
    """A holder that trusts header 30 of 60, its node's blocks, and a host without a chain."""

    process: EnclaveProcess
    enclave: EnclaveClient
    ledger: Ledger
    own: ServedBlocks
    log: Lines
    host: Host

    def look(self, comparison: WitnessComparison, height: int = TOP + DEPTH) -> None:
        """The block of this height is the newest: DEPTH below it is compared."""
        comparison.handle(self.host, ChainEvent(NEW_BLOCK, {}, height))

    @property
    def forked(self) -> bool:
        return self.enclave.get_info().forked

    def twin(self, height: int, *, signed_by: Signers | None = None) -> HeaderChain:
        """Another chain above `height`, signed by the same validators, or by others."""
        other = self.ledger.headers.fork(height)
        while other.top < self.ledger.headers.top:
            time = self.ledger.time(other.top + 1)
            other.add(app_hash=b"\x02" * 32, time=time, signed_by=signed_by)
        return other


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with ExitStack() as stack:
        process = stack.enter_context(enclave_process(tmp_path / "enclave"))
        enclave = stack.enter_context(EnclaveClient(process.address))
        code = measurement_from_proto(process.info().measurement)
        ledger = Ledger(policy=policy(measurements=(code,)))
        ledger.bootstrap(process)
        ledger.height = TOP + 1
        ledger.catch_up()
        process.follow(chain_pb2.FollowChainRequest(steps=ledger.headers.steps(None, [TRUSTED])))
        log = Lines()
        chain = ChainClient(grpc=NOBODY, rpc=f"http://{NOBODY}", timeout=1)
        host = Host(chain=chain, enclave=enclave, handlers=(), log=log)
        yield Scene(process, enclave, ledger, ServedBlocks(ledger.headers), log, host)


def of(scene: Scene, *chains: HeaderChain) -> tuple[WitnessComparison, list[ServedBlocks]]:
    served = [ServedBlocks(chain) for chain in chains]
    witnesses = [Witness(f"witness {number}", each) for number, each in enumerate(served)]
    return WitnessComparison(scene.own, witnesses), served


def test_one_height_in_ten_is_compared(scene: Scene) -> None:
    comparison, (witness,) = of(scene, scene.ledger.headers)
    for height in range(1, TOP + DEPTH + 1):
        scene.look(comparison, height)
    assert witness.asked == scene.own.asked == [*range(1, TOP + 1, LOOK_BLOCKS)]
    assert scene.log.events == []
    assert not scene.forked


@pytest.mark.parametrize(
    ("last_common", "trusted"),
    [(TRUSTED + 10, "above the trusted header"), (TRUSTED - 10, "below it"), (1, "at the root")],
)
def test_a_signed_fork_stops_the_enclave_for_ever(
    scene: Scene, tmp_path: Path, last_common: int, trusted: str
) -> None:
    other = scene.twin(last_common)
    comparison, _ = of(scene, scene.ledger.headers, other)
    scene.look(comparison)
    (fields,) = scene.log.of("chain_forked")
    assert (fields["witness"], fields["height"]) == ("witness 1", TOP), trusted
    hashes = {scene.ledger.headers.hash(TOP).hex(), other.hash(TOP).hex()}
    assert {fields["first"], fields["second"]} == hashes
    assert scene.log.of("witness_at_fault") == []
    with pytest.raises(EnclaveRefused) as caught:
        confirm_anybody(scene)
    assert caught.value.code == Code.FORKED
    scene.process.kill()
    with enclave_process(tmp_path / "enclave") as again:
        assert again.info().forked
        assert again.info().state == pb.ENCLAVE_STATE_HOLDER


def test_a_fork_whose_validators_changed_since_is_shown_from_below_it(scene: Scene) -> None:
    """Nobody of the other way would be believed from the header that the enclave trusts."""
    other = scene.ledger.headers.fork(TRUSTED - 10)
    time = scene.ledger.time(other.top + 1)
    other.add(app_hash=b"\x02" * 32, time=time, then=Signers.of("one", "two", "three", "four"))
    while other.top < TOP:
        other.add(app_hash=b"\x02" * 32, time=scene.ledger.time(other.top + 1))
    comparison, _ = of(scene, other)
    scene.look(comparison)
    assert scene.log.of("witness_at_fault") == []
    assert len(scene.log.of("chain_forked")) == 1
    assert scene.forked


def confirm_anybody(scene: Scene) -> None:
    ledger = scene.ledger
    newcomer = Node("newcomer", code=ledger.policy.measurements[0])
    ledger.prepare(newcomer)
    purpose = ledger.purpose()
    quote = newcomer.make_quote(purpose)
    request = ledger.confirm_request(
        scene.process, (ledger.newcomer(quote, purpose), quote.evidence.collateral)
    )
    scene.enclave.confirm_nodes(request)


def test_nothing_more_is_shown_to_a_forked_enclave(scene: Scene) -> None:
    comparison, _ = of(scene, scene.twin(TRUSTED + 10))
    scene.look(comparison)
    scene.look(comparison, TOP + DEPTH - 1)
    assert len(scene.log.of("witness_differs")) == 0, "too early"
    second, _ = of(scene, scene.twin(TRUSTED + 10))
    scene.look(second)
    assert len(scene.log.of("chain_forked")) == 1
    assert len(scene.log.of("witness_differs")) == 1
    assert scene.log.of("witness_at_fault") == []


def test_headers_that_the_validators_did_not_sign_discredit_their_witness(scene: Scene) -> None:
    strangers = Signers.of("one", "two", "three", "four")
    comparison, (witness,) = of(scene, scene.twin(TRUSTED + 10, signed_by=strangers))
    scene.look(comparison)
    assert not scene.forked
    (fields,) = scene.log.of("witness_at_fault")
    assert fields["witness"] == "witness 0"
    # Not asked again for a while, then again.
    witness.asked.clear()
    scene.own = ServedBlocks(scene.ledger.headers)
    far = scene.ledger
    far.height = TOP + DISTRUST_BLOCKS + LOOK_BLOCKS
    far.catch_up()
    scene.look(comparison, TOP + DISTRUST_BLOCKS)
    assert witness.asked == []
    scene.look(comparison, TOP + DISTRUST_BLOCKS + LOOK_BLOCKS)
    assert witness.asked == [TOP + DISTRUST_BLOCKS + LOOK_BLOCKS - DEPTH]
    assert not scene.forked


def test_a_witness_that_shows_no_header_at_all_is_at_fault(scene: Scene) -> None:
    comparison, (witness,) = of(scene, scene.ledger.headers)
    witness.lies[TOP] = lambda block: block.signed_header.ClearField("header")
    scene.look(comparison)
    assert len(scene.log.of("witness_at_fault")) == 1


def test_a_witness_that_only_differs_at_the_top_and_cannot_show_how(scene: Scene) -> None:
    """Its header is another, its commit is the chain's."""
    comparison, (witness,) = of(scene, scene.ledger.headers)

    def another(block: light_pb2.LightBlock) -> None:
        block.signed_header.header.app_hash = b"\xee" * 32

    witness.lies[TOP] = another
    scene.look(comparison)
    assert len(scene.log.of("witness_at_fault")) == 1
    assert not scene.forked


def test_a_witness_that_is_away_is_said_once_and_stops_no_other(scene: Scene) -> None:
    comparison, (away, other) = of(scene, scene.ledger.headers, scene.ledger.headers)
    away.away = True
    for height in (10, 20, 30):
        scene.look(comparison, height)
    assert [fields["witness"] for fields in scene.log.of("witness_away")] == ["witness 0"]
    assert len(other.asked) == 3
    # Said again where it comes again.
    for height, gone in ((40, False), (50, True), (60, True)):
        away.away = gone
        scene.look(comparison, height)
    assert len(scene.log.of("witness_away")) == 2
    assert scene.log.of("witness_at_fault") == []


def test_an_engine_of_this_node_that_serves_no_signed_headers_discredits_nobody(
    scene: Scene,
) -> None:
    """It is a failure of the handler, which the host logs; the thread goes on."""
    comparison, _ = of(scene, scene.ledger.headers)
    scene.own.lies[TOP] = lambda block: block.signed_header.ClearField("header")
    with pytest.raises(ChainProofFailure) as caught:
        scene.look(comparison)
    assert caught.value.code is ChainProofCode.BAD_PATH
    scene.own.lies[TOP] = lambda block: block.signed_header.commit.ClearField("signatures")
    comparison, _ = of(scene, scene.twin(TRUSTED + 10))
    with pytest.raises(ChainProofFailure) as caught:
        scene.look(comparison)
    assert caught.value.code is ChainProofCode.BAD_PATH
    assert scene.log.events == []
    assert not scene.forked


def test_a_fork_is_no_matter_of_an_enclave_without_the_seed(scene: Scene, tmp_path: Path) -> None:
    """Its witness is not discredited: who is right, nobody has judged."""
    comparison, _ = of(scene, scene.twin(TRUSTED))
    with (
        enclave_process(tmp_path / "empty") as process,
        EnclaveClient(process.address) as client,
    ):
        scene.host.enclave = client
        scene.look(comparison)
    assert [event for event, _ in scene.log.events] == ["witness_differs"]
