"""The chain's table of refusals: codespace and number to the stable name.

What belongs here: finding a name. The tables themselves are the modules' (`chain_module/*/errors`).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache

import chain_module
from chain_module.errors import Reason, Reasons


@cache
def all_reasons() -> Mapping[tuple[str, int], Reason]:
    """Every rule of the chain, by codespace and number."""
    _import_tables()
    tables = sorted(_subclasses(Reasons), key=lambda table: table.__qualname__)
    return {
        (r.codespace, r.code): r for table in tables for r in (member.reason for member in table)
    }


def find_reason(codespace: str, number: int) -> Reason | None:
    """The rule of a result, or None where this version knows none."""
    return all_reasons().get((codespace, number))


def names() -> list[str]:
    """The stable names, sorted."""
    return sorted(reason.name for reason in all_reasons().values())


def _import_tables() -> None:
    """A module's table is chain_module/<module>/errors.py; addresses have their own."""
    for entry in pkgutil.walk_packages(chain_module.__path__, f"{chain_module.__name__}."):
        if entry.name.endswith((".errors", ".address")):
            importlib.import_module(entry.name)


def _subclasses(kind: type[Reasons]) -> Iterator[type[Reasons]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)
