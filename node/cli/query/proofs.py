"""--prove and --height: answers with the proof that the chain's state has them.

What a command shows is then read from the proven bytes. The proof is checked against the header
that the same node shows; the answer has all that others need to check it against a header of their
own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import click
from google.protobuf.message import DecodeError, Message

from node.chain_client import ChainClient, ChainCode, ChainFailure
from node.cli.failures import usage
from node.cli.output import Row
from node.json_form import Json, message_to_json
from seedpact.registration.v1 import query_pb2

M = TypeVar("M", bound=Message)
R = TypeVar("R")
MAX_HEIGHT: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ProofWish:
    """What was asked for."""

    prove: bool
    height: int
    """Of the state; 0 is the newest."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A proof that was checked, as an answer has it; or none, where none was asked for."""

    value: bytes = b""
    """What is proven; empty: that there is nothing."""
    json: Mapping[str, Json] = field(default_factory=dict)
    """store, store_key, store_value, proof_ops and height, bytes in hex."""
    rows: Sequence[Row] = ()

    def read(self, kind: type[M]) -> M | None:
        """The record that is proven to be there, or None. Raises ChainFailure for other bytes."""
        if not self.value:
            return None
        try:
            return kind.FromString(self.value)
        except DecodeError:
            name = kind.DESCRIPTOR.full_name
            raise ChainFailure(
                ChainCode.CHAIN_FAILED, expected=f"an encoded {name}", found="other bytes"
            ) from None


def proof_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds --prove and --height; the command gets `wish: ProofWish`."""

    @click.option("--prove", is_flag=True, help="With the proof, checked against the next header.")
    @click.option(
        "--height",
        type=click.IntRange(min=1, max=MAX_HEIGHT),
        metavar="N",
        help="With --prove: the state after block N.  [default: the newest]",
    )
    @functools.wraps(command)
    def run(*, prove: bool, height: int | None, **others: object) -> R:
        if height is not None and not prove:
            raise usage("--height together with --prove", "--height alone")
        return command(wish=ProofWish(prove, height or 0), **others)

    return run


def checked(chain: ChainClient, wish: ProofWish, proof: query_pb2.Proof, key: bytes) -> Shown:
    """The proof, if it fits the header of its height. Raises ChainFailure."""
    header = chain.check_proof(proof, key=key, height=wish.height)
    what = f"{len(proof.store_value):,} bytes" if proof.store_value else "that there is none"
    return Shown(
        value=proof.store_value,
        json=message_to_json(proof),
        rows=(
            ("proven", f"{what}, by header {header.height}"),
            ("app_hash", header.app_hash.hex()),
        ),
    )
