"""Operations as lines of JSON, and the roots that they give: the text form for comparisons.

    {"op": "set", "key": "6b6579", "value": "76616c7565"}
    {"op": "remove", "key": "6b6579"}
    {"op": "save"}

All bytes in hex. Within a version the last operation on a key counts, and a save applies them in
the order of keys, as the Cosmos SDK's cache store does. It writes unchanged values too: a branch
would not, but the same operations must give the root that they give in Go. The first save is
version 1. Reading is strict: these fields and no others, each once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from chain_module.store.commit import commit
from chain_module.store.node import Tree, root_hash

FIELDS: Final = {
    "set": ("op", "key", "value"),
    "remove": ("op", "key"),
    "save": ("op",),
}
HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})+")


class BadLineError(ValueError):
    """A line is no operation. The text says which and why, in one line."""


def replay_lines(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The root after each save. Raises BadLineError at the first line that is no operation."""
    tree: Tree = None
    values: dict[bytes, bytes] = {}
    changes: dict[bytes, bytes | None] = {}
    version = 0
    for number, line in enumerate(lines, start=1):
        try:
            operation = _read(line)
        except ValueError as error:
            raise BadLineError(f"line {number}: {error}") from None
        if operation is not None:
            changes.update([operation])
            continue
        version += 1
        tree = commit(tree, changes, known=values, version=version)
        yield root_hash(tree)
        for key, value in changes.items():
            if value is None:
                values.pop(key, None)
            else:
                values[key] = value
        changes = {}


def _read(line: bytes) -> tuple[bytes, bytes | None] | None:
    """Key and value (None: removed) of a change; None for a save. Raises ValueError."""
    fields = _fields(line)
    operation = fields.get("op")
    if not isinstance(operation, str) or operation not in FIELDS:
        raise ValueError('"op" must be "set", "remove" or "save"')
    wanted = FIELDS[operation]
    if sorted(fields) != sorted(wanted):
        raise ValueError(f"{operation} has the fields {', '.join(wanted)}")
    if operation == "save":
        return None
    return _bytes(fields, "key"), _bytes(fields, "value") if operation == "set" else None


def _fields(line: bytes) -> dict[str, object]:
    try:
        fields = json.loads(line.decode("utf-8"), object_pairs_hook=_object)
    except (ValueError, RecursionError):
        raise ValueError("not a JSON object with fields that come once") from None
    match fields:
        case dict():
            return fields
        case _:
            raise ValueError("not a JSON object")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field comes twice")
    return fields


def _bytes(fields: dict[str, object], name: str) -> bytes:
    text = fields[name]
    if not isinstance(text, str) or not HEX.fullmatch(text):
        raise ValueError(f'"{name}" must be one byte or more in hex')
    return bytes.fromhex(text)
