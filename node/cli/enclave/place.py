"""--address, --endpoint-token and --timeout: the enclave that a command asks."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import click

from node.cli.argument_types import DEFAULT_ADDRESS
from node.cli.options import address_option, timeout_option
from node.config import DEFAULT_HOME, ConfigFailure, Home, NodeConfig
from node.config.files import expanded
from node.config.home import HOME_VARIABLE
from node.enclave_client import EnclaveClient

ENDPOINT_VARIABLE: Final = "SEEDPACT_ENDPOINT_TOKEN"

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the enclave serves, and by what it is known there."""

    address: str
    token: Path | None
    """None: who answers is not checked."""
    timeout: float

    def client(self) -> EnclaveClient:
        """A client; a context manager."""
        return EnclaveClient(self.address, token=self.token, timeout=self.timeout)


def place_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds the three options, as `place: Place`."""

    @address_option
    @click.option(
        "--endpoint-token",
        envvar=ENDPOINT_VARIABLE,
        show_envvar=True,
        metavar="FILE",
        help="endpoint.token of the enclave's home: who does not know it is not asked.  "
        "[default: the node's home's, at that home's address]",
    )
    @timeout_option
    @functools.wraps(command)
    def run(*, address: str, endpoint_token: str | None, timeout: float, **others: object) -> R:
        token = _token_at(address) if endpoint_token is None else expanded(endpoint_token)
        return command(place=Place(address, token, timeout), **others)

    return run


def _token_at(address: str) -> Path | None:
    """The token of the node's home, where its enclave is the one of this address.

    Raises:
        ConfigFailure: node.toml cannot be read.
    """
    try:
        home = Home.of(os.environ.get(HOME_VARIABLE) or DEFAULT_HOME)
    except ConfigFailure:
        return None  # whoever has no home has no token of one
    if not home.is_initialized:
        return home.enclave_token if address == DEFAULT_ADDRESS else None
    config = NodeConfig.load(home)
    return config.enclave_token if address == config.enclave_address else None
