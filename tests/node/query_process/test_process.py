"""The query process itself: it is killed, stopped, replaced; blocks go on, and it comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import grpc
import pytest
from cosmpy.protos.cosmos.bank.v1beta1 import query_pb2 as bank_pb

from chain_module.abci.requests import QueryRequest
from node.log import no_log
from node.metrics import Metrics
from node.query_process import QueryProcess, process
from node.query_process.child import OOM_SCORE
from node.services import HEIGHT_HEADER, CannotServe
from node.storage import Storage, open_storage
from tests.support.cli import python_path
from tests.support.ports import free_address
from tests.support.query_process import settings
from tests.support.services import CHAIN_ID, STORES, address_of, commit
from tests.support.supervised import wait_for

BALANCE: Final = "/cosmos.bank.v1beta1.Query/Balance"
PARAMS: Final = "/cosmos.bank.v1beta1.Query/Params"
LOWEST: Final = 19
HOLDER: Final = address_of(1)
REQUEST: Final = bank_pb.QueryBalanceRequest(address=HOLDER, denom="useed").SerializeToString()


@dataclass
class Running:
    """A storage with its query process, as a node has them."""

    storage: Storage
    queries: QueryProcess
    metrics: Metrics
    address: str
    log: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def pid(self) -> int:
        """Of the newest child."""
        started = [fields["pid"] for event, fields in self.log if event == "query_process_started"]
        assert started
        return int(started[-1])

    def block(self) -> int:
        """Commits one as the consensus lane does."""
        height = commit(self.storage)
        self.queries.committed()
        return height

    def ask(self) -> int:
        """The height of an answer over gRPC. Raises grpc.RpcError."""
        with grpc.insecure_channel(self.address) as channel:
            method: Any = channel.unary_unary(BALANCE)
            _, call = method.with_call(REQUEST, timeout=30)
            return int(dict(call.initial_metadata())[HEIGHT_HEADER])

    def answers(self) -> bool:
        """Whether it answers at all; and then never with an old state."""
        height = self.storage.height
        try:
            found = self.ask()
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            return False
        assert found >= height
        return True

    def over_abci(self) -> tuple[int, str, int]:
        """Code, log and height of the engine's query."""
        answer = self.queries(QueryRequest(data=b"", path=PARAMS, height=0, prove=False))
        return answer.code, answer.log, answer.height


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    address = free_address()
    with open_storage(folder, names=STORES, chain_id=CHAIN_ID, log=no_log) as storage:
        commit(storage, balances={HOLDER: 17})
        metrics = Metrics()
        lines: list[tuple[str, dict[str, Any]]] = []

        def log(level: str, event: str, **fields: str | int) -> None:
            del level
            lines.append((event, fields))

        queries = QueryProcess(storage, settings(listen=address), log=log, metrics=metrics)
        with queries:
            found = Running(storage, queries, metrics, address, lines)
            wait_for(found.answers, "the query process")
            yield found


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("node")) as found:
        yield found


