"""Registrations of a localnet: the flow of `seedpactd register` for one of its nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from cosmpy.protos.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from cosmpy.protos.cosmos.base.v1beta1.coin_pb2 import Coin

from chain_module.bank.coins import DENOM
from node.chain_client import ChainClient
from node.config import Home, NodeConfig
from node.config.cometbft import engine_addresses
from node.config.files import replace_file
from node.join import Join, Joined, Progress, join
from node.localnet.homes import ensure_key
from node.localnet.plan import (
    FAUCET,
    NEWCOMER_FUNDS,
    OPERATOR,
    Localnet,
    LocalNode,
    Registration,
)
from node.localnet.store import Folder
from node.receipts import NodeSource, export

RECEIPT: Final = "receipt.json"
"""In the home of a node that registered."""


def fund(folder: Folder, through: LocalNode, node: LocalNode) -> int:
    """Sends coins of the faucet to a node's operator, unless it has some; the block.

    Args:
        folder: the localnet's.
        through: a node that runs.
        node: whose operator gets them.

    Returns:
        The block with the transaction; 0 where none was needed.

    Raises:
        ChainFailure, TxRefused, ConfigFailure, KeyringFailure.
    """
    faucet = ensure_key(folder.faucet_home, FAUCET)
    operator = ensure_key(folder.home(node), OPERATOR).info
    with client_of(folder.home(through)) as chain:
        if chain.balance(operator.raw_address) >= NEWCOMER_FUNDS // 2:
            return 0
        coin = Coin(denom=DENOM, amount=str(NEWCOMER_FUNDS))
        send = MsgSend(from_address=faucet.info.address, to_address=operator.address, amount=[coin])
        return chain.send_tx([send], faucet).height


def register(
    folder: Folder,
    through: LocalNode,
    node: LocalNode,
    *,
    network_id: bytes,
    progress: Callable[[Progress], None],
) -> Joined:
    """Makes a node of the localnet, whose enclave runs, a holder; records it in localnet.json.

    Its receipt goes to its home.

    Args:
        folder: the localnet's.
        through: a node that runs, which is asked.
        node: which registers.
        network_id: of this network, from its own genesis file.
        progress: is told of each step.

    Raises:
        As `node.join.join` and `node.receipts.export`.
    """
    home, peer = folder.home(node), folder.home(through)
    done = join(
        Join(
            home=home.path,
            peer_rpc=f"http://{engine_addresses(peer)[0]}",
            peer_grpc=NodeConfig.load(peer).grpc_listen,
            operator=ensure_key(home, OPERATOR),
            network_id=network_id,
            moniker=node.name,
            enclave=NodeConfig.load(home).enclave_address,
        ),
        progress=progress,
    )
    receipt = home.path / RECEIPT
    with client_of(peer) as chain:
        replace_file(receipt, export(NodeSource(chain), done.node_id))
    folder.change(lambda localnet: _recorded(localnet, node, done, receipt))
    return done


def client_of(home: Home) -> ChainClient:
    """A client of the home's own node. Raises ConfigFailure."""
    rpc = f"http://{engine_addresses(home)[0]}"
    return ChainClient(grpc=NodeConfig.load(home).grpc_listen, rpc=rpc)


def _recorded(localnet: Localnet, node: LocalNode, done: Joined, receipt: Path) -> Localnet:
    return replace(
        localnet,
        last_registration=Registration(
            name=node.name,
            node_id=done.node_id.hex(),
            tx_hash=done.tx_hash,
            height=done.height,
            confirm_tx_hash=done.confirm_tx_hash,
            confirm_index=done.confirm_index,
            timings_ms=dict(done.timings_ms),
            proven_height=done.proven.height if done.proven else 0,
            light_client_steps=done.proven.steps if done.proven else 0,
            receipt=str(receipt),
        ),
    )
