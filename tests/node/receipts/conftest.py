"""Receipts of one chain in each of their forms, and one of another chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from node.receipts import export
from tests.support.receipts import ReceiptChain


@dataclass(frozen=True)
class Files:
    """Receipts as files."""

    founder: bytes
    """Of the bootstrap node's first record."""
    own: bytes
    """Of a register with its own collateral."""
    stored: bytes
    """Of one with the chain's."""
    stranger: bytes
    """Of another chain, with the same chain id."""
    network_id: bytes
    chain: ReceiptChain


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    """Made once: nothing changes them."""
    chain = ReceiptChain(tmp_path_factory.mktemp("chain"), nodes=4)
    other = ReceiptChain(tmp_path_factory.mktemp("other"), nodes=3)
    for one in (chain, other):
        one.blocks(3)
        one.join(1)
    chain.join_without_collateral(2)
    yield Files(
        founder=export(chain, chain.node_id(0)),
        own=export(chain, chain.node_id(1)),
        stored=export(chain, chain.node_id(2)),
        stranger=export(other, other.node_id(1)),
        network_id=chain.network.network_id,
        chain=chain,
    )
    chain.close()
    other.close()
