"""A holder's enclave goes on with the chain, with others' blocks where its own node has none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from enclave.errors import Code
from node.chain_client import ChainClient, ChainEvent
from node.chain_proof import ChainProofFailure, Leading
from node.enclave_client import EnclaveClient, EnclaveRefused
from node.host import NEW_BLOCK, Following, Host
from node.host.following import DEPTH, FOLLOW_HEADERS, LOOK_BLOCKS, REMEDY, RETRY_BLOCKS
from node.host.witness import Witness
from seedpact.enclave.v1 import chain_pb2
from seedpact.light.v1 import light_pb2
from tests.node.chain_proof.test_ready import signed_fork
from tests.node.host.test_host import Lines
from tests.support.changing_headers import BlocksFrom, ChangingChain, ServedBlocks, all_new
from tests.support.enclaves import CHAIN_ID
from tests.support.engine_status import engine_status, serving_status
from tests.support.headers import HeaderChain, Signers
from tests.support.process import EnclaveProcess, enclave_process
from tests.support.world import Ledger

NOBODY: Final = "127.0.0.1:1"
TOP: Final = 60
TRUSTED: Final = 20
BASE: Final = 40
NEWEST: Final = TOP + DEPTH
"""The newest block where `TOP` is the header that is followed to."""


@dataclass
class Scene:
    """A holder, its node's engine as far as it says of itself, and a host."""

    process: EnclaveProcess
    enclave: EnclaveClient
    ledger: Ledger
    host: Host
    log: Lines
    base: int = 1
    """The first block of its node's engine."""

    @property
    def trusted(self) -> int:
        return self.enclave.get_info().trusted_height

    @property
    def own(self) -> BlocksFrom:
        return BlocksFrom(self.ledger.headers, self.base)

    def grow(self, top: int) -> None:
        self.ledger.height = top + 1
        self.ledger.catch_up()

    def follow(self, to: int) -> None:
        steps = self.ledger.headers.steps(None, [to])
        self.enclave.follow_chain(chain_pb2.FollowChainRequest(steps=steps))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Nobody of one header's validators signs the next: no header can be left out."""
    with ExitStack() as stack:
        process = stack.enter_context(enclave_process(tmp_path / "enclave"))
        enclave = stack.enter_context(EnclaveClient(process.address))
        status = serving_status(lambda: engine_status(earliest_height=made.base))
        rpc = stack.enter_context(status)
        chain = stack.enter_context(ChainClient(grpc=NOBODY, rpc=rpc, timeout=5))
        log, ledger = Lines(), Ledger()
        ledger.headers = ChangingChain(all_new, chain_id=CHAIN_ID)
        process.bootstrap(ledger.network)
        host = Host(chain=chain, enclave=enclave, handlers=(), log=log)
        made = Scene(process, enclave, ledger, host, log)
        made.grow(TOP)
        yield made


def at(height: int) -> ChainEvent:
    return ChainEvent(NEW_BLOCK, {}, height)


def others(*chains: HeaderChain) -> tuple[list[Witness], list[ServedBlocks]]:
    served = [ServedBlocks(chain) for chain in chains]
    return [Witness(f"other {number}", each) for number, each in enumerate(served)], served


def test_a_holder_is_led_once_it_is_a_hundred_headers_behind(scene: Scene) -> None:
    scene.follow(TRUSTED)
    scene.grow(TRUSTED + FOLLOW_HEADERS)
    own = scene.own
    following = Following(own, ())
    top = TRUSTED + FOLLOW_HEADERS + DEPTH
    following.handle(scene.host, at(top - 1))
    assert scene.trusted == TRUSTED
    following.handle(scene.host, at(top))
    assert scene.trusted == TRUSTED, "it looked a moment ago"
    assert own.asked == []
    Following(own, ()).handle(scene.host, at(top))
    assert scene.trusted == top - DEPTH
    assert scene.log.events == []


def test_nothing_is_done_for_an_enclave_that_cannot_go_on(scene: Scene, tmp_path: Path) -> None:
    """No seed yet; or a fork was proven, and it refuses for ever."""
    witnesses, (other,) = others(scene.ledger.headers)
    own = scene.own
    scene.base = BASE
    with (
        enclave_process(tmp_path / "empty") as empty,
        EnclaveClient(empty.address) as client,
    ):
        host = Host(chain=scene.host.chain, enclave=client, handlers=(), log=scene.log)
        Following(own, witnesses).handle(host, at(NEWEST))
    scene.enclave.report_fork(signed_fork(scene.ledger))
    Following(own, witnesses).handle(scene.host, at(NEWEST))
    assert scene.trusted == 0
    assert own.asked == other.asked == []
    assert scene.log.events == []


