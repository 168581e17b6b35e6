"""The tables of mutants: each row takes one defence out of the product.

`tests/mutants/<top>/<room>.toml` holds those of a room. A row's key says what goes wrong without
the defence; below it stand

    case      the attack case that it belongs to, where there is one
    file      of the product
    replace   exact text, which occurs once in the file
    by        what takes its place
    kills     the tests that must notice
    also      further places to change, each with `replace` and `by`, and `file` where it is another
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path("tests/mutants")
TABLES: Final = "*/*.toml"
_FIELDS: Final = {"case", "file", "replace", "by", "kills", "also"}


class WrongRow(Exception):
    """A row that says too little, or whose text does not stand in its file."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A text of one file, and what takes its place."""

    file: str
    replace: str
    by: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """One row."""

    table: str
    """Such as `enclave/merkle`."""
    title: str
    case: str
    """Number of the attack case, or empty."""
    edits: tuple[Edit, ...]
    kills: tuple[str, ...]
    """Ids of tests."""

    @property
    def files(self) -> set[str]:
        """Paths of product files that it changes."""
        return {edit.file for edit in self.edits}

    @property
    def touches(self) -> set[str]:
        """Every path, but its table's, whose change makes this mutant worth another run."""
        return self.files | {test.split("::")[0] for test in self.kills}

    def is_named(self, wanted: str) -> bool:
        """Whether `wanted` is its table, its case, or words of its title."""
        if wanted.isdecimal():
            return wanted == self.case
        table = wanted.removeprefix(f"{FOLDER}/").removesuffix(".toml")
        return table == self.table or wanted in self.title


def read_mutants(repository: Path) -> list[Mutant]:
    """Every row of every table, in their order. Raises WrongRow."""
    paths = sorted((repository / FOLDER).glob(TABLES))
    return [row for path in paths for row in rows(path.read_text(), _table_of(repository, path))]


def rows(text: str, table: str) -> Iterator[Mutant]:
    """Those of one table. Raises WrongRow."""
    for title, row in tomllib.loads(text).items():
        yield _mutant(table, title, row)


def mutated(mutant: Mutant, read: Callable[[str], str]) -> Mapping[str, str]:
    """The text of each file with the defence taken out.

    Args:
        mutant: the row.
        read: gives the text of a path.

    Raises WrongRow where a text does not occur once in its file.
    """
    texts: dict[str, str] = {}
    for edit in mutant.edits:
        text = texts[edit.file] if edit.file in texts else read(edit.file)
        if (found := text.count(edit.replace)) != 1:
            shown = edit.replace.strip().splitlines()[0]
            raise WrongRow(
                f"{mutant.table}, {mutant.title!r}: occurs {found} times in {edit.file}: {shown}"
            )
        texts[edit.file] = text.replace(edit.replace, edit.by)
    return texts


def _table_of(repository: Path, path: Path) -> str:
    return path.relative_to(repository / FOLDER).with_suffix("").as_posix()


def _mutant(table: str, title: str, row: Mapping[str, Any]) -> Mutant:
    place = f"{table}, {title!r}"
    if unknown := row.keys() - _FIELDS:
        raise WrongRow(f"{place}: no such field: {', '.join(sorted(unknown))}")
    if missing := {"file", "replace", "by", "kills"} - row.keys():
        raise WrongRow(f"{place}: has no {', '.join(sorted(missing))}")
    if not row["kills"] or not row["replace"]:
        raise WrongRow(f"{place}: names no test, or replaces nothing")
    also = (
        Edit(more.get("file", row["file"]), more["replace"], more["by"])
        for more in row.get("also", ())
    )
    edits = (Edit(row["file"], row["replace"], row["by"]), *also)
    return Mutant(table, title, row.get("case", ""), edits, tuple(row["kills"]))
