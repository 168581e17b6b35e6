"""The options of commands that ask a chain, and the client that they open."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import click

from chain_module.address import ACCOUNT_PREFIX, ADDRESS_BYTES, from_text
from chain_module.errors import TxRefusal
from node.chain_client import ChainClient
from node.chain_client.client import DEFAULT_TIMEOUT_SECS
from node.cli.failures import usage
from node.cli.options import (
    chain_id_option,
    grpc_option,
    home_option,
    node_option,
    output_option,
    roots_option,
)
from node.config import Home

TX_HASH_CHARS: Final = 64

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Target:
    """The chain that a command asks, and the home whose settings it takes."""

    home: Home
    node: str
    """CometBFT's RPC, an http(s) URL."""
    grpc: str
    """HOST:PORT, or https://HOST:PORT."""
    chain_id: str
    """Empty where only the node knows it."""
    roots: bytes = b""
    """Authorities for https, in PEM; empty: the system's."""

    def client(self) -> ChainClient:
        """A client; a context manager."""
        return self.client_within(DEFAULT_TIMEOUT_SECS)

    def client_within(self, timeout: float) -> ChainClient:
        """One whose calls take so many seconds at most."""
        return ChainClient(
            grpc=self.grpc,
            rpc=self.node,
            chain_id=self.chain_id,
            timeout=timeout,
            roots=self.roots,
        )


def chain_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds --home, --node, --grpc, --ca-file, --chain-id and --output, as `target: Target`."""

    @home_option
    @node_option
    @grpc_option
    @roots_option
    @chain_id_option
    @output_option
    @functools.wraps(command)
    def run(
        *, home: Home, node: str, grpc: str, ca_file: bytes, chain_id: str, **others: object
    ) -> R:
        target = Target(home=home, node=node, grpc=grpc, chain_id=chain_id, roots=ca_file)
        return command(target=target, **others)

    return run


class AccountAddress(click.ParamType[bytes]):
    """An account's address as text; the command gets its 20 bytes."""

    name = f"{ACCOUNT_PREFIX}1.."

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        """The 20 bytes. Raises Failure: WRONG_USAGE."""
        del param, ctx
        if isinstance(value, bytes) and len(value) == ADDRESS_BYTES:
            return value
        try:
            return from_text(str(value))
        except TxRefusal as refusal:
            raise usage(refusal.expected, refusal.found) from None


class TxHash(click.ParamType[str]):
    """A transaction's hash, in hex of any case."""

    name = "hash"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """64 characters of upper-case hex. Raises Failure: WRONG_USAGE."""
        del param, ctx
        text = str(value).strip()
        if is_tx_hash(text):
            return text.removeprefix("0x").upper()
        raise usage("a transaction's hash of 64 characters of hex", repr(text[:100]))


def is_tx_hash(text: str) -> bool:
    """Whether it looks like a transaction's hash."""
    digits = text.removeprefix("0x")
    return len(digits) == TX_HASH_CHARS and all(c in "0123456789abcdefABCDEF" for c in digits)
