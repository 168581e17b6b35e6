"""Mutants of comparisons and conditions, made from the source itself.

Of each `and` and `or` an operand is left out, one at a time; of each comparison with a tuple or a
set, `in` too, an element; of each table that a loop goes through a row; of each comprehension a
filter; of each chain of comparisons a link. Each `<`, `<=`, `>`, `>=` is moved by one, and each
`all` is an `any`, each `any` an `all`. A mutant is named by file, function, expression and operand,
so its name stays when lines move.
"""

from __future__ import annotations

import ast
import copy
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
_QUANTIFIER: Final = {"all": "any", "any": "all"}
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
        for operand, changed in _changes(node):
            where = ".".join(one.name for one in function) or "module"
            name = Name(path, where, ast.unparse(node), operand)
            seen[name] += 1
            if seen[name] > 1:
                name = Name(path, where, name.expression, f"{operand} ({seen[name]})")
            yield Operand(name, _spliced(source, node, changed), _digest(source, function))


def _digest(source: str, function: tuple[Scope, ...]) -> str:
    body = ast.get_source_segment(source, function[-1]) if function else source
    return hashlib.sha256((body or source).encode()).hexdigest()[:12]


Scope = ast.FunctionDef | ast.ClassDef
Comprehension = ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp


def _conditions(
    node: ast.AST, scope: tuple[Scope, ...]
) -> Iterator[tuple[tuple[Scope, ...], ast.expr]]:
    for child in ast.iter_child_nodes(node):
        table = isinstance(node, ast.For) and child is node.iter
        if isinstance(child, ast.expr) and (table or not isinstance(child, ast.Tuple)):
            yield scope, child
        inner = (*scope, child) if isinstance(child, ast.FunctionDef | ast.ClassDef) else scope
        yield from _conditions(child, inner)


def _changes(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """What is left out or moved, and the expression without it; nothing where none is."""
    match node:
        case ast.BoolOp(op, values):
            for value, rest in _each_left_out(values):
                whole = rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
                yield f"without {ast.unparse(value)}", whole
        case ast.Compare():
            yield from _of_comparison(node)
        case ast.Call(ast.Name(name), arguments, keywords) if name in _QUANTIFIER:
            other = ast.Name(_QUANTIFIER[name], ast.Load())
            yield f"{other.id} for {name}", ast.Call(other, arguments, keywords)
        case ast.Tuple(rows):
            for row, rest in _each_left_out(rows):
                yield f"without {ast.unparse(row)}", ast.Tuple(rest, ast.Load())
        case ast.GeneratorExp() | ast.ListComp() | ast.SetComp() | ast.DictComp():
            yield from _filters(node)


def _each_left_out(values: list[ast.expr]) -> Iterator[tuple[ast.expr, list[ast.expr]]]:
    """Each of two or more, and the others."""
    for number, value in enumerate(values if len(values) > 1 else []):
        yield value, [*values[:number], *values[number + 1 :]]


def _filters(node: Comprehension) -> Iterator[tuple[str, ast.expr]]:
    for loop in node.generators:
        for value in loop.ifs:
            changed = copy.deepcopy(node)
            twin = changed.generators[node.generators.index(loop)]
            del twin.ifs[loop.ifs.index(value)]
            yield f"without {ast.unparse(value)}", changed


def _of_comparison(node: ast.Compare) -> Iterator[tuple[str, ast.expr]]:
    for number, operator in enumerate(node.ops):
        moved = _BOUNDARY.get(type(operator))
        if moved is not None:
            ops = [*node.ops[:number], moved, *node.ops[number + 1 :]]
            sign = f"{_SIGN[type(moved)]} for {_SIGN[type(operator)]}"
            place = f", number {number + 1}" if len(node.ops) > 1 else ""
            yield sign + place, ast.Compare(node.left, ops, node.comparators)
    if len(node.ops) > 1:
        yield from _links(node)
    else:
        yield from _elements(node, node.left, node.comparators[0])


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


def _elements(node: ast.Compare, left: ast.expr, right: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """An element less, on both sides of a comparison of places."""
    shown = left if isinstance(left, ast.Tuple | ast.Set) else right
    if not isinstance(shown, ast.Tuple | ast.Set):
        return
    both = isinstance(node.ops[0], ast.Eq | ast.NotEq)
    for number, (element, _) in enumerate(_each_left_out(shown.elts)):
        sides = [_shorter(s, number) if both or s is shown else s for s in (left, right)]
        yield f"without {ast.unparse(element)}", ast.Compare(sides[0], node.ops, [sides[1]])


def _shorter(side: ast.expr, number: int) -> ast.expr:
    """A tuple without the element at a place, be it written out or only named."""
    if isinstance(side, ast.Tuple | ast.Set):
        rest = [*side.elts[:number], *side.elts[number + 1 :]]
        return ast.Set(rest) if isinstance(side, ast.Set) else ast.Tuple(rest, ast.Load())
    ends = [(None, ast.Constant(number)), (ast.Constant(number + 1), None)]
    parts = [ast.Subscript(side, ast.Slice(low, high), ast.Load()) for low, high in ends]
    return ast.Tuple([ast.Starred(part, ast.Load()) for part in parts], ast.Load())


def _spliced(source: str, node: ast.expr, changed: ast.expr) -> str:
    """The source with another expression in the place of one; line numbers below may move."""
    lines = source.encode().splitlines(keepends=True)
    start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    last = node.end_lineno or node.lineno
    end = sum(map(len, lines[: last - 1])) + (node.end_col_offset or 0)
    text = f"({ast.unparse(ast.fix_missing_locations(changed))})".encode()
    whole = b"".join(lines)
    return (whole[:start] + text + whole[end:]).decode()
