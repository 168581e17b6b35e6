"""What the commands of `seedpactd genesis` share."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from chain_module.address import ACCOUNT_PREFIX, from_text
from chain_module.errors import TxRefusal
from chain_module.genesis_document import parse_time
from chain_module.genesis_form import BadGenesis
from enclave.time import NANOSECONDS
from node.cli.failures import usage
from node.cli.keyring import open_keyring
from node.config import Home
from node.genesis import GenesisFile

MAX_SECONDS: Final = (2**64 - 1) // NANOSECONDS
"""A genesis time is 64 bits of nanoseconds in network_id."""


class GenesisTime(click.ParamType[int]):
    """A time as a genesis has it, or unix seconds; becomes unix nanoseconds."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Unix nanoseconds. Raises Failure: WRONG_USAGE."""
        del param, ctx
        text = str(value)
        digits = text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_SECONDS))
        if digits and int(text) <= MAX_SECONDS:
            return int(text) * NANOSECONDS
        try:
            return parse_time(text, "TIME")
        except BadGenesis as bad:
            raise usage(f"{bad.expected}, or unix seconds", repr(text[:100])) from None


def load(home: Home) -> GenesisFile:
    """The home's genesis. Raises ConfigFailure or GenesisFailure."""
    return GenesisFile.load(home.genesis)


def load_from(home: Home, file: str | None) -> GenesisFile:
    """The named genesis, or else the home's. Raises ConfigFailure or GenesisFailure."""
    return load(home) if file is None else GenesisFile.load(Path(file))


def account_of(name: str, home: Home, backend: str) -> bytes:
    """The 20 bytes of an address, or of a key's name in the home's keyring.

    Raises:
        Failure: WRONG_USAGE, for an address that is none.
        KeyringFailure: there is no such key.
    """
    if not name.startswith(f"{ACCOUNT_PREFIX}1"):
        return open_keyring(home, backend, None).get(name).raw_address
    try:
        return from_text(name)
    except TxRefusal as refusal:
        raise usage(refusal.expected, refusal.found) from None
