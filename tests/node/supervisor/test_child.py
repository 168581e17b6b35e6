"""The end of one process is seen, whenever it is asked to stop."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Final

import pytest

from node.supervisor import ProcessId
from node.supervisor.child import Child
from node.supervisor.spec import ProcessSpec
from tests.support.supervised import wait_for


def child(folder: Path, program: str) -> Child:
    spec = ProcessSpec(
        name="one",
        command=(sys.executable, "-c", program),
        log=folder / "one.log",
        pid_file=folder / "one.pid",
        ready=lambda: False,
    )
    return Child(spec, wake=lambda: None)


def ended(one: Child) -> bool:
    """Its exit status waits, and nobody has taken it."""
    return ProcessId.of(one.pid) is None


STACK: Final = "goroutine 1 [running]:\n\tmain.go:1 +0x1d\n" * 2_000
LAST_WORDS: Final = [
    (f"starting\npanic: too much power\n\n{STACK}", "panic: too much power"),
    (f"panic: earlier [recovered]\n\tpanic: later\n{STACK}", "panic: later"),
    (f"fatal error: all asleep\n{STACK}", "fatal error: all asleep"),
    ("failed to start node: of a panic: no word\nexit", "exit"),
    ("", ""),
    ("[" * 9_000, "[" * 9_000),
    ('{"message": "a", "n": ' + "9" * 6_000 + "}", '{"message": "a", "n": ' + "9" * 6_000 + "}"),
    ('{"code": "c", "expected": "a", "found": "b"}', "c: expected a, found b"),
]


@pytest.mark.parametrize(("log", "words"), LAST_WORDS)
def test_of_a_panic_the_reason_is_told_and_not_the_stack(
    tmp_path: Path, log: str, words: str
) -> None:
    """A stack of all goroutines is far longer than the end of a log that is read otherwise."""
    (tmp_path / "said").write_text(log)
    one = child(tmp_path, f"print(open({str(tmp_path / 'said')!r}).read(), end='')")
    wait_for(lambda: one.exit_status() is not None, "its end")
    assert one.last_words() == words


@pytest.mark.parametrize(("program", "status"), [("", 0), ("raise SystemExit(7)", 7)])
def test_one_that_has_just_ended_is_asked_to_stop(
    tmp_path: Path, program: str, status: int
) -> None:
    """Its end is still seen: the pid file goes, and the thread that probes it."""
    before = threading.active_count()
    one = child(tmp_path, program)
    wait_for(lambda: ended(one), "its end")
    one.terminate()
    assert one.exit_status() == status
    assert not (tmp_path / "one.pid").exists()
    wait_for(lambda: threading.active_count() <= before, "the end of its thread")
    # Its id may be another's by now.
    one.terminate()
    assert one.exit_status() == status
