"""Order, readiness, restarts and stopping, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.supervisor import Group, ProcessId, What, running
from node.supervisor.log_file import MAX_LOG_BYTES
from tests.support.supervised import (
    HALTED,
    HALTS,
    REPOSITORY,
    Watched,
    pid_of,
    spec,
    story,
    wait_for,
)

NAMES = ("enclave", "node", "cometbft")


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not tmp_path: a unix socket's path is short.
    with tempfile.TemporaryDirectory(prefix="sv-") as name:
        yield Path(name)


def node(folder: Path, *options: str) -> Group:
    return Group(
        "n",
        (
            spec(folder, "enclave", *options, vital=False),
            spec(folder, "node", *options),
            spec(folder, "cometbft", *options, ends_with="node"),
        ),
    )


def test_it_starts_in_order_and_stops_in_reverse(folder: Path) -> None:
    watched = Watched()

    def steps() -> None:
        assert watched.supervisor.wait_until_ready("n", timeout=60)
        assert all(running(folder / f"{name}.pid") for name in NAMES)

    assert watched.play(node(folder), steps) == []
    told = story(folder)
    assert sorted(told[:2]) == ["enclave up", "node up"]
    assert told[2:] == ["cometbft up", *(f"{name} down" for name in reversed(NAMES))]
    assert not list(folder.glob("*.pid"))
    said = [event.text for event in watched.events if event.what is What.SAID]
    assert said == ["beware"] * 3


def test_one_that_says_that_it_works_no_more_is_started_again(folder: Path) -> None:
    """CometBFT stays, and answers, after a fault that ended its consensus."""
    watched = Watched()
    halting = spec(folder, "cometbft", "--halts", ends_with="node", halts=HALTS)

    def steps() -> None:
        died = watched.wait_for("cometbft", What.DIED)
        assert died.text == f"signal {signal.SIGKILL:d}, last line: {HALTED} at=here"
        watched.wait_for("cometbft", What.DIED, 2)

    assert watched.play(Group("n", (spec(folder, "node", halts=HALTS), halting)), steps) == []
    assert story(folder).count("node up") == 1


def test_the_same_words_of_somebody_else_end_nothing(folder: Path) -> None:
    """A peer chooses the name of the network that it says it is of; CometBFT logs it."""
    watched = Watched()
    quoting = spec(folder, "node", "--quotes", halts=HALTS)
    halting = spec(folder, "cometbft", "--halts", halts=HALTS)

    def steps() -> None:
        assert watched.supervisor.wait_until_ready("n", timeout=60)
        # Both are looked at in one rhythm; this one was looked at by then.
        watched.wait_for("cometbft", What.DIED, 2)

    assert watched.play(Group("n", (quoting, halting)), steps) == []
    assert story(folder).count("node up") == 1


def test_why_one_that_halted_ended_by_itself(folder: Path) -> None:
    """CometBFT ends with exit code 0 when it has lost its application; its reason is shown."""
    watched = Watched()
    halting = spec(folder, "cometbft", "--halts", "--dies", "0.1", halts=HALTS)

    def steps() -> None:
        died = watched.wait_for("cometbft", What.DIED)
        assert died.text == f"exit code 1, last line: {HALTED} at=here"

    assert watched.play(Group("n", (halting,)), steps) == []


@pytest.mark.parametrize("killed", NAMES)
def test_kill_9_heals(killed: str, folder: Path) -> None:
    watched = Watched()

    def steps() -> None:
        assert watched.supervisor.wait_until_ready("n", timeout=60)
        before = {name: pid_of(folder, name) for name in NAMES}
        assert before[killed].kill(signal.SIGKILL)
        watched.wait_for(killed, What.DIED)
        assert watched.supervisor.wait_until_ready("n", timeout=60)
        after = {name: pid_of(folder, name) for name in NAMES}
        changed = {name for name in NAMES if before[name] != after[name]}
        assert changed == {killed} | ({"cometbft"} if killed == "node" else set())

    assert watched.play(node(folder), steps) == []
    assert story(folder)[-3:] == [f"{name} down" for name in reversed(NAMES)]


def test_an_engine_that_outlives_its_application_is_killed(folder: Path) -> None:
    watched = Watched()
    group = Group("n", (spec(folder, "node"), spec(folder, "cometbft", "--deaf", ends_with="node")))

    def steps() -> None:
        assert watched.supervisor.wait_until_ready("n", timeout=60)
        first = pid_of(folder, "cometbft")
        pid_of(folder, "node").kill(signal.SIGKILL)
        watched.wait_for("cometbft", What.KILLED)
        watched.wait_for("cometbft", What.READY, 2)
        assert not first.alive()
        pid_of(folder, "cometbft").kill(signal.SIGKILL)

    assert watched.play(group, steps) == []


def test_what_keeps_dying_is_given_up_with_its_last_words(folder: Path) -> None:
    watched = Watched()
    group = Group("n", (spec(folder, "enclave"), spec(folder, "node", "--wrong")))
    (failure,) = watched.play(group, lambda: watched.wait_for("node", What.GAVE_UP))
    assert failure.startswith("process_keeps_dying: expected node of n to stay up")
    assert failure.endswith("exit code 7, last line: the disk is on fire")
    deaths = [event for event in watched.events if event.what is What.DIED]
    assert len(deaths) == 3
    assert story(folder) == ["enclave up", "enclave down"]


def test_an_enclave_that_keeps_dying_takes_nothing_with_it(folder: Path) -> None:
    watched = Watched()
    group = Group(
        "n", (spec(folder, "enclave", "--dies", "0.3", vital=False), spec(folder, "node"))
    )
    failures = watched.play(group, lambda: watched.wait_for("enclave", What.DIED, 7))
    assert failures == []
    assert story(folder).count("node up") == 1
    assert story(folder)[-1] == "node down" or "enclave up" in story(folder)


def test_a_deaf_process_is_killed_in_the_end(folder: Path) -> None:
    watched = Watched()
    group = Group("n", (spec(folder, "node", "--deaf", stop_secs=0.5),))
    assert watched.play(group, lambda: watched.wait_for("node", What.READY)) == []
    assert [event.what for event in watched.events][-2:] == [What.KILLED, What.STOPPED]


def test_a_stopped_process_hears_the_end(folder: Path) -> None:
    watched = Watched()

    def steps() -> None:
        watched.wait_for("node", What.READY)
        pid_of(folder, "node").kill(signal.SIGSTOP)

    assert watched.play(Group("n", (spec(folder, "node"),)), steps) == []
    assert story(folder) == ["node up", "node down"]


def test_an_order_to_stop_that_is_repeated_changes_nothing(folder: Path) -> None:
    watched = Watched()

    def steps() -> None:
        assert watched.supervisor.wait_until_ready("n", timeout=60)
        watched.supervisor.stop()
        watched.supervisor.stop()

    assert watched.play(node(folder), steps) == []
    assert story(folder)[3:] == [f"{name} down" for name in reversed(NAMES)]


def test_an_order_to_kill_waits_for_nobody(folder: Path) -> None:
    watched = Watched()
    group = Group("n", (spec(folder, "node", "--deaf", stop_secs=600),))

    def steps() -> None:
        watched.wait_for("node", What.READY)
        watched.supervisor.stop()
        watched.supervisor.kill()

    assert watched.play(group, steps) == []


def test_a_group_comes_later(folder: Path) -> None:
    watched = Watched()
    others = folder / "others"
    others.mkdir()

    def steps() -> None:
        assert watched.supervisor.wait_until_ready("a", timeout=60)
        watched.supervisor.add(Group("b", (spec(others, "node"),)))
        assert watched.supervisor.wait_until_ready("b", timeout=60)
        assert running(folder / "node.pid")

    assert watched.play(Group("a", (spec(folder, "node"),)), steps) == []
    assert story(others) == story(folder) == ["node up", "node down"]


SUPERVISE = """
import sys
from pathlib import Path
from node.supervisor import Group, Supervisor
from tests.support.supervised import spec
folder = Path(sys.argv[1])
supervisor = Supervisor(lambda event: print(event.process, event.what.value, flush=True))
node = spec(folder, "node", *sys.argv[2:], stop_secs=600)
supervisor.add(Group("n", (node, spec(folder, "cometbft", ends_with="node"))))
sys.exit(len(supervisor.run()))
"""


def supervise(folder: Path, *options: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, str(folder), *options],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'proto'}"},
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line == "cometbft ready\n":
            break
    return process


def test_a_second_signal_kills(folder: Path) -> None:
    process = supervise(folder, "--deaf")
    process.send_signal(signal.SIGINT)
    wait_for(lambda: story(folder)[2:] == ["cometbft down"], "the first order")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert not running(folder / "node.pid")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_stop_everything_in_order(number: int, folder: Path) -> None:
    process = supervise(folder)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert story(folder)[2:] == ["cometbft down", "node down"]


def test_children_die_with_a_supervisor_that_is_killed(folder: Path) -> None:
    process = supervise(folder)
    children = [pid_of(folder, name) for name in ("node", "cometbft")]
    process.kill()
    process.communicate(timeout=60)
    try:
        wait_for(lambda: not any(child.alive() for child in children), "the end of the children")
    finally:
        for child in children:
            child.kill(signal.SIGKILL)
    assert not running(folder / "node.pid")


def test_a_pid_file_names_one_process_only(tmp_path: Path) -> None:
    path = tmp_path / "x.pid"
    assert running(path) is None
    own = ProcessId.of(os.getpid())
    assert own is not None
    own.write(path)
    assert running(path) == own
    ProcessId(own.pid, own.start_ticks - 1).write(path)  # the id was used again
    assert running(path) is None
    assert not ProcessId(own.pid, own.start_ticks - 1).kill(signal.SIGTERM)
    for text in ("", "x", "1", "1 2 3", "\xff"):
        path.write_text(text)
        assert running(path) is None


def test_a_log_that_gets_long_is_put_aside_while_its_process_runs(folder: Path) -> None:
    """Strangers may have a line written as often as they like."""
    log = folder / "node.log"
    watched = Watched()

    def grow() -> None:
        watched.wait_for("node", What.READY)
        os.truncate(log, MAX_LOG_BYTES + 1)  # sparse
        wait_for(lambda: log.stat().st_size < MAX_LOG_BYTES, "a short log")

    watched.play(Group("n", (spec(folder, "node"),)), grow)
    assert (folder / "node.log.1").stat().st_size > MAX_LOG_BYTES


def test_a_long_log_is_put_aside(folder: Path) -> None:
    (folder / "node.log").write_text("more than ten bytes\n")
    # A sparse file: as long as a log may be and one byte more, and no room on the disk.
    os.truncate(folder / "node.log", MAX_LOG_BYTES + 1)
    watched = Watched()
    group = Group("n", (spec(folder, "node"),))
    watched.play(group, lambda: watched.wait_for("node", What.READY))
    assert (folder / "node.log.1").read_text().rstrip("\0") == "more than ten bytes\n"
    assert "more" not in (folder / "node.log").read_text()
