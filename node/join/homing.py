"""Step 2: the home has what a node starts with. What is there already stays as it is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from node.chain_client import ChainClient
from node.config import ClientConfig, Home, NodeConfig
from node.config.cometbft import CometSettings, edit_cometbft, read_cometbft, write_cometbft
from node.config.engine_keys import ensure_engine_keys
from node.config.files import create_file, read_bytes
from node.join.failures import JoinCode, JoinFailure
from node.join.genesis import MAX_GENESIS_BYTES, Network, read_genesis
from node.join.plan import Join

DEFAULT_MONIKER: Final = "node"
_PEER_ID: Final = re.compile(r"[0-9a-f]{40}")
_PEERS: Final = "p2p.persistent_peers"
_ANY: Final = frozenset({"", "0.0.0.0", "::", "[::]"})  # noqa: S104 (what a peer may say of itself)


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
        ChainFailure: the peer's P2P address was asked for, and did not come.
    """
    home.make_folders()
    ensure_engine_keys(home)
    if not home.cometbft_config.exists():
        _write_cometbft(home, wish, peers=wish.p2p_peers or _peers_of(chain))
    elif not home.genesis.exists() and not read_cometbft(home, _PEERS):
        peers = wish.p2p_peers or _peers_of(chain)
        edit_cometbft(home, {_PEERS: ",".join(peers)})
    if not home.client_config.exists():
        client = ClientConfig.default(chain_id=network.chain_id, ports=wish.ports)
        replace(client, keyring_backend=wish.keyring_backend).save(home)
    if not home.genesis.exists():
        create_file(home.genesis, network.document)
    if not home.node_config.exists():
        NodeConfig.default(home, mode=network.mode, ports=wish.ports).save(home)
    return NodeConfig.load(home)


def _write_cometbft(home: Home, wish: Join, *, peers: tuple[str, ...]) -> None:
    plain = CometSettings.default(
        wish.moniker or DEFAULT_MONIKER, abci_socket=home.default_socket, ports=wish.ports
    )
    write_cometbft(home, replace(plain, persistent_peers=peers))


def _peers_of(chain: ChainClient) -> tuple[str, ...]:
    """NODE_ID@HOST:PORT of the peer itself: its id and port by its own word, its host by ours."""
    status = chain.status()
    try:
        listen = urlsplit(status.listen_address if "://" in status.listen_address else "")
        port = listen.port
    except ValueError:  # a peer may say anything, also half an IPv6 address
        return ()
    if not port or _PEER_ID.fullmatch(status.node_id) is None:
        return ()
    host = listen.hostname or ""
    if host in _ANY:
        host = urlsplit(chain.engine.address).hostname or ""
    shown = f"[{host}]" if ":" in host else host
    return (f"{status.node_id}@{shown}:{port}",)
