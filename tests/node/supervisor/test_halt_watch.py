"""By which lines of its log CometBFT is known to work no more, and that no other line is one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.supervisor.halt_watch import MAX_CHARS, HaltWatch
from node.supervisor.node_group import ENGINE_HALTS

STAMP: Final = "E[2026-11-21|21:34:18.789] "
FAILED: Final = f'{STAMP}CONSENSUS FAILURE!!!                         module=consensus err="disk"'
LOST: Final = (
    f"{STAMP}mempool connection terminated. Did the application crash? Please restart CometBFT "
    'module=proxy err="internal error in check_tx: StoreFault"'
)
HALTING: Final = (
    FAILED,
    LOST,
    LOST.replace("mempool", "consensus").replace("internal error in check_tx", "read message"),
    LOST.replace("mempool", "query"),
    LOST.replace("mempool", "snapshot"),
    '{"_msg":"CONSENSUS FAILURE!!!","err":"disk","level":"error","module":"consensus"}',
    '{"_msg":"mempool connection terminated. Did the application crash? Please restart CometBFT"}',
)
STRANGER: Final = (
    'I[2026-11-21|21:34:18.789] Inbound Peer rejected module=p2p err="incompatible: '
    'peer is on a different network. Got CONSENSUS FAILURE!!!, expected [walk-1]"'
)
"""A peer chooses the name of the network that it says it is of."""
HEALTHY: Final = (
    "I[2026-11-21|21:34:18.792] service stop         module=main msg=Stopping",
    STRANGER,
    f'{STAMP}Error in peer module=p2p err="{FAILED}"',
    f"{STAMP}Error in peer module=p2p err={LOST}",
    '{"_msg":"Inbound Peer rejected","err":"{\\"_msg\\":\\"CONSENSUS FAILURE!!!\\"}"}',
    f"\r{FAILED}",
    f" {FAILED}",
    "CONSENSUS FAILURE!!!",
    "",
)


def watch(log: Path, *, start: int = 0) -> HaltWatch:
    return HaltWatch(log, start=start, halts=ENGINE_HALTS)


@pytest.mark.parametrize("line", HALTING)
def test_a_line_that_says_so(tmp_path: Path, line: str) -> None:
    log = tmp_path / "log"
    log.write_text(f"I[2026-11-21|21:34:18.789] Starting\n{line}\nlast\n")
    assert watch(log).look() == line


@pytest.mark.parametrize("line", HEALTHY)
def test_a_line_that_does_not(tmp_path: Path, line: str) -> None:
    log = tmp_path / "log"
    log.write_bytes(f"{line}\n{line}\n".encode())
    assert watch(log).look() == ""


def test_a_log_that_was_cut_begins_anew(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n" * 1000)
    looking = watch(log)
    assert looking.look() == ""
    log.write_text(f"{FAILED}\n")
    assert looking.look() == ""
    looking.begin_again()
    assert looking.look() == FAILED


def test_the_log_grows(tmp_path: Path) -> None:
    log = tmp_path / "log"
    looking = watch(log)
    assert looking.look() == ""  # no log yet
    with log.open("ab", buffering=0) as file:
        for byte in f"before\n{FAILED}".encode():
            file.write(bytes([byte]))
            assert looking.look() == ""
        file.write(b"\n")
        assert looking.look() == FAILED
    log.unlink()
    assert looking.look() == FAILED


def test_what_an_earlier_process_said_is_not_looked_at(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(f"{FAILED}\n")
    assert watch(log, start=log.stat().st_size).look() == ""


def test_a_long_line_is_cut(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(f"{FAILED} stack={'x' * 10_000}\n")
    assert watch(log).look() == f"{FAILED} stack={'x' * 10_000}"[:MAX_CHARS]


@given(cuts=st.lists(st.integers(0, 200), max_size=8), lines=st.lists(st.sampled_from(HEALTHY)))
def test_however_it_is_written(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], lines: list[str]
) -> None:
    """Whatever was there at each look, the line is found once it is whole."""
    log = tmp_path_factory.mktemp("log") / "log"
    looking = watch(log)
    data = "".join(f"{line}\n" for line in (*lines, FAILED)).encode()
    with log.open("ab", buffering=0) as file:
        for cut in cuts:
            piece, data = data[:cut], data[cut:]
            file.write(piece)
            assert (looking.look() == FAILED) is (not data)
        file.write(data)
    assert looking.look() == FAILED
