"""`python -m chain_module.store.replay`: operations in, roots out, bad lines named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from chain_module.store.commit import commit
from chain_module.store.encoding import EMPTY_ROOT
from chain_module.store.node import Tree, root_hash
from chain_module.store.replay_lines import BadLineError, replay_lines
from tests.chain_module.store.operations import history, lines_of, replay

SAVE: Final = b'{"op": "save"}\n'


def run(
    text: bytes, *arguments: str | Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """The command, with `text` at its standard input."""
    return subprocess.run(
        [sys.executable, "-m", "chain_module.store.replay", *arguments],
        input=text,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        check=False,
    )


def encode(*lines: dict[str, str]) -> bytes:
    """Operations as the bytes of a file."""
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def put(key: bytes, value: bytes) -> dict[str, str]:
    """A set."""
    return {"op": "set", "key": key.hex(), "value": value.hex()}


def root_of(tree: Tree) -> str:
    """As it is printed."""
    return root_hash(tree).hex()


def test_a_history_from_a_file_and_from_standard_input(tmp_path: Path) -> None:
    blocks = list(history(3, versions=20))
    text = encode(*lines_of(blocks))
    (tmp_path / "operations").write_bytes(text)
    expected = "".join(f"{root_of(kept.tree)}\n" for kept in replay(blocks)).encode()
    for result in (
        run(text, environment={"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C"}),
        run(b"", tmp_path / "operations", environment={"PYTHONHASHSEED": "2"}),
    ):
        assert (result.returncode, result.stderr) == (0, b"")
        assert result.stdout == expected


def test_the_last_write_counts_and_keys_are_applied_in_order() -> None:
    lines = encode(
        put(b"b", b"early"),
        put(b"c", b"1"),
        {"op": "remove", "key": b"d".hex()},
        put(b"a", b"1"),
        put(b"d", b"1"),
        {"op": "remove", "key": b"c".hex()},
        put(b"b", b"late"),
        {"op": "save"},
    )
    entries = {b"a": b"1", b"b": b"late", b"d": b"1"}
    assert list(replay_lines(lines.splitlines())) == [
        root_hash(commit(None, entries, known=(), version=1))
    ]


def test_an_unchanged_value_is_written_as_in_go() -> None:
    lines = encode(put(b"a", b"1"), {"op": "save"}, put(b"a", b"1"), {"op": "save"})
    first, second = replay_lines(lines.splitlines())
    assert first != second


def test_versions_without_changes_and_without_keys() -> None:
    lines = encode(
        {"op": "save"},
        put(b"a", b"1"),
        {"op": "save"},
        {"op": "save"},
        {"op": "remove", "key": b"a".hex()},
        {"op": "remove", "key": b"b".hex()},
        {"op": "save"},
    )
    empty, one, same, again = replay_lines(lines.splitlines())
    assert (empty, again) == (EMPTY_ROOT, EMPTY_ROOT)
    assert one == same == root_hash(commit(None, {b"a": b"1"}, known=(), version=2))


BAD: Final = {
    "an empty line": b"",
    "no JSON": b"set",
    "not UTF-8": b'{"op": "save", "\xff": 1}',
    "UTF-16": '{"op": "save"}'.encode("utf-16"),
    "a list": b'["op", "save"]',
    "pairs": b'[["op", "save"]]',
    "a number": b"1",
    "no operation": b"{}",
    "an unknown operation": b'{"op": "load"}',
    "an operation that is a list": b'{"op": ["save"]}',
    "a save with a key": b'{"op": "save", "key": "00"}',
    "a remove with a value": b'{"op": "remove", "key": "00", "value": "00"}',
    "a set without a value": b'{"op": "set", "key": "00"}',
    "a field twice": b'{"op": "set", "key": "00", "key": "01", "value": "00"}',
    "an unknown field": b'{"op": "save", "note": ""}',
    "an empty key": b'{"op": "remove", "key": ""}',
    "an empty value": b'{"op": "set", "key": "00", "value": ""}',
    "half a byte": b'{"op": "remove", "key": "0"}',
    "no hex": b'{"op": "remove", "key": "0g"}',
    "hex with a space": b'{"op": "remove", "key": "00 00"}',
    "hex with a line break": b'{"op": "remove", "key": "00\\n"}',
    "foreign digits": b'{"op": "remove", "key": "\\u0660\\u0660"}',
    "a number as a key": b'{"op": "remove", "key": 0}',
    "null as a value": b'{"op": "set", "key": "00", "value": null}',
    "two objects": b'{"op": "save"}{"op": "save"}',
    "brackets without end": b"[" * 100_000,
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_refused_with_its_number(name: str) -> None:
    roots = replay_lines([SAVE, BAD[name], SAVE])
    assert next(roots) == EMPTY_ROOT
    with pytest.raises(BadLineError, match=r"^line 2: [^\n]+$"):
        next(roots)


@pytest.mark.parametrize("name", ["an empty line", "an empty value"])
def test_the_command_says_it_in_one_line(name: str) -> None:
    result = run(SAVE + BAD[name] + b"\n" + SAVE)
    assert result.returncode == 2
    assert result.stdout == EMPTY_ROOT.hex().encode() + b"\n"
    assert result.stderr.startswith(b"replay: standard input: line 2: ")
    assert result.stderr.count(b"\n") == 1


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        result = run(b"", path)
        assert (result.returncode, result.stdout) == (2, b"")
        assert result.stderr.startswith(f"replay: {path}: ".encode())
        assert result.stderr.count(b"\n") == 1


def test_wrong_usage() -> None:
    result = run(b"", "one", "two")
    assert (result.returncode, result.stdout) == (2, b"")
    assert b"Traceback" not in result.stderr
