"""A network that is bootstrapped, for all tests that only read it."""

from __future__ import annotations

import pytest

from chain_module.registration.identity import NetworkGenesis
from tests.chain_module.registration.genesis_cases import TWO_MACHINES
from tests.support.enclaves import Node
from tests.support.registration_chain import (
    bootstrap,
    open_genesis,
)


@pytest.fixture(scope="module")
def founder() -> Node:
    return Node("founder")


@pytest.fixture(scope="module")
def network(founder: Node) -> NetworkGenesis:
    return bootstrap(founder, open_genesis(machines=TWO_MACHINES))
