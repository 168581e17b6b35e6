"""CometBFT's genesis.json as a tree that can be changed, and the way to and from the disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, cast

from chain_module.genesis_form import BadGenesis, BadGenesisCode, Json
from chain_module.registration.app_state import parse_json
from chain_module.registration.genesis import Genesis, genesis_to_json, read_genesis
from node.config.files import read_bytes, replace_file
from node.genesis.failures import GenesisCode, GenesisFailure

MAX_GENESIS_BYTES: Final = 256 * 1024 * 1024

Tree = dict[str, object]
"""A JSON object."""


class GenesisFile:
    """One genesis file in memory. Its registration part is kept in its usual spelling."""

    def __init__(self, path: Path, document: Tree) -> None:
        self.path = path
        self.document = document

    @staticmethod
    def load(path: Path) -> GenesisFile:
        """Reads a genesis file.

        Raises:
            ConfigFailure: it cannot be read.
            GenesisFailure: NO_GENESIS, or BAD_GENESIS where it is no JSON object.
        """
        data = read_bytes(path, limit=MAX_GENESIS_BYTES)
        if data is None:
            raise GenesisFailure(
                GenesisCode.NO_GENESIS, expected=f"a genesis file at {path}", found="no such file"
            )
        try:
            document = parse_json(data, str(path))
        except BadGenesis as bad:
            raise of_bad(bad) from None
        return GenesisFile(path, cast("Tree", document))

    def encode(self) -> bytes:
        """The file's bytes."""
        return json.dumps(self.document, indent=2).encode("ascii") + b"\n"

    def save(self) -> None:
        """Replaces the file. Raises ConfigFailure: CANNOT_WRITE."""
        replace_file(self.path, self.encode())

    @property
    def chain_id(self) -> str:
        """The network's name; empty where the document has none."""
        found = self.document.get("chain_id")
        return found if isinstance(found, str) else ""

    def registration(self) -> Genesis:
        """Its part of app_state. Raises GenesisFailure: BAD_GENESIS."""
        try:
            return read_genesis(cast("Json", branch(self.app_state(), "registration")))
        except BadGenesis as bad:
            raise of_bad(bad) from None

    def set_registration(self, genesis: Genesis) -> None:
        """Replaces it."""
        self.app_state()["registration"] = genesis_to_json(genesis)

    def app_state(self) -> Tree:
        """The application's part. Raises GenesisFailure: BAD_GENESIS."""
        return branch(self.document, "app_state")

    def require_open(self) -> None:
        """That its network is not bootstrapped yet. Raises GenesisFailure."""
        network = self.registration().network
        if network is not None:
            raise GenesisFailure(
                GenesisCode.GENESIS_BOOTSTRAPPED,
                expected=f"{self.path} before its bootstrap: a change makes another network",
                found=f"the network's keys, of node key {network.exchange_key.hex()[:16]}..",
            )


def branch(tree: Tree, name: str) -> Tree:
    """An object inside of another; made where it is missing. Raises GenesisFailure."""
    found = tree.setdefault(name, {})
    if not isinstance(found, dict):
        raise _wrong_kind(name, "an object", found)
    return found


def entries(tree: Tree, name: str) -> list[object]:
    """A list inside of an object; made where it is missing or null. Raises GenesisFailure."""
    if tree.get(name) is None:
        tree[name] = []
    found = tree[name]
    if not isinstance(found, list):
        raise _wrong_kind(name, "a list", found)
    return found


def of_bad(bad: BadGenesis) -> GenesisFailure:
    """The same refusal, as commands show it."""
    return GenesisFailure(bad.code, expected=f"{bad.where}: {bad.expected}", found=bad.found)


def _wrong_kind(name: str, expected: str, found: object) -> GenesisFailure:
    return GenesisFailure(
        BadGenesisCode.BAD_GENESIS, expected=f"{name}: {expected}", found=type(found).__name__
    )
