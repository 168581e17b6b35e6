"""Mutants of comparisons and conditions, made from the source itself.

Of each `and` and `or` an operand is left out, one at a time; of each comparison of tuples an
element; of each chain of comparisons a link; and each `<`, `<=`, `>`, `>=` is moved by one. A
mutant is named by file, function, expression and operand, so its name stays when lines move.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOTS: Final = ("enclave", "chain_module/registration")
_BOUNDARY: Final[dict[type[ast.cmpop], ast.cmpop]] = {
    ast.Lt: ast.LtE(),
    ast.LtE: ast.Lt(),
    ast.Gt: ast.GtE(),
    ast.GtE: ast.Gt(),
}
_SIGN: Final = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}


@dataclass(frozen=True, slots=True)
class Name:
    """Which mutant: stable under moves of lines and under changes elsewhere in the file."""

    path: str
    function: str
    expression: str
    operand: str


@dataclass(frozen=True, slots=True)
class Operand:
    """One mutant of one file."""

    name: Name
    source: str
    """The file with it."""
    digest: str
    """Of the function that it is in: what is known of a mutant holds while this stands."""


def operands(repository: Path) -> Iterator[Operand]:
    """Every mutant of every file, by path and place."""
    for root in ROOTS:
        for path in sorted((repository / root).rglob("*.py")):
            yield from operands_of(path.read_text(), path.relative_to(repository).as_posix())


def operands_of(source: str, path: str) -> Iterator[Operand]:
    """The mutants of one file."""
    seen: Counter[Name] = Counter()
    for function, node in _conditions(ast.parse(source), ()):
        body = ast.get_source_segment(source, function[-1]) if function else source
        digest = hashlib.sha256((body or source).encode()).hexdigest()[:12]
        for operand, changed in _changes(node):
            where = ".".join(one.name for one in function) or "module"
            name = Name(path, where, ast.unparse(node), operand)
            seen[name] += 1
            if seen[name] > 1:
                name = Name(path, where, name.expression, f"{operand} ({seen[name]})")
            yield Operand(name, _spliced(source, node, changed), digest)


Scope = ast.FunctionDef | ast.ClassDef


def _conditions(
    node: ast.AST, scope: tuple[Scope, ...]
) -> Iterator[tuple[tuple[Scope, ...], ast.BoolOp | ast.Compare]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.BoolOp | ast.Compare):
            yield scope, child
        inner = (*scope, child) if isinstance(child, ast.FunctionDef | ast.ClassDef) else scope
        yield from _conditions(child, inner)


def _changes(node: ast.BoolOp | ast.Compare) -> Iterator[tuple[str, ast.expr]]:
    """What is left out or moved, and the expression without it."""
    if isinstance(node, ast.BoolOp):
        for number, value in enumerate(node.values):
            rest = [*node.values[:number], *node.values[number + 1 :]]
            whole = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
            yield f"without {ast.unparse(value)}", whole
        return
    for number, operator in enumerate(node.ops):
        moved = _BOUNDARY.get(type(operator))
        if moved is not None:
            ops = [*node.ops[:number], moved, *node.ops[number + 1 :]]
            sign = f"{_SIGN[type(moved)]} for {_SIGN[type(operator)]}"
            place = f", number {number + 1}" if len(node.ops) > 1 else ""
            yield sign + place, ast.Compare(node.left, ops, node.comparators)
    if len(node.ops) > 1:
        yield from _links(node)
    elif isinstance(node.left, ast.Tuple) and isinstance(node.comparators[0], ast.Tuple):
        yield from _elements(node, node.left.elts, node.comparators[0].elts)


def _links(node: ast.Compare) -> Iterator[tuple[str, ast.expr]]:
    terms = [node.left, *node.comparators]
    pairs = [
        ast.Compare(terms[number], [operator], [terms[number + 1]])
        for number, operator in enumerate(node.ops)
    ]
    for number, pair in enumerate(pairs):
        rest: list[ast.expr] = [*pairs[:number], *pairs[number + 1 :]]
        whole = rest[0] if len(rest) == 1 else ast.BoolOp(ast.And(), rest)
        yield f"without {ast.unparse(pair)}", whole


def _elements(
    node: ast.Compare, left: list[ast.expr], right: list[ast.expr]
) -> Iterator[tuple[str, ast.expr]]:
    if len(left) != len(right):
        return
    for number, element in enumerate(left):
        keep = [n for n in range(len(left)) if n != number]
        shorter = [ast.Tuple([side[n] for n in keep], ast.Load()) for side in (left, right)]
        yield (
            f"without {ast.unparse(element)}",
            ast.Compare(shorter[0], node.ops, [shorter[1]]),
        )


def _spliced(source: str, node: ast.expr, changed: ast.expr) -> str:
    """The source with another expression in the place of one; line numbers below may move."""
    lines = source.encode().splitlines(keepends=True)
    start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    last = node.end_lineno or node.lineno
    end = sum(map(len, lines[: last - 1])) + (node.end_col_offset or 0)
    text = f"({ast.unparse(ast.fix_missing_locations(changed))})".encode()
    whole = b"".join(lines)
    return (whole[:start] + text + whole[end:]).decode()
