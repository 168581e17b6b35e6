"""Writes our TOML files for people: each key under a comment that says what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tomlkit


@dataclass(frozen=True, slots=True)
class Line:
    """One key of a file."""

    table: str
    """Its table's name; "" is the top of the file."""
    key: str
    value: str | int | bool
    comment: str


def dump(title: str, lines: Sequence[Line]) -> bytes:
    """The file's bytes.

    Args:
        title: the comment at its top; may have several lines.
        lines: in the order of the file, those without a table first.
    """
    document = tomlkit.document()
    for row in title.splitlines():
        document.add(tomlkit.comment(row))
    tables: dict[str, tomlkit.items.Table] = {}
    for line in lines:
        target: tomlkit.TOMLDocument | tomlkit.items.Table = document
        if line.table:
            if line.table not in tables:
                tables[line.table] = tomlkit.table()
                document.add(tomlkit.nl())
                document.add(line.table, tables[line.table])
            target = tables[line.table]
        else:
            document.add(tomlkit.nl())
        for row in line.comment.splitlines():
            target.add(tomlkit.comment(row))
        target.add(line.key, line.value)
    return tomlkit.dumps(document).encode("utf-8")
