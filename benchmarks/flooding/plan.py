"""What the generator is told: its connections, and the transactions and questions of each.

The other side is tests/flood/main.go and source.go, which say what each field means.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

HEX_NONCE: Final = 16
"""Characters."""
BLANK_NONCE: Final = 64
"""Spaces and tabs."""


class Kind(StrEnum):
    """What a connection does."""

    PEER = "peer"
    """Pushes transactions on the mempool's channel, at CometBFT's default rate."""
    RPC = "rpc"
    """Broadcasts transactions, one after the other."""
    FILL = "fill"
    """Broadcasts as many as the mempool lacks."""
    CALL = "call"
    """Asks RPC."""
    GRPC = "grpc"
    """Asks the services."""


@dataclass(frozen=True, slots=True)
class Source:
    """Transactions that differ in a nonce, and in their sequence where they are taken."""

    body: bytes
    """A TxBody; or, where `whole`, all of it."""
    nonce_at: int
    """Where in `body`."""
    blank: bool = False
    """The nonce is of spaces and tabs, not of hex."""
    whole: bool = False
    signer: bytes = b""
    """SignerInfo up to its sequence."""
    fee: bytes = b""
    """The other fields of AuthInfo."""
    key: bytes = b""
    """32 bytes that sign; empty for a signature of zeros."""
    number: int = 0
    """Of the account."""
    sequence: int = 0
    ordered: bool = False
    """Each one that is taken uses a sequence."""


@dataclass(frozen=True, slots=True)
class Call:
    """A question."""

    method: str
    """Of RPC, or the full path of a gRPC method."""
    params: Mapping[str, str] | None = None
    """Of RPC."""
    data: bytes = b""
    """Of gRPC, encoded."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One connection."""

    name: str
    """The counts of one name are summed."""
    kind: Kind
    address: str
    """HOST:PORT."""
    method: str = ""
    """Of RPC."""
    sources: tuple[Source, ...] = ()
    calls: tuple[Call, ...] = ()
    bytes: int = 0
    """Kind FILL: it stops while so many wait there."""
    count: int = 0
    """Or so many transactions."""


def encoded(chain_id: str, lanes: Sequence[Lane]) -> str:
    """The plan, one line. Lanes that have a source in common share it, with its sequence."""
    sources: list[Source] = []
    places: dict[int, int] = {}
    for source in (source for lane in lanes for source in lane.sources):
        if id(source) not in places:
            places[id(source)] = len(sources)
            sources.append(source)
    rows = [
        {**asdict(lane), "sources": [places[id(source)] for source in lane.sources]}
        for lane in lanes
    ]
    plan = {"chain_id": chain_id, "sources": [asdict(one) for one in sources], "lanes": rows}
    return json.dumps(plan, default=_base64)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
