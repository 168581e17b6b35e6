"""Chains of real applications, for the rules of blocks and proposals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chain import Chain


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    """Four validators, one of which holds the seed; registers are let in from the next block."""
    chain = Chain(tmp_path)
    chain.blocks(3)
    yield chain
    chain.close()


@pytest.fixture
def holders(chain: Chain) -> Chain:
    """Four validators that all hold the seed."""
    for number in range(1, 4):
        chain.join(number)
    return chain
