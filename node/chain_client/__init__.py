"""The way to the chain from outside: cosmpy for state and transactions, CometBFT's RPC for blocks.

What belongs here: queries, signing, sending and waiting, events, and what a failure means. What
must not: why something is asked (`node.join`, event handlers, the command line), and trust: nothing
that comes from here is proven.
"""

from node.chain_client.blocks import HeaderFacts
from node.chain_client.client import ChainClient
from node.chain_client.events import ChainEvent
from node.chain_client.failures import ChainCode, ChainFailure, TxRefused
from node.chain_client.transactions import (
    Account,
    Fee,
    Price,
    SignedTx,
    tx_hash,
)
from node.chain_client.waiting import Committed

__all__ = [
    "Account",
    "ChainClient",
    "ChainCode",
    "ChainEvent",
    "ChainFailure",
    "Committed",
    "Fee",
    "HeaderFacts",
    "Price",
    "SignedTx",
    "TxRefused",
    "tx_hash",
]
