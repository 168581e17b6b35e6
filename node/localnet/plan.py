"""A localnet as values: its nodes, their places and ports, how far it was built.

Pure: nothing here reads a file or starts anything.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from node.config import Ports
from node.config.ports import OFFSET_STEP

DEFAULT_CHAIN_ID: Final = "seedpact-localnet"
DEFAULT_VALIDATORS: Final = 4
MAX_VALIDATORS: Final = 16
DEFAULT_BLOCK_MS: Final = 500
FAUCET: Final = "faucet"
FAUCET_FUNDS: Final = 10**15
OPERATOR_FUNDS: Final = 10**12
NEWCOMER_FUNDS: Final = 10**9
"""useed: far more than registrations cost."""
OPERATOR: Final = "operator"
"""The name of each node's key in its own keyring."""


class Role(enum.StrEnum):
    """What a node is for."""

    BOOTSTRAP = "bootstrap"
    """The first validator: its enclave makes the seed."""
    VALIDATOR = "validator"
    """In genesis too; registers like anyone."""
    NEWCOMER = "newcomer"
    """Comes later; follows the chain and registers."""


class Stage(enum.StrEnum):
    """How far the network was built. Before GENESIS nothing is worth keeping."""

    HOMES = "homes"
    GENESIS = "genesis"
    """The genesis is final and in every home."""
    VALIDATORS = "validators"
    """Every genesis validator holds the seed."""
    COMPLETE = "complete"
    """So does the first newcomer."""


@dataclass(frozen=True, slots=True)
class LocalNode:
    """One node."""

    name: str
    role: Role
    index: int
    """Its ports are those of the network's first node, shifted by so many steps."""


@dataclass(frozen=True, slots=True)
class Registration:
    """The last registration that was made."""

    name: str
    node_id: str
    """64 hex digits."""
    tx_hash: str
    height: int
    confirm_tx_hash: str
    confirm_index: int
    timings_ms: Mapping[str, int]
    """By step of the flow."""
    proven_height: int = 0
    """Of the header by which the seed was imported; 0 where the enclave held it already."""
    light_client_steps: int = 0
    """From the quote's anchor to that header."""
    receipt: str = ""
    """The file that shows the registration to anyone."""


@dataclass(frozen=True, slots=True)
class Localnet:
    """What localnet.json says."""

    chain_id: str
    port_offset: int
    block_ms: int
    stage: Stage
    nodes: tuple[LocalNode, ...]
    last_registration: Registration | None = None

    @property
    def bootstrap(self) -> LocalNode:
        """The first validator."""
        return self.nodes[0]

    @property
    def validators(self) -> tuple[LocalNode, ...]:
        """Those of genesis, the bootstrap validator first."""
        return tuple(node for node in self.nodes if node.role is not Role.NEWCOMER)

    @property
    def newcomer(self) -> LocalNode | None:
        """The first newcomer."""
        return next((node for node in self.nodes if node.role is Role.NEWCOMER), None)

    def node(self, name: str) -> LocalNode | None:
        """The node of that name."""
        return next((node for node in self.nodes if node.name == name), None)

    def ports(self, node: LocalNode) -> Ports:
        """Where a node serves. Raises ConfigFailure: CONFIG_INVALID, beyond the last port."""
        return Ports().shifted(self.port_offset + node.index * OFFSET_STEP)

    def with_newcomer(self) -> tuple[Localnet, LocalNode]:
        """The same network with one newcomer more, and that one."""
        number = len(self.nodes) - len(self.validators) + 1
        node = LocalNode(f"newcomer{number}", Role.NEWCOMER, len(self.nodes))
        return replace(self, nodes=(*self.nodes, node)), node


def new_localnet(
    *,
    validators: int = DEFAULT_VALIDATORS,
    chain_id: str = DEFAULT_CHAIN_ID,
    port_offset: int = 0,
    block_ms: int = DEFAULT_BLOCK_MS,
) -> Localnet:
    """A network that is not built yet: its genesis validators."""
    roles = [Role.BOOTSTRAP, *[Role.VALIDATOR] * (validators - 1)]
    nodes = tuple(LocalNode(f"validator{index}", role, index) for index, role in enumerate(roles))
    return Localnet(chain_id, port_offset, block_ms, Stage.HOMES, nodes)
