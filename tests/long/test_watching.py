"""What the soak takes for a leak, and for an error that needs an explanation."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.config.parts import Part
from tests.long.watching import (
    MOST_GROWTH_MB,
    MOST_MB,
    MOST_MORE_FILES,
    Sample,
    Series,
    check_bounds,
    error_lines,
    is_explained,
)

LOOKS = 40


def steady(**changed: list[Sample]) -> Series:
    """Three processes that stay as they are, but for the changed ones."""
    same = [Sample(megabytes=50, files=30)] * LOOKS
    return {("validator0", part, 1): changed.get(part.value, same) for part in Part}


def rising(megabytes: float = 0, files: float = 0) -> list[Sample]:
    """By so much over all looks."""
    parts = [look / LOOKS for look in range(LOOKS)]
    return [Sample(50 + part * megabytes, 30 + round(part * files)) for part in parts]


def test_what_processes_took_is_said() -> None:
    said = check_bounds(steady(node=rising(MOST_GROWTH_MB[Part.NODE] / 2)))
    assert "enclave 50 to 50 MB, 30 files" in said
    assert "node 52 to 67 MB, 30 files" in said


@pytest.mark.parametrize("part", list(Part))
def test_memory_or_files_that_grow_are_a_leak(part: Part) -> None:
    for leak in (rising(2 * MOST_GROWTH_MB[part]), rising(files=2 * MOST_MORE_FILES)):
        with pytest.raises(AssertionError, match=part.value):
            check_bounds(steady(**{part.value: leak}))


@pytest.mark.parametrize("part", list(Part))
def test_too_much_memory_at_any_moment_is_found(part: Part) -> None:
    once = [*rising(), Sample(MOST_MB[part] + 1, 30), *rising()]
    with pytest.raises(AssertionError, match=part.value):
        check_bounds(steady(**{part.value: once}))


def test_a_process_that_lived_briefly_says_nothing() -> None:
    killed = {("validator3", Part.NODE, 7): [Sample(1_000, 30)]}
    assert "node 50 to 50 MB" in check_bounds(steady() | killed)


ERRORS = (
    'E[2026-11-21|18:26:49.433] Stopping peer for error    module=p2p err="EOF"',
    'E[2026-11-21|18:26:49.433] CONSENSUS FAILURE!!!       module=consensus err="disk"',
    "2026-11-21T18:26:49.428Z error block_not_durable height=29 code=storage_full",
    '{"time": "2026-11-21T18:26:19Z", "level": "error", "event": "failed"}',
    "Traceback (most recent call last):",
)
OTHERS = (
    "I[2026-11-21|18:26:24.208] service start              module=proxy",
    '2026-11-21T18:26:23.239Z info enclave_here reason="no error here"',
    '{"time": "2026-11-21T18:26:19Z", "level": "warning", "event": "software_mode"}',
)


def test_errors_of_every_process_are_read_from_where_the_watch_began(tmp_path: Path) -> None:
    log = tmp_path / "log"
    before = f"{ERRORS[2]}\n"
    log.write_text(before + "\n".join([*OTHERS, *ERRORS]))
    assert tuple(error_lines(log, len(before))) == ERRORS


def test_a_kill_explains_errors_of_peers_and_nothing_else() -> None:
    assert [is_explained(line, restarted=True) for line in ERRORS] == [True, *[False] * 4]
    own = "E[2026-11-21|18:26:49.988] abci.socketClient failed to connect to unix://abci.sock"
    assert is_explained(own, restarted=True)
    assert not is_explained(own, restarted=False)
