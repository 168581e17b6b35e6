"""The generator of operand mutants takes out what it says, and its tables name what exists."""

from __future__ import annotations

import ast
import functools
from pathlib import Path
from typing import Final

import pytest

from tests.mutants.operands import ROOTS, Name, operands, operands_of
from tests.mutants.run_operands import circle, read_record, read_table

REPOSITORY: Final = Path(__file__).parents[2]
GUARD: Final = """class Guard:
    def allowed(self, n, m):
        if n < 3 and (n, m) != (0, 1):
            return 0 <= n <= m
        return n == 1 or m == 2 or not n
"""
MUTANTS: Final = {
    ("n < 3 and (n, m) != (0, 1)", "without n < 3"): "if ((n, m) != (0, 1)):",
    ("n < 3 and (n, m) != (0, 1)", "without (n, m) != (0, 1)"): "if (n < 3):",
    ("n < 3", "<= for <"): "if (n <= 3) and",
    ("(n, m) != (0, 1)", "without n"): "and ((m,) != (1,)):",
    ("(n, m) != (0, 1)", "without m"): "and ((n,) != (0,)):",
    ("0 <= n <= m", "< for <=, number 1"): "return (0 < n <= m)",
    ("0 <= n <= m", "< for <=, number 2"): "return (0 <= n < m)",
    ("0 <= n <= m", "without 0 <= n"): "return (n <= m)",
    ("0 <= n <= m", "without n <= m"): "return (0 <= n)",
    ("n == 1 or m == 2 or (not n)", "without n == 1"): "return (m == 2 or not n)",
    ("n == 1 or m == 2 or (not n)", "without m == 2"): "return (n == 1 or not n)",
    ("n == 1 or m == 2 or (not n)", "without not n"): "return (n == 1 or m == 2)",
}

TABLES: Final = """def fits(self, pair, rows):
    for name, limit in (("a", 1), ("b", 2)):
        if name not in ("c", self.d) or {"e", "f"} <= rows or pair != (name, limit):
            return any(row is name for row in rows if row)
"""
MUTANTS_OF_TABLES: Final = {
    "without ('a', 1)": "for name, limit in ((('b', 2),)):",
    "without ('b', 2)": "for name, limit in ((('a', 1),)):",
    "without 'c'": "if (name not in (self.d,)) or",
    "without self.d": "if (name not in ('c',)) or",
    "without 'e'": "or ({'f'} <= rows) or",
    "without 'f'": "or ({'e'} <= rows) or",
    "without name": "or ((*pair[:0], *pair[1:]) != (limit,)):",
    "without limit": "or ((*pair[:1], *pair[2:]) != (name,)):",
    "all for any": "return (all((row is name for row in rows if row)))",
    "without row": "return any((row is name for row in rows))",
}


@functools.cache
def every_name() -> frozenset[Name]:
    """Of the product's mutants."""
    return frozenset(one.name for one in operands(REPOSITORY))


def test_every_operand_and_every_bound_has_a_mutant() -> None:
    made = list(operands_of(GUARD, "guard.py"))
    assert {(one.name.expression, one.name.operand) for one in made} == set(MUTANTS)
    assert {one.name.function for one in made} == {"Guard.allowed"}
    for one in made:
        ast.parse(one.source)
        assert MUTANTS[one.name.expression, one.name.operand] in one.source


def test_every_element_row_filter_and_quantifier_has_a_mutant() -> None:
    made = {one.name.operand: one.source for one in operands_of(TABLES, "tables.py")}
    of_or = {operand for operand in made if any(sign in operand for sign in ("in (", "<=", "!="))}
    assert made.keys() - of_or == MUTANTS_OF_TABLES.keys()
    assert [text for operand, text in MUTANTS_OF_TABLES.items() if text not in made[operand]] == []


def test_a_name_stays_where_lines_move_and_a_digest_where_the_function_stands() -> None:
    before = {one.name: one.digest for one in operands_of(GUARD, "guard.py")}
    moved = {one.name: one.digest for one in operands_of(f"X = 1\n\n{GUARD}", "guard.py")}
    assert moved == before
    changed = GUARD.replace("return 0 <= n <= m", "return 0 <= n <= m + 1")
    after = {one.name: one.digest for one in operands_of(changed, "guard.py")}
    assert set(after.values()).isdisjoint(before.values())


def test_twins_in_one_function_have_two_names() -> None:
    made = list(operands_of("def f(n):\n    return [n < 1, n < 1]\n", "guard.py"))
    assert [one.name.operand for one in made] == ["<= for <", "<= for < (2)"]
    assert made[0].source != made[1].source


def test_the_tables_name_only_what_exists() -> None:
    """An expression that was changed has to be judged anew."""
    names = every_name()
    assert set(read_table(REPOSITORY)) <= names
    assert all(read_table(REPOSITORY).values())


def test_no_equivalent_one_was_noticed_by_a_test() -> None:
    record = read_record(REPOSITORY)
    noticed = [name for name in read_table(REPOSITORY) if name in record]
    assert [name for name in noticed if record[name].word == "killed"] == []


def test_no_mutant_is_known_to_survive_unexplained() -> None:
    record, equivalent = read_record(REPOSITORY), read_table(REPOSITORY)
    known = {name: verdict.word for name, verdict in record.items() if name in every_name()}
    assert {name for name, word in known.items() if word != "killed"} <= set(equivalent)


@pytest.mark.parametrize("root", ROOTS)
def test_every_file_with_a_condition_has_tests(root: str) -> None:
    tests = {
        path.relative_to(REPOSITORY).as_posix(): path.read_text()
        for path in (REPOSITORY / "tests").rglob("test_*.py")
    }
    paths = {name.path for name in every_name() if name.path.startswith(root)}
    circles = (False, True)
    assert [p for p in paths if not any(circle(tests, p, wide=wide) for wide in circles)] == []
