"""The path of the next block: ready for one height, not ready without a reason being said once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from enclave.registration.measurement_codec import measurement_from_proto
from node.chain_proof import Leading, ReadyPath
from node.enclave_client import EnclaveClient
from node.engine_rpc import Status
from seedpact.enclave.v1 import chain_pb2
from tests.support.changing_headers import ChangingChain, ServedBlocks
from tests.support.enclaves import CHAIN_ID, Node, policy
from tests.support.engine_status import engine_status
from tests.support.headers import SIGNERS, Signers
from tests.support.process import EnclaveProcess, enclave_process
from tests.support.world import Ledger

HEIGHT: Final = 30


@dataclass
class Scene:
    """A path over real headers, for a real enclave."""

    process: EnclaveProcess
    client: EnclaveClient
    ledger: Ledger
    blocks: ServedBlocks
    ready: ReadyPath
    status: Status = field(default_factory=engine_status)
    said: list[tuple[str, str, dict[str, str | int]]] = field(default_factory=list)

    @property
    def trusted(self) -> int:
        return self.client.get_info().trusted_height


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with ExitStack() as stack:
        process = stack.enter_context(enclave_process(tmp_path / "enclave"))
        client = stack.enter_context(EnclaveClient(process.address))
        ledger = Ledger()
        ledger.height = HEIGHT + 1
        ledger.catch_up()
        blocks = ServedBlocks(ledger.headers)

        def log(level: str, event: str, **fields: str | int) -> None:
            found.said.append((level, event, fields))

        ready = ReadyPath(client, Leading(blocks, client), status=lambda: found.status, log=log)
        found = Scene(process, client, ledger, blocks, ready)
        yield found


def test_it_is_ready_for_exactly_one_height(scene: Scene) -> None:
    scene.process.bootstrap(scene.ledger.network)
    assert scene.ready.steps(0) == ()
    for to in (HEIGHT - 1, HEIGHT):
        scene.ready.make(to)
        assert [at for at in range(1, HEIGHT + 2) if scene.ready.steps(at) is not None] == [to]
    (step,) = scene.ready.steps(HEIGHT) or ()
    scene.client.follow_chain(chain_pb2.FollowChainRequest(steps=[step]))
    assert scene.trusted == HEIGHT
    assert scene.said == []


def test_nothing_is_made_for_an_enclave_without_the_seed(scene: Scene) -> None:
    scene.status = engine_status(earliest_height=0)
    scene.ready.make(HEIGHT)
    assert scene.ready.steps(HEIGHT) is None
    assert scene.blocks.asked == []
    assert scene.said == []


def test_nothing_is_made_for_a_forked_enclave(scene: Scene) -> None:
    """It would refuse whatever it is shown, in every block for ever."""
    scene.process.bootstrap(scene.ledger.network)
    scene.client.report_fork(signed_fork(scene.ledger))
    assert scene.client.get_info().forked
    for to in (HEIGHT, HEIGHT):
        scene.ready.make(to)
    assert scene.ready.steps(HEIGHT) is None
    assert scene.blocks.asked == []
    assert scene.said == []


def signed_fork(ledger: Ledger) -> chain_pb2.ReportForkRequest:
    """Two ways from the genesis to one height, by the same validators."""
    other = ledger.headers.fork(HEIGHT - 1)
    other.add(app_hash=b"\x02" * 32, time=ledger.time(HEIGHT))
    every = range(2, HEIGHT + 1)
    first, second = (chain.steps(None, every) for chain in (ledger.headers, other))
    return chain_pb2.ReportForkRequest(first=first, second=second)


def test_nothing_is_made_where_nobody_votes(scene: Scene) -> None:
    scene.process.bootstrap(scene.ledger.network)
    scene.status = engine_status(power=0)
    scene.ready.make(HEIGHT)
    assert scene.ready.steps(HEIGHT) is None
    assert scene.blocks.asked == []
    scene.status = engine_status(power=1)
    scene.ready.make(HEIGHT)
    assert scene.ready.steps(HEIGHT) is not None
    assert scene.said == []


def test_nothing_is_made_where_the_engine_began_above_the_trusted_header(scene: Scene) -> None:
    """Its host gets the older blocks from others: then there is a way again."""
    scene.process.bootstrap(scene.ledger.network)
    scene.status = engine_status(earliest_height=2)
    scene.ready.make(HEIGHT)
    scene.client.follow_chain(
        chain_pb2.FollowChainRequest(steps=scene.ledger.headers.steps(None, [10]))
    )
    scene.status = engine_status(earliest_height=11)
    scene.ready.make(HEIGHT)
    assert scene.ready.steps(HEIGHT) is None
    assert scene.blocks.asked == []
    assert scene.said == []
    scene.status = engine_status(earliest_height=10)
    scene.ready.make(HEIGHT)
    assert scene.ready.steps(HEIGHT) is not None


def test_what_stands_in_the_way_is_said_once_until_its_code_changes(scene: Scene) -> None:
    scene.process.bootstrap(scene.ledger.network)
    scene.blocks.away = True
    for to in (HEIGHT, HEIGHT, HEIGHT):
        scene.ready.make(to)
    assert scene.ready.steps(HEIGHT) is None
    assert [(level, event) for level, event, _ in scene.said] == [("warning", "no_path_to_header")]
    assert scene.said[0][2]["height"] == HEIGHT
    scene.blocks.away = False
    scene.blocks.lies[HEIGHT] = lambda block: block.signed_header.ClearField("commit")
    scene.ready.make(HEIGHT)
    assert len(scene.said) == 2
    assert "bad_path" in str(scene.said[1][2]["reason"])
    scene.blocks.lies.clear()
    scene.ready.make(HEIGHT)
    assert scene.ready.steps(HEIGHT) is not None
    assert len(scene.said) == 2
    # Said again where it comes again.
    scene.process.kill()
    for _ in range(2):
        scene.ready.make(HEIGHT)
    assert len(scene.said) == 3
    assert "enclave_unreachable" in str(scene.said[2][2]["reason"])


def test_a_path_that_was_ready_does_not_serve_the_next_block(scene: Scene) -> None:
    """The failure of one make leaves no older path for a newer height."""
    scene.process.bootstrap(scene.ledger.network)
    scene.ready.make(HEIGHT - 1)
    scene.process.kill()
    scene.ready.make(HEIGHT)
    assert scene.ready.steps(HEIGHT) is None


def test_confirms_go_on_across_changes_of_validators(tmp_path: Path) -> None:
    """One of four leaves at each tenth header, and twice all of them: a real enclave confirms."""

    def sets(height: int) -> Signers:
        if height < 10:
            return SIGNERS
        if 40 <= height < 60:
            return Signers.of(f"all new since {height // 10 * 10}")
        return Signers.of("first", "second", "third", f"newcomer {height // 10}")

    with enclave_process(tmp_path / "enclave") as process, EnclaveClient(process.address) as client:
        code = measurement_from_proto(process.info().measurement)
        ledger = Ledger(policy=policy(measurements=(code,)))
        ledger.headers = ChangingChain(sets, chain_id=CHAIN_ID)
        ledger.bootstrap(process)
        ready = ReadyPath(
            client,
            Leading(ServedBlocks(ledger.headers), client),
            status=engine_status,
            log=lambda level, event, **_: pytest.fail(f"{level} {event}"),
        )
        for number in range(8):
            newcomer = Node(f"newcomer {number}", code=code)
            ledger.prepare(newcomer)
            purpose = ledger.purpose()
            quote = newcomer.make_quote(purpose)
            request = ledger.confirm_request(
                process, (ledger.newcomer(quote, purpose), quote.evidence.collateral)
            )
            below = ledger.height - 1
            ready.make(below)
            steps = ready.steps(below)
            assert steps is not None
            assert len(steps) <= 1
            del request.chain.steps[:]
            request.chain.steps.extend(steps)
            (confirmation,) = process.confirm(request)
            assert not confirmation.HasField("refusal")
            assert client.get_info().trusted_height == below
            ledger.height += 9
        assert ledger.headers.top > 60