def alive(pid: int) -> bool:
    """Whether it runs: one that waits for its parent does not."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"


def test_every_answer_has_the_block_before_it(node: Running) -> None:
    """Over gRPC and over ABCI, at once after the commit."""
    wait_for(node.answers, "the query process")
    for _ in range(20):
        height = node.block()
        assert node.ask() == height
        height = node.block()
        assert node.over_abci() == (0, "", height)


def test_blocks_come_before_queries(node: Running) -> None:
    """For the processor and for memory."""
    wait_for(node.answers, "the query process")
    fields = Path(f"/proc/{node.pid}/stat").read_text().rpartition(")")[2].split()
    assert int(fields[16]) == min(LOWEST, os.nice(0) + process.NICE)
    assert Path(f"/proc/{node.pid}/oom_score_adj").read_text().strip() == OOM_SCORE


def test_one_that_is_killed_under_load_comes_back(node: Running) -> None:
    wait_for(node.answers, "the query process")
    stopped = threading.Event()
    failed: list[BaseException] = []

    def load() -> None:
        try:
            while not stopped.is_set():
                node.answers()
        except BaseException as error:  # noqa: BLE001 (raised below, in the test)
            failed.append(error)

    callers = [threading.Thread(target=load) for _ in range(4)]
    for caller in callers:
        caller.start()
    try:
        before = node.pid
        os.kill(before, signal.SIGKILL)
        wait_for(lambda: node.pid != before, "another one")
        while not node.answers():
            node.block()
    finally:
        stopped.set()
        for caller in callers:
            caller.join()
    assert failed == []
    assert not alive(before)
    assert node.ask() == node.storage.height
    ended = [fields for event, fields in node.log if event == "query_process_ended"]
    assert ended[-1]["status"] == -signal.SIGKILL
    assert ended[-1]["code"] == "queries_away"
    starts = len([event for event, _ in node.log if event == "query_process_started"])
    assert f"seedpact_query_process_starts_total {starts}.0" in node.metrics.text()


def test_one_that_is_stopped_holds_up_no_block(
    node: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_for(lambda: node.over_abci()[0] == 0, "the query process")
    monkeypatch.setattr(process, "QUERY_SECS", 0.1)
    before = node.storage.height
    os.kill(node.pid, signal.SIGSTOP)
    try:
        assert [node.block() for _ in range(50)] == [before + 1 + n for n in range(50)]
        for _ in range(3):
            code, log, _ = node.over_abci()
            assert code == 18
            assert log.startswith("rpc error: code = Unavailable desc = queries_away: expected ")
    finally:
        os.kill(node.pid, signal.SIGCONT)
    wait_for(lambda: node.over_abci() == (0, "", before + 50), "the newest state")


def test_one_that_is_silent_is_replaced(node: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for(node.answers, "the query process")
    before = node.pid
    monkeypatch.setattr(process, "STOP_SECS", 0.1)
    os.kill(before, signal.SIGSTOP)
    monkeypatch.setattr(process, "SILENT_SECS", 2.0)
    wait_for(lambda: node.pid != before, "another one")
    monkeypatch.setattr(process, "SILENT_SECS", 30.0)
    wait_for(node.answers, "its answer")
    reasons = [fields["reason"] for event, fields in node.log if event == "query_process_ended"]
    assert reasons[-1].startswith("silent for ")
    assert not alive(before)


def test_a_copy_that_begins_again_answers_meanwhile(node: Running) -> None:
    wait_for(node.answers, "the query process")
    before = node.pid
    for _ in range(5):
        node.queries.replaced()
        height = node.block()
        assert node.ask() == height
    assert node.pid == before


def test_its_figures_are_the_nodes(node: Running) -> None:
    wait_for(node.answers, "the query process")
    counted = f'seedpact_grpc_requests_total{{code="OK",method="{BALANCE}"}} '
    wait_for(lambda: counted in node.metrics.text(), "its figures")
    wait_for(
        lambda: f"seedpact_query_process_height {node.storage.height}.0" in node.metrics.text(),
        "its height",
    )


def test_it_ends_with_its_node(tmp_path: Path) -> None:
    with running(tmp_path) as found:
        pid = found.pid
        assert alive(pid)
    assert not alive(pid)


def test_an_address_that_is_taken_is_told_at_once(node: Running, tmp_path: Path) -> None:
    with open_storage(tmp_path, names=STORES, chain_id=CHAIN_ID, log=no_log) as storage:
        second = QueryProcess(storage, settings(listen=node.address), log=no_log, metrics=Metrics())
        with pytest.raises(CannotServe) as caught:
            second.start()
        second.close()
    assert caught.value.code == "port_taken"
    assert caught.value.expected == f"to listen at {node.address} for the gRPC services"


NODE: Final = """
    import sys, time
    from pathlib import Path
    from tests.node.query_process.test_process import running

    with running(Path(sys.argv[1])) as found:
        print(found.pid, flush=True)
        time.sleep(600)
"""


@pytest.mark.parametrize("stopped", [False, True])
def test_a_node_that_is_killed_leaves_no_child(tmp_path: Path, stopped: bool) -> None:  # noqa: FBT001 (a case)
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(NODE), tmp_path],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": python_path()},
    )
    assert parent.stdout is not None
    with parent.stdout:
        child = int(parent.stdout.readline())
        if stopped:
            os.kill(child, signal.SIGSTOP)
        parent.kill()
        parent.wait()
    wait_for(lambda: not alive(child), "the end of the child")
