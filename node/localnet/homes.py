"""The homes of a localnet's nodes: as `seedpactd init` makes them, with ports of their own.

Everything listens on the loopback, except where containers are meant: there each node has a network
namespace of its own, the default ports, and peers reach it by its name. Keys lie in clear in the
`test` keyring.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from enclave.crypto.labels import Mode
from node.config import ClientConfig, Home, NodeConfig
from node.config.cometbft import CometSettings, write_cometbft
from node.config.engine_keys import ensure_engine_keys, read_engine_keys
from node.config.ports import LOOPBACK, Ports
from node.keyring import Backend, Keyring, KeyringCode, KeyringFailure, SigningKey, new_mnemonic
from node.localnet.plan import OPERATOR, Localnet, LocalNode
from node.localnet.store import Folder

SNAPSHOT_EVERY: Final = 40
"""Blocks: so that a newcomer that state-syncs need not wait for long."""
SNAPSHOT_KEEP: Final = 4

CONTAINER_SOCKET: Final = Path("/run/seedpact/abci.sock")
"""On a volume that the containers of one node share."""
EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 (a container's own network)


def make_home(
    folder: Folder, localnet: Localnet, node: LocalNode, *, containers: bool = False
) -> None:
    """Makes or rewrites a node's configuration; keys that exist stay.

    Args:
        folder: the localnet's.
        localnet: with every node that this one shall know as a peer.
        node: whose home.
        containers: one container a process, instead of this machine's loopback.

    Raises:
        ConfigFailure: a file cannot be written, or a port is none.
        KeyringFailure: the operator's key cannot be kept.
    """
    home = folder.home(node)
    ports = Ports() if containers else localnet.ports(node)
    home.make_folders()
    ensure_engine_keys(home)
    config = NodeConfig.default(home, mode=Mode.SOFTWARE, ports=ports)
    config = replace(
        config,
        operator_key=OPERATOR,
        keyring_backend=Backend.TEST,
        log_abci_calls=True,
        snapshot_every=SNAPSHOT_EVERY,
        snapshot_keep=SNAPSHOT_KEEP,
    )
    engine = CometSettings.default(node.name, abci_socket=config.abci_socket, ports=ports)
    engine = replace(engine, commit_ms=localnet.block_ms)
    if containers:
        config = replace(config, abci_socket=CONTAINER_SOCKET)
        engine = replace(
            engine,
            abci_socket=CONTAINER_SOCKET,
            p2p_listen=f"{EVERYWHERE}:{ports.p2p}",
            external_address=f"{node.name}:{ports.p2p}",
        )
    write_cometbft(home, engine)
    client = ClientConfig.default(chain_id=localnet.chain_id, ports=ports)
    replace(client, keyring_backend=Backend.TEST).save(home)
    ensure_key(home, OPERATOR)
    config.save(home)


def peers_of(
    folder: Folder, localnet: Localnet, node: LocalNode, *, containers: bool = False
) -> Sequence[str]:
    """NODE_ID@HOST:PORT of the genesis validators but the node itself. Raises ConfigFailure."""
    return [
        f"{read_engine_keys(folder.home(peer)).node_id}@"
        + (f"{peer.name}:{Ports().p2p}" if containers else f"{LOOPBACK}:{localnet.ports(peer).p2p}")
        for peer in localnet.validators
        if peer is not node
    ]


def ensure_key(home: Home, name: str) -> SigningKey:
    """A key of the home's `test` keyring; made where there is none. Raises KeyringFailure."""
    keyring = Keyring(home.keyring(Backend.TEST), Backend.TEST, password=lambda _: "")
    try:
        return keyring.key(name)
    except KeyringFailure as failure:
        if failure.code is not KeyringCode.KEY_NOT_FOUND:
            raise
    keyring.recover(name, new_mnemonic())
    return keyring.key(name)