@pytest.mark.parametrize("trusted", [0, 1, TRUSTED, BASE - 2, BASE - 1])
def test_older_blocks_come_from_another_node(scene: Scene, trusted: int) -> None:
    if trusted:
        scene.follow(trusted)
    scene.base = BASE
    witnesses, (other,) = others(scene.ledger.headers)
    own = scene.own
    Following(own, witnesses).handle(scene.host, at(NEWEST))
    assert scene.trusted == TOP
    # Of the other node that alone which this one has not.
    assert max(other.asked) < BASE
    assert min(other.asked) == max(trusted, 1)
    (fields,) = scene.log.of("older_blocks_shown")
    assert (fields["source"], fields["height"]) == ("other 0", TOP)
    assert len(scene.log.events) == 1


def test_who_has_no_blocks_or_lies_is_passed_over(scene: Scene) -> None:
    """Away; another header in the place of the trusted one; headers that strangers signed."""
    scene.follow(TRUSTED)
    scene.base = BASE
    headers = scene.ledger.headers
    strange = headers.fork(TRUSTED + 2)
    strangers = Signers.of("one", "two", "three", "four")
    while strange.top < TOP:
        time = scene.ledger.time(strange.top + 1)
        strange.add(app_hash=b"\x02" * 32, time=time, signed_by=strangers)
    witnesses, (away, liar, _, _) = others(headers, headers, strange, headers)
    away.away = True

    def another(block: light_pb2.LightBlock) -> None:
        block.signed_header.header.next_validators_hash = b"\xee" * 32

    liar.lies[TRUSTED] = another
    Following(scene.own, witnesses).handle(scene.host, at(NEWEST))
    assert scene.trusted == TOP
    assert scene.log.of("older_blocks_shown")[0]["source"] == "other 3"
    assert len(scene.log.events) == 1


def test_what_the_enclave_refuses_is_tried_with_the_next(scene: Scene) -> None:
    """A whole way of its own from a header that the enclave does not trust, to this node's."""
    scene.follow(TRUSTED)
    scene.base = BASE
    made_up = scene.ledger.headers.fork(TRUSTED - 1)
    for height in range(TRUSTED, BASE):
        time = scene.ledger.time(height)
        then = all_new(BASE) if height == BASE - 1 else Signers.of(f"made up {height}")
        made_up.add(app_hash=b"\x02" * 32, time=time, then=then)
    witnesses, _ = others(made_up, scene.ledger.headers)
    # It holds for a host, that believes the first header.
    Following(scene.own, witnesses[:1]).handle(scene.host, at(NEWEST))
    (fields,) = scene.log.of("older_blocks_missing")
    assert "other 0: validators_mismatch" in str(fields["found"])
    assert scene.trusted == TRUSTED
    Following(scene.own, witnesses).handle(scene.host, at(NEWEST))
    assert scene.log.of("older_blocks_shown")[0]["source"] == "other 1"
    assert scene.trusted == TOP


def test_that_nobody_has_them_is_said_once_until_it_changes(scene: Scene) -> None:
    scene.follow(TRUSTED)
    scene.base = BASE
    scene.grow(2 * TOP)
    witnesses, (other,) = others(scene.ledger.headers)
    nobody, following = Following(scene.own, ()), Following(scene.own, witnesses)
    for height in range(NEWEST, NEWEST + 3 * (LOOK_BLOCKS + RETRY_BLOCKS)):
        nobody.handle(scene.host, at(height))
    (fields,) = scene.log.of("older_blocks_missing")
    assert fields == {
        "expected": f"block {TRUSTED}, from which the enclave goes on, and those after it",
        "found": f"blocks from {BASE} on in this node; no other node in light_client.witnesses",
        "next": REMEDY,
    }
    scene.log.events.clear()
    other.away = True
    step = LOOK_BLOCKS + RETRY_BLOCKS
    for height in range(NEWEST, NEWEST + step):
        following.handle(scene.host, at(height))
    assert other.asked == [TRUSTED], "not in each block"
    (fields,) = scene.log.of("older_blocks_missing")
    assert "other 0: engine_failed" in str(fields["found"])
    other.away = False
    following.handle(scene.host, at(NEWEST + step))
    assert scene.trusted == NEWEST + step - DEPTH
    assert [event for event, _ in scene.log.events] == [
        "older_blocks_missing",
        "older_blocks_shown",
    ]


def test_a_header_that_the_block_path_reached_first_is_no_failure(scene: Scene) -> None:
    """What the enclave was asked before it got on: passed by; one that it never reached is not."""
    scene.follow(TRUSTED)
    before = scene.enclave.get_info()
    leading = Leading(ServedBlocks(scene.ledger.headers), scene.enclave)
    scene.follow(BASE)
    leading.lead_holder(before, BASE - 1)
    assert scene.trusted == BASE
    other = scene.ledger.headers.fork(TRUSTED)
    other.add(app_hash=b"\x02" * 32, time=scene.ledger.time(TRUSTED + 1))
    while other.top < TOP:
        other.add(app_hash=b"\x02" * 32, time=scene.ledger.time(other.top + 1))
    with pytest.raises((EnclaveRefused, ChainProofFailure)) as caught:
        Leading(ServedBlocks(other), scene.enclave).lead_holder(before, TOP)
    assert caught.value.code != Code.ROLLED_BACK
    assert scene.trusted == BASE
