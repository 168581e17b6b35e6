"""Step 2: the home has what a node starts with. What is there already stays as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from node.chain_client import ChainClient
from node.config import ClientConfig, Home, NodeConfig
from node.config.cometbft import CometSettings, write_cometbft
from node.config.engine_keys import ensure_engine_keys
from node.config.files import create_file, read_bytes
from node.join.failures import JoinCode, JoinFailure
from node.join.genesis import MAX_GENESIS_BYTES, Network, read_genesis
from node.join.peers import ensure_peers
from node.join.plan import Join

DEFAULT_MONIKER: Final = "node"


def own_network(home: Home) -> Network | None:
    """The network of the home's own genesis; None where it has none. Raises JoinFailure."""
    data = read_bytes(home.genesis, limit=MAX_GENESIS_BYTES)
    return None if data is None else read_genesis(data, where=str(home.genesis))


def check_own_network(home: Home, network: Network) -> None:
    """That a home with a genesis has that of `network`. Raises JoinFailure: OTHER_GENESIS."""
    own = own_network(home)
    if own is not None and own.id != network.id:
        raise JoinFailure(
            JoinCode.OTHER_GENESIS,
            expected=f"{home.genesis} of network {network.id.hex()}, or none",
            found=f"one of {own.chain_id}, network {own.id.hex()}",
        )


def ensure_home(home: Home, wish: Join, network: Network, chain: ChainClient) -> NodeConfig:
    """Writes what is missing; the genesis last but one, node.toml last.

    Raises:
        ConfigFailure: as the files' writers.
        JoinFailure: NO_PEER_REACHED.
        ChainFailure: the peer did not answer.
    """
    home.make_folders()
    ensure_engine_keys(home)
    if not home.cometbft_config.exists():
        plain = CometSettings.default(
            wish.moniker or DEFAULT_MONIKER, abci_socket=home.default_socket, ports=wish.ports
        )
        write_cometbft(home, plain)
    ensure_peers(home, wish, chain)
    if not home.client_config.exists():
        client = ClientConfig.default(chain_id=network.chain_id, ports=wish.ports)
        replace(client, keyring_backend=wish.keyring_backend).save(home)
    if not home.genesis.exists():
        create_file(home.genesis, network.document)
    if not home.node_config.exists():
        NodeConfig.default(home, mode=network.mode, ports=wish.ports).save(home)
    return NodeConfig.load(home)
