"""Chains that several cases attack. A case of another chain has a `chain` of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chain import Chain


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    """A founder and a second holder, each with a real application."""
    chain = Chain(tmp_path, nodes=2)
    chain.blocks(3)
    chain.join(1)
    yield chain
    chain.close()


@pytest.fixture
def open_node(tmp_path: Path) -> Iterator[Chain]:
    """One node, whose block has no limit of gas of its own."""
    chain = Chain(tmp_path, nodes=1, people=("alice", "bob", "carol"))
    chain.blocks(3)
    yield chain
    chain.close()
