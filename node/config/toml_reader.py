"""Strict reading of our TOML files: each key is taken once, with its form; none is left over.

A wrong value is told with file, key, expected and found. A missing key has its default: a file
that an older version wrote stays valid.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from node.config.addresses import split_address
from node.config.failures import ConfigCode, ConfigFailure
from node.config.files import read_bytes
from node.config.ports import MAX_PORT
from node.config.toml_text import read_toml

T = TypeVar("T")

_URL: Final = re.compile(r"(tcp|http|https)://([^/\s]+)/?", re.ASCII)


MAX_URLS: Final = 16


class WrongValue(Exception):
    """A value has not the form that it should have; `expected` says which."""

    def __init__(self, expected: str) -> None:
        self.expected = expected
        super().__init__(expected)


def text(value: object) -> str:
    """Any text. Raises WrongValue."""
    if not isinstance(value, str):
        raise WrongValue("a text")
    return value


def switch(value: object) -> bool:
    """True or false. Raises WrongValue."""
    if not isinstance(value, bool):
        raise WrongValue("true or false")
    return value


def integer(low: int, high: int) -> Callable[[object], int]:
    """A form: an integer from `low` to `high`."""

    def form(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise WrongValue(f"an integer from {low} to {high}")
        return value

    return form


def one_of(*choices: str) -> Callable[[object], str]:
    """A form: one of some texts."""

    def form(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise WrongValue(" or ".join(f'"{choice}"' for choice in choices))
        return value

    return form


def address(value: object) -> str:
    """HOST:PORT. Raises WrongValue."""
    found = split_address(value) if isinstance(value, str) else None
    if found is None or not 0 < found[1] <= MAX_PORT:
        raise WrongValue("HOST:PORT, such as 127.0.0.1:9090")
    return str(value)


def grpc_address(value: object) -> str:
    """HOST:PORT of gRPC in clear, or https://HOST[:PORT] for one behind TLS.

    Raises WrongValue.
    """
    wrong = WrongValue("HOST:PORT, such as 127.0.0.1:9090, or https://HOST:PORT")
    if not isinstance(value, str):
        raise wrong
    place = value.removeprefix("https://")
    if place == value:
        scheme = ""
    else:
        scheme, place = "https://", place.removesuffix("/")
        place = place if split_address(place) else f"{place}:443"
    try:
        return scheme + address(place)
    except WrongValue:
        raise wrong from None


def rpc_url(value: object) -> str:
    """The http URL of a CometBFT RPC; tcp:// means the same, as in Cosmos daemons.

    Raises WrongValue.
    """
    wrong = WrongValue("a URL as tcp://HOST:PORT, such as tcp://127.0.0.1:26657")
    match = _URL.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise wrong
    scheme = "http" if match[1] == "tcp" else match[1]
    where = f"{match[2]}:443" if scheme == "https" and ":" not in match[2] else match[2]
    try:
        return f"{scheme}://{address(where)}"
    except WrongValue:
        raise wrong from None


def rpc_urls(value: object) -> tuple[str, ...]:
    """URLs as `rpc_url`, with commas between them, as CometBFT writes its peers; "" for none.

    Raises WrongValue.
    """
    if not isinstance(value, str):
        raise WrongValue("URLs as tcp://HOST:PORT, with commas between them")
    found = tuple(rpc_url(part.strip()) for part in value.split(",") if part.strip())
    if len(found) > MAX_URLS or len(set(found)) != len(found):
        raise WrongValue(f"at most {MAX_URLS} URLs, each once")
    return found


class TomlReader:
    """One file's tables, of which each key is taken once."""

    def __init__(self, path: Path, tables: dict[str, object]) -> None:
        self._path = path
        self._tables = tables
        self._taken: set[tuple[str, str]] = set()

    @staticmethod
    def open(path: Path) -> TomlReader | None:
        """Reads the file; None where there is none.

        Raises:
            ConfigFailure: CONFIG_UNREADABLE, or CONFIG_INVALID where it is no TOML.
        """
        data = read_bytes(path)
        if data is None:
            return None
        return TomlReader(path, read_toml(data, path))

    def take(self, table: str, key: str, form: Callable[[object], T], default: T) -> T:
        """The value of a key in its form, or the default.

        Args:
            table: its table's name; "" is the top of the file.
            key: in that table.
            form: raises WrongValue.
            default: where the file says nothing.

        Raises:
            ConfigFailure: CONFIG_INVALID.
        """
        self._taken.add((table, key))
        entries = self._table(table)
        if key not in entries:
            return default
        try:
            return form(entries[key])
        except WrongValue as wrong:
            raise self.wrong(table, key, wrong.expected, entries[key]) from None

    def wrong(self, table: str, key: str, expected: str, found: object) -> ConfigFailure:
        """What to raise of a value that does not fit."""
        name = f"{table}.{key}" if table else key
        return ConfigFailure(
            ConfigCode.CONFIG_INVALID,
            expected=f"{name} in {self._path} as {expected}",
            found=repr(found),
        )

    def finish(self) -> None:
        """That the file says nothing else. Raises ConfigFailure: CONFIG_INVALID."""
        names = {table for table, _ in self._taken if table}
        for name, value in self._tables.items():
            if name in names:
                for key in self._table(name):
                    self._require_taken(name, key)
            elif isinstance(value, dict):
                raise self._unknown("table", name, sorted(names))
            else:
                self._require_taken("", name)

    def _require_taken(self, table: str, key: str) -> None:
        if (table, key) not in self._taken:
            known = sorted(name for place, name in self._taken if place == table)
            raise self._unknown("key", f"{table}.{key}" if table else key, known)

    def _unknown(self, kind: str, name: str, known: list[str]) -> ConfigFailure:
        near = difflib.get_close_matches(name.rpartition(".")[2], known, n=1)
        return ConfigFailure(
            ConfigCode.CONFIG_INVALID,
            expected=f"a known {kind} in {self._path}" + "".join(f", such as {n}" for n in near),
            found=name,
        )

    def _table(self, name: str) -> dict[str, object]:
        if not name:
            return self._tables
        entries = self._tables.get(name, {})
        if not isinstance(entries, dict):
            raise self.wrong("", name, "a table", entries)
        return entries
