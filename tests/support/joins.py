"""What a newcomer has before it joins the one-validator chain."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from node.config import Home
from node.join import Join
from node.localnet.homes import ensure_key
from tests.support.one_validator import OneValidator

FUNDS: Final = 100_000
"""useed: what a newcomer's operator is given."""


def funded_join(chain: OneValidator, path: Path) -> Join:
    """Of an empty home, by an operator with funds."""
    operator = ensure_key(Home.of(str(path)), "operator")
    chain.fund(operator.info.address, FUNDS)
    return Join(
        home=path,
        peer_rpc=chain.rpc,
        peer_grpc=chain.grpc,
        operator=operator,
        network_id=chain.network_id,
    )
