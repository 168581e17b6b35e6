"""Each mutant can run: what it replaces is there once, and the tests that must notice exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.mutants.tables import WrongRow, mutated, read_mutants, rows

REPOSITORY: Final = Path(__file__).parents[2]
MUTANTS: Final = read_mutants(REPOSITORY)
CASES: Final = {path.name.split("_")[1] for path in REPOSITORY.glob("tests/attacks/test_*.py")}


@pytest.mark.parametrize(
    "row",
    [
        '["x"]\nfile = "a.py"\nreplace = "x"\nby = ""',
        '["x"]\nfile = "a.py"\nreplace = "x"\nby = ""\nkills = []',
        '["x"]\nfile = "a.py"\nreplace = ""\nby = "x"\nkills = ["t"]',
        '["x"]\nfile = "a.py"\nreplace = "x"\nby = ""\nkills = ["t"]\nkill = "t"',
    ],
)
def test_a_row_that_says_too_little_is_refused(row: str) -> None:
    with pytest.raises(WrongRow):
        list(rows(row, "guards/guard"))


def test_a_text_that_occurs_twice_is_refused() -> None:
    row = '["x"]\nfile = "a.py"\nreplace = "b"\nby = ""\nkills = ["t"]'
    (mutant,) = rows(row, "guards/guard")
    assert mutated(mutant, {"a.py": "abc"}.__getitem__) == {"a.py": "ac"}
    with pytest.raises(WrongRow, match=r"occurs 2 times in a\.py: b"):
        mutated(mutant, {"a.py": "abcb"}.__getitem__)


def test_every_attack_case_has_a_mutant() -> None:
    assert CASES - {mutant.case for mutant in MUTANTS} == set()


def test_a_mutant_of_an_attack_case_is_killed_by_its_tests() -> None:
    for mutant in MUTANTS:
        wanted = re.compile(rf"tests/attacks/test_{mutant.case}_\w+\.py::test_{mutant.case}_")
        wrong = [test for test in mutant.kills if mutant.case and not wanted.match(test)]
        assert wrong == [], mutant.title


def test_every_row_stands_in_the_table_of_the_room_that_it_changes() -> None:
    assert [one.title for one in MUTANTS if room_of(one.edits[0].file) != one.table] == []


def test_every_test_that_must_notice_exists() -> None:
    named = {test.partition("[")[0] for mutant in MUTANTS for test in mutant.kills}
    assert [test for test in sorted(named) if not is_test(test)] == []


def test_every_row_changes_what_its_file_does() -> None:
    for mutant in MUTANTS:
        for name, text in mutated(mutant, source).items():
            if name.endswith(".py"):
                assert ast.dump(ast.parse(text)) != tree_of(name), mutant.title


def room_of(path: str) -> str:
    """`enclave/merkle` for `enclave/merkle/tree.py`, `node/log` for `node/log.py`."""
    return "/".join(path.removesuffix(".py").split("/")[:2])


@cache
def source(name: str) -> str:
    return (REPOSITORY / name).read_text()


@cache
def tree_of(name: str) -> str:
    return ast.dump(ast.parse(source(name)))


def is_test(test: str) -> bool:
    """Whether its file has that function or, for `path::Name::runTest`, that state machine."""
    path, *classes, name = test.split("::")
    head = f"{classes[-1]} = " if name == "runTest" else f"def {name}("
    return (REPOSITORY / path).is_file() and head in source(path)
