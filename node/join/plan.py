"""What `join` takes and gives: the newcomer's wish, its progress, its answer.

No behaviour here. The order of `Step` is the order of the flow (protocol.md sections 5 to 8).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.chain_client.transactions import Price
from node.config import Ports
from node.config.node_config import FILE_BACKEND
from node.keyring import SigningKey

DEFAULT_PRICE: Final = Price()


class Step(enum.StrEnum):
    """The steps of a newcomer, in their order. Stable names: they stand in the journal."""

    GENESIS = "genesis"
    """The peer's genesis is the network that was meant."""
    CONFIG = "config"
    """The home has its configuration."""
    ENCLAVE = "enclave"
    """An enclave of this home answers."""
    KEYS = "keys"
    """It has the node's keys, for this network."""
    FUNDS = "funds"
    """The operator can pay."""
    QUOTE = "quote"
    """The enclave quoted its keys and a recent header."""
    REGISTER = "register"
    """The register is with a node of the network."""
    CONFIRM = "confirm"
    """It is in a block, and so is its confirm."""
    IMPORT = "import"
    """The enclave opened the envelope, and compared the network's keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSync:
    """From which header a node's state sync begins (`node.join.trust`)."""

    rpc_servers: tuple[str, ...] = ()
    """CometBFT's RPC of nodes beside the peer: http://HOST:PORT."""
    trust_height: int = 0
    trust_hash: bytes | None = None
    """32 bytes, learnt elsewhere, of the header at that height. None: `confirm_header` is asked."""
    confirm_header: Callable[[int, bytes], bool] | None = None
    """Gets height and hash of a header that follows from the genesis; whether to trust it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """A newcomer, or a genesis validator, that wants the seed.

    Nothing that the peer says is believed: `network_id` is recomputed from its genesis, and what it
    says of the chain is for the enclave to judge.
    """

    home: Path
    """The node's home; what is missing in it is made."""
    peer_rpc: str
    """CometBFT's RPC of any node of the network: http://HOST:PORT."""
    peer_grpc: str
    """gRPC of any node of the network: HOST:PORT, or https://HOST:PORT."""
    operator: SigningKey
    """The account that registers the node and pays."""
    roots: bytes = b""
    """Authorities for https, in PEM; empty: this machine's."""
    network_id: bytes | None = None
    """32 bytes, learnt elsewhere. None: `confirm_network` is asked."""
    confirm_network: Callable[[bytes, str], bool] | None = None
    """Gets the computed network_id and chain id; whether they are the ones that were meant."""
    moniker: str = ""
    """At most 70 characters, for people."""
    p2p_peers: tuple[str, ...] = ()
    """NODE_ID@HOST:PORT for a new config; none: the peer's own, as its RPC tells."""
    ports: Ports | None = None
    """Of a new config; None: the defaults."""
    keyring_backend: str = FILE_BACKEND
    """Of a new client.toml."""
    enclave: str | None = None
    """HOST:PORT of an enclave that runs. None: the home's own, started where it does not run."""
    price: Price = DEFAULT_PRICE
    """What the register may cost."""
    collateral: bytes | None = None
    """In its one form; empty: what the chain keeps. None: what the enclave brings (software mode),
    and where the chain has newer, or it brings none, what the chain keeps."""
    discard: bool = False
    """Throw away keys that were made for another network, or that the network cannot use."""
    attempts: int = 3
    """Registrations that are paid at most; one that is in flight is never doubled."""
    commit_timeout: float = 120.0
    """Seconds to wait for a block with the register."""
    state_sync: StateSync | None = None
    """Begin with a snapshot instead of the first block; None: with the first block."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A step that began, goes on, or was done."""

    step: Step
    text: str
    elapsed_ms: int
    """Since the step began, in this run."""
    done: bool


@dataclass(frozen=True, slots=True)
class Proven:
    """By what a seed was imported."""

    height: int
    """Of the header under which the record was proven."""
    steps: int
    """Of the light client, from the quote's anchor to it."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A holder of the seed, with the record that says so."""

    node_id: bytes
    tx_hash: str
    """Of the register: 64 characters of upper-case hex, as Cosmos clients write it."""
    height: int
    """The block with both transactions."""
    confirm_tx_hash: str
    confirm_index: int
    """The confirm's place among the transactions of its block, from 0."""
    timings_ms: Mapping[str, int]
    """By step, of the run in which it was done; "total": their sum."""
    paid: int
    """Registers that were sent, over all runs of this journal."""
    proven: Proven | None
    """None where the enclave held the seed already."""
    restored: bool
    """Whether the enclave's state was gone, and came back from its backup."""
