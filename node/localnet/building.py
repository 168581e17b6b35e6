"""Builds what a localnet starts from: homes, the genesis, the seed, a newcomer's home.

The genesis is made with the functions of `seedpactd genesis`, so a localnet has nothing that an
operator could not make by hand.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable

from chain_module.bank.coins import DENOM, Coin
from enclave.crypto.labels import Mode
from node.config import Home
from node.config.cometbft import edit_cometbft, engine_addresses
from node.config.engine_keys import read_engine_keys
from node.config.files import read_bytes, replace_file
from node.config.state_sync import SERVERS, write_state_sync
from node.enclave_client import EnclaveClient
from node.genesis import GenesisCode, GenesisFailure, GenesisFile
from node.genesis.bootstrap import bootstrap
from node.genesis.defaults import new_genesis
from node.genesis.document import MAX_GENESIS_BYTES
from node.genesis.entries import DEFAULT_POWER, add_account, add_validator
from node.join import StateSync
from node.join.genesis import read_genesis
from node.join.trust import find_trust
from node.localnet.homes import ensure_key, make_home, peers_of
from node.localnet.plan import (
    FAUCET,
    FAUCET_FUNDS,
    OPERATOR,
    OPERATOR_FUNDS,
    Localnet,
    LocalNode,
)
from node.localnet.store import Folder


def discard_homes(folder: Folder, localnet: Localnet) -> None:
    """Removes the homes of a network that was left before its genesis was final.

    Its first enclave may hold the seed of a genesis that is in no home. Raises OSError.
    """
    for path in (*(folder.home(node).path for node in localnet.nodes), folder.faucet_home.path):
        if path.exists():
            shutil.rmtree(path)


def make_homes(folder: Folder, localnet: Localnet, *, containers: bool = False) -> None:
    """Makes every node's home, and tells it its peers; keys that exist stay.

    Args:
        folder: where.
        localnet: with the nodes.
        containers: see `make_home`.

    Raises:
        ConfigFailure, KeyringFailure: a file cannot be written.
    """
    for node in localnet.nodes:
        make_home(folder, localnet, node, containers=containers)
    for node in localnet.nodes:
        peers = ",".join(peers_of(folder, localnet, node, containers=containers))
        edit_cometbft(folder.home(node), {"p2p.persistent_peers": peers})


def make_genesis(
    folder: Folder,
    localnet: Localnet,
    client: EnclaveClient,
    *,
    change: Callable[[GenesisFile], None] = lambda _genesis: None,
) -> bytes:
    """Makes the genesis, asks the bootstrap enclave for the seed, gives it to every home.

    Args:
        folder: whose homes were made.
        localnet: the network.
        client: of the bootstrap node's enclave.
        change: may edit the genesis before the seed is made: tests shorten a period.

    Returns:
        network_id, 32 bytes.

    Raises:
        GenesisFailure, Refusal, EnclaveFailure, ConfigFailure, KeyringFailure.
    """
    first = folder.home(localnet.bootstrap)
    genesis = new_genesis(first.genesis, chain_id=localnet.chain_id, mode=Mode.SOFTWARE)
    folder.faucet_home.path.mkdir(parents=True, exist_ok=True)
    faucet = ensure_key(folder.faucet_home, FAUCET).info.raw_address
    add_account(genesis, faucet, (Coin(DENOM, FAUCET_FUNDS),))
    for node in localnet.validators:
        home = folder.home(node)
        operator = ensure_key(home, OPERATOR).info.raw_address
        add_account(genesis, operator, (Coin(DENOM, OPERATOR_FUNDS),))
        key = read_engine_keys(home).validator_key
        add_validator(genesis, key, power=DEFAULT_POWER, name=node.name)
    change(genesis)
    operator = ensure_key(first, OPERATOR).info.raw_address
    made = bootstrap(genesis, client, operator=operator)
    genesis.save()
    for node in localnet.nodes:
        give_genesis(folder, localnet, node)
    return made.network_id


def add_newcomer(folder: Folder, *, state_sync: bool = False) -> LocalNode:
    """One newcomer more: its home, with the genesis; recorded in localnet.json.

    Args:
        folder: where.
        state_sync: it begins with a snapshot of the validators, which run.

    Raises:
        LocalnetFailure, GenesisFailure, ConfigFailure, KeyringFailure; JoinFailure, ChainFailure:
            the validators show no header to begin from.
    """
    added: list[LocalNode] = []

    def add(localnet: Localnet) -> Localnet:
        changed, node = localnet.with_newcomer()
        make_home(folder, changed, node)
        peers = ",".join(peers_of(folder, changed, node))
        edit_cometbft(folder.home(node), {"p2p.persistent_peers": peers})
        give_genesis(folder, changed, node)
        if state_sync:
            _begin_with_snapshot(folder, changed, node)
        added.append(node)
        return changed

    folder.change(add)
    return added[0]


def _begin_with_snapshot(folder: Folder, localnet: Localnet, node: LocalNode) -> None:
    """The header is the validators' own word: they are this user's processes."""
    home = folder.home(node)
    servers = [
        f"http://{engine_addresses(folder.home(validator))[0]}"
        for validator in localnet.validators[:SERVERS]
    ]
    asked = StateSync(rpc_servers=tuple(servers[1:]), confirm_header=lambda _height, _hash: True)
    network = read_genesis(genesis_of(home), where=str(home.genesis))
    write_state_sync(home, find_trust(asked, network, peer=servers[0], say=lambda _text: None))


def give_genesis(folder: Folder, localnet: Localnet, node: LocalNode) -> None:
    """Copies the bootstrap node's genesis. Raises GenesisFailure, ConfigFailure."""
    home = folder.home(node)
    data = genesis_of(folder.home(localnet.bootstrap))
    if node is not localnet.bootstrap:
        replace_file(home.genesis, data)


def genesis_of(home: Home) -> bytes:
    """A home's genesis file. Raises GenesisFailure: NO_GENESIS, ConfigFailure."""
    data = read_bytes(home.genesis, limit=MAX_GENESIS_BYTES)
    if data is None:
        raise GenesisFailure(
            GenesisCode.NO_GENESIS, expected=f"a genesis at {home.genesis}", found="no such file"
        )
    return data


def network_id_of(home: Home) -> bytes:
    """32 bytes, computed from a home's genesis. Raises JoinFailure, as `genesis_of`."""
    return read_genesis(genesis_of(home), where=str(home.genesis)).id
