"""Writes TOML files for people: each key under a comment that says what it is.

An edit keeps everything else as it stands, comments and foreign keys included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from node.config.failures import ConfigCode, ConfigFailure
from node.config.files import read_bytes, replace_file
from node.config.toml_text import read_toml

Value = str | int | bool


@dataclass(frozen=True, slots=True)
class Line:
    """One key of a file."""

    table: str
    """Its table's name; "" is the top of the file."""
    key: str
    value: Value
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


def edit(path: Path, changes: Mapping[str, Value]) -> None:
    """Sets keys of a file.

    Args:
        path: of the file.
        changes: by key, with its table in front: `p2p.persistent_peers`.

    Raises:
        ConfigFailure: NO_HOME, CONFIG_UNREADABLE, CONFIG_INVALID or CANNOT_WRITE.
    """
    document = parse(path)
    for name, value in changes.items():
        table, _, key = name.rpartition(".")
        target = document.setdefault(table, tomlkit.table()) if table else document
        target[key] = value
    replace_file(path, tomlkit.dumps(document).encode("utf-8"))


def parse(path: Path) -> tomlkit.TOMLDocument:
    """The file with its comments.

    Raises:
        ConfigFailure: NO_HOME, CONFIG_UNREADABLE or CONFIG_INVALID.
    """
    data = read_bytes(path)
    if data is None:
        raise ConfigFailure(ConfigCode.NO_HOME, expected=f"a file {path}", found="no such file")
    read_toml(data, path)  # tells more kinds of faults apart than the editor's own reader
    try:
        return tomlkit.parse(data)
    except (TOMLKitError, ValueError, RecursionError) as error:
        found = str(error) if isinstance(error, TOMLKitError) else "what cannot be edited"
        raise ConfigFailure(
            ConfigCode.CONFIG_INVALID, expected=f"{path} as TOML", found=found
        ) from None
