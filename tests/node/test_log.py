"""The node's log: lines that a machine can read back, whatever is in a value."""

from __future__ import annotations

import io
import json
import os
import threading

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from node.log import LineLog, LogFormat, LogLevel

FIELDS = st.dictionaries(
    st.sampled_from(["height", "reason", "code"]), st.one_of(st.text(), st.integers())
)


@given(fields=FIELDS)
@example(fields={"reason": "a\x1b[2Jb"})
@example(fields={"reason": "a\u2028b\x85c"})
def test_a_record_is_one_line_in_both_forms(fields: dict[str, str | int]) -> None:
    """No value can end a line, begin a second record, or command the terminal."""
    for form in LogFormat:
        out = io.StringIO()
        LineLog(out, form=form)("info", "block_committed", **fields)
        (line,) = out.getvalue().splitlines()
        assert line.isprintable()


@given(fields=FIELDS)
def test_json_lines_are_read_back(fields: dict[str, str | int]) -> None:
    """Numbers stay numbers; printable text of one line stays as it is."""
    out = io.StringIO()
    LineLog(out, form=LogFormat.JSON)("warning", "late", **fields)
    record = json.loads(out.getvalue())
    assert record["level"] == "warning"
    assert record["event"] == "late"
    for key, value in fields.items():
        if isinstance(value, int) or (value.isprintable() and len(value) < 200):
            assert record[key] == value


def test_a_field_cannot_pose_as_the_records_own() -> None:
    out = io.StringIO()
    fields = {"time": "1970", "moniker": 'a" event=forged'}
    LineLog(out, form=LogFormat.JSON)("info", "real", **fields)
    assert json.loads(out.getvalue())["time"] != "1970"
    out = io.StringIO()
    LineLog(out)("info", "real", **fields)
    assert ' moniker="a\\" event=forged"' in out.getvalue()


@pytest.mark.parametrize("least", list(LogLevel))
def test_levels_below_the_least_are_left_out(least: LogLevel) -> None:
    out = io.StringIO()
    log = LineLog(out, least=least)
    for level in LogLevel:
        log(level, f"a_{level}")
    kept = [level for level in LogLevel if f"a_{level}" in out.getvalue()]
    assert kept == list(LogLevel)[list(LogLevel).index(least) :]


def test_an_unknown_level_is_never_lost() -> None:
    out = io.StringIO()
    LineLog(out, least=LogLevel.ERROR)("fatal", "bug")
    assert " fatal bug" in out.getvalue()


def test_a_dead_reader_harms_nobody() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as out:
        log = LineLog(out)
        log("info", "first")
        log("info", "second")
        try:
            out.flush()
        except BrokenPipeError:
            # What the buffer still holds would be written again at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
    log("info", "closed")


def test_lines_of_many_threads_do_not_mix() -> None:
    out = io.StringIO()
    log = LineLog(out, form=LogFormat.JSON)

    def write(number: int) -> None:
        for count in range(200):
            log("info", "line", number=number, count=count)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = {(r["number"], r["count"]) for r in map(json.loads, out.getvalue().splitlines())}
    assert found == {(number, count) for number in range(4) for count in range(200)}
