"""What the checks look at: one home, and what its engine, chain and enclave answer, asked once."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final

from node.chain_client import ChainClient
from node.cli.first_block import FirstBlock, awaited
from node.config import Home, NodeConfig
from node.enclave_client import EnclaveClient
from node.engine_rpc import Status
from node.keyring import Backend, KeyInfo, Keyring, PasswordFor
from seedpact.enclave.v1 import service_pb2 as pb
from seedpact.registration.v1 import query_pb2, types_pb2

TIMEOUT_SECS: Final = 3.0


class Skipped(Exception):
    """A check does not apply, or another one has to hold first; says why."""


@dataclass(frozen=True)
class Subject:
    """A node, as far as it answers. Each property asks once and raises what came of it."""

    home: Home
    chain: ChainClient
    chain_id: str
    """That the operator means; empty: whatever the node says."""
    node: str
    """CometBFT's RPC, a URL."""

    @functools.cached_property
    def waits(self) -> FirstBlock | None:
        """What a node waits for that has not started its chain yet."""
        return awaited(self.home, self.node)

    @functools.cached_property
    def config(self) -> NodeConfig:
        """node.toml. Raises ConfigFailure."""
        return NodeConfig.load(self.home)

    @functools.cached_property
    def engine(self) -> Status:
        """CometBFT's own state. Raises ChainFailure."""
        return self.chain.status()

    @functools.cached_property
    def params(self) -> query_pb2.QueryParamsResponse:
        """The chain's parameters, floor and network id. Raises ChainFailure."""
        return self.chain.params()

    @functools.cached_property
    def enclave(self) -> pb.GetInfoResponse:
        """What the enclave says of itself. Raises EnclaveFailure, ConfigFailure."""
        found = self.config
        with EnclaveClient(
            found.enclave_address, token=found.enclave_token, timeout=TIMEOUT_SECS
        ) as client:
            return client.get_info()

    @functools.cached_property
    def operator(self) -> KeyInfo | None:
        """The key that node.toml names, None for none. Raises ConfigFailure, KeyringFailure."""
        name = self.config.operator_key
        if not name:
            return None
        backend = Backend(self.config.keyring_backend)
        return Keyring(self.home.keyring(backend), backend, password=_never).get(name)

    @functools.cached_property
    def record(self) -> types_pb2.NodeRecord | None:
        """This node's record. Raises ChainFailure, EnclaveFailure; Skipped without keys."""
        node_id = self.enclave.node_id
        if not node_id:
            raise Skipped("the enclave has no keys yet")
        return self.chain.node(node_id)


def _never(purpose: PasswordFor) -> str:
    """The public side of a key needs no password."""
    raise AssertionError(purpose)
