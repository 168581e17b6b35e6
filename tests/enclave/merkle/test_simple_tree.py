"""CometBFT's simple tree: RFC 6962's, whatever the number of leaves."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.merkle import simple_tree

# github.com/cometbft/cometbft v0.38, crypto/merkle/rfc6962_test.go.
EMPTY_TREE = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
EMPTY_LEAF = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
LEAF = "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
NODE = "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


def by_definition(items: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written there."""
    if not items:
        return hashlib.sha256(b"").digest()
    if len(items) == 1:
        return hashlib.sha256(b"\x00" + items[0]).digest()
    split = max(2**power for power in range(32) if 2**power < len(items))
    halves = by_definition(items[:split]) + by_definition(items[split:])
    return hashlib.sha256(b"\x01" + halves).digest()


def test_the_known_answers_of_cometbft() -> None:
    assert simple_tree.root([]).hex() == simple_tree.EMPTY_ROOT.hex() == EMPTY_TREE
    assert simple_tree.root([b""]).hex() == EMPTY_LEAF
    assert simple_tree.root([b"L123456"]).hex() == LEAF
    assert simple_tree.inner_hash(b"N123", b"N456").hex() == NODE


@pytest.mark.parametrize("count", range(70))
def test_any_number_of_leaves(count: int) -> None:
    items = [bytes([number]) * (number % 5) for number in range(count)]
    assert simple_tree.root(items) == by_definition(items)


@given(st.lists(st.binary(max_size=40), max_size=200))
def test_it_is_the_tree_of_rfc_6962(items: list[bytes]) -> None:
    """A root by levels is the root by halves."""
    assert simple_tree.root(items) == by_definition(items)
    hashes = [simple_tree.leaf_hash(item) for item in items]
    assert simple_tree.root_of_hashes(hashes) == by_definition(items)


def test_a_leaf_is_never_an_inner_node() -> None:
    """Or two hashes, taken for one leaf, would have the root of the two."""
    left, right = simple_tree.leaf_hash(b"a"), simple_tree.leaf_hash(b"b")
    assert simple_tree.root([b"a", b"b"]) != simple_tree.root([left + right])
