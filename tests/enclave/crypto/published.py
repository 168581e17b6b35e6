"""Reads the published vectors under tests/vectors (see the README there)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

VECTORS: Final = Path(__file__).parents[2] / "vectors"


@dataclass(frozen=True, slots=True)
class Wycheproof:
    """One test of one group: its byte strings, and what is expected of it."""

    group: dict[str, Any]
    test: dict[str, Any]

    @property
    def valid(self) -> bool:
        """Whether the values fit together. `acceptable` ones do."""
        return bool(self.test["result"] != "invalid")

    @property
    def flags(self) -> set[str]:
        """Wycheproof's names for what is special about it."""
        return set(self.test["flags"])

    def get(self, name: str) -> bytes:
        """One byte string of the test."""
        return bytes.fromhex(self.test[name])


def document(name: str) -> dict[str, Any]:
    """A file that is one JSON object."""
    loaded: dict[str, Any] = json.loads((VECTORS / name).read_text("ascii"))
    return loaded


def records(name: str) -> list[dict[str, str]]:
    """A file that is a list of records of known answers."""
    loaded: list[dict[str, str]] = json.loads((VECTORS / name).read_text("ascii"))
    return loaded


def wycheproof(name: str) -> list[Wycheproof]:
    """Every test of a file, in its order."""
    groups = document(f"wycheproof/{name}_test.json")["testGroups"]
    return [Wycheproof(group, test) for group in groups for test in group["tests"]]


def unhex(record: dict[str, str], *names: str) -> list[bytes]:
    """Byte strings of a record of known answers."""
    return [bytes.fromhex(record[name]) for name in names]
