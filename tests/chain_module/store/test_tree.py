"""The tree alone: Go's kept vectors, its encodings, and what it must not change."""

from __future__ import annotations

import json
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_module.store import encoding
from chain_module.store.commit import commit
from chain_module.store.multistore import app_hash
from chain_module.store.node import Node, Tree, lookup, root_hash, scan, size_of, version_of
from enclave.merkle import simple_tree
from tests.chain_module.store.audit import Auditor, signed, unsigned
from tests.chain_module.store.operations import history, replay, store_histories
from tests.vectors.make_state_tree import OUTPUT

VECTORS: Final = json.loads(OUTPUT.read_text())
TREES: Final = [pytest.param(each, id=str(each["seed"])) for each in VECTORS["trees"]]
MULTISTORES: Final = [pytest.param(each, id=str(each["seed"])) for each in VECTORS["multistores"]]

keys = st.binary(min_size=1, max_size=3)
values = st.binary(min_size=1, max_size=3)
changes = st.dictionaries(keys, st.none() | values, max_size=30)


def build(entries: dict[bytes, bytes], *, version: int = 1) -> Tree:
    """A tree of these entries."""
    return commit(None, entries, known=(), version=version)


@pytest.mark.parametrize("vector", TREES)
def test_roots_are_those_of_go(vector: dict[str, object]) -> None:
    roots = vector["roots"]
    assert isinstance(roots, list)
    blocks = list(history(_number(vector["seed"]), versions=len(roots)))
    kept = replay(blocks, initial=_number(vector["initial_version"]))
    assert [root_hash(one.tree).hex() for one in kept] == roots


@pytest.mark.parametrize("vector", TREES)
def test_every_old_version_is_hashed_again_from_its_nodes(vector: dict[str, object]) -> None:
    """Where a node keeps a version that is not the one it was hashed with, this alone sees it."""
    blocks = list(history(_number(vector["seed"]), versions=30))
    auditor = Auditor()
    for one in list(replay(blocks, initial=_number(vector["initial_version"]))):
        assert auditor.root_of(one.tree, version=one.version) == root_hash(one.tree)


@pytest.mark.parametrize("vector", MULTISTORES)
def test_app_hashes_are_those_of_the_sdk(vector: dict[str, object]) -> None:
    stores, hashes = vector["stores"], vector["app_hashes"]
    assert isinstance(stores, list)
    assert isinstance(hashes, list)
    histories = store_histories(_number(vector["seed"]), stores, versions=len(hashes))
    kept = {name: list(replay(blocks)) for name, blocks in histories.items()}
    found = [
        app_hash({name: root_hash(versions[index].tree) for name, versions in kept.items()}).hex()
        for index in range(len(hashes))
    ]
    assert found == hashes


def test_no_store_at_all_has_the_hash_of_nothing() -> None:
    assert app_hash({}) == simple_tree.root([]) == encoding.EMPTY_ROOT
    assert encoding.EMPTY_ROOT.hex().startswith("e3b0c442")


@given(st.integers(min_value=0, max_value=2**70))
def test_varints_are_gos(value: int) -> None:
    assert encoding.uvarint(value) == unsigned(value)
    assert encoding.varint(value) == encoding.size_varint(value) == signed(value)


@pytest.mark.parametrize("value", [0, 1, 63, 64, 127, 128, 4095, 4096, 2**63 - 1])
def test_varints_where_their_length_changes(value: int) -> None:
    assert encoding.size_varint(value) == signed(value)


def test_there_is_no_varint_below_zero() -> None:
    with pytest.raises(ValueError, match="not negative"):
        encoding.uvarint(-1)


@given(changes, changes)
def test_a_commit_leaves_the_old_tree_as_it_was(
    first: dict[bytes, bytes | None], second: dict[bytes, bytes | None]
) -> None:
    before = {key: value for key, value in first.items() if value is not None}
    tree = build(before)
    after = commit(tree, second, known=before, version=2)
    assert dict(scan(tree, b"", None)) == before
    assert Auditor().root_of(tree, version=1) == root_hash(tree)
    merged = {key: value for key, value in {**before, **second}.items() if value is not None}
    assert dict(scan(after, b"", None)) == merged
    assert Auditor().root_of(after, version=2) == root_hash(after)


@given(st.dictionaries(keys, values, min_size=1), st.dictionaries(keys, st.none()))
def test_removing_what_is_not_there_changes_nothing(
    entries: dict[bytes, bytes], removals: dict[bytes, None]
) -> None:
    tree = build(entries)
    missing = {key: None for key in removals if key not in entries}
    assert commit(tree, missing, known=entries, version=2) is tree


def test_an_unchanged_value_written_again_changes_the_root() -> None:
    entries = {b"a": b"1", b"b": b"2"}
    tree = build(entries)
    again = commit(tree, {b"a": b"1"}, known=entries, version=2)
    assert again is not None
    assert root_hash(again) != root_hash(tree)
    assert dict(scan(again, b"", None)) == entries


@given(st.dictionaries(keys, values), st.dictionaries(keys, values))
def test_updates_commute_with_what_changes_the_shape(
    entries: dict[bytes, bytes], more: dict[bytes, bytes]
) -> None:
    """Why `commit` may leave all updates of existing keys to the end."""
    updates = dict.fromkeys(list(entries)[::2], b"updated")
    fresh = {key: value for key, value in more.items() if key not in entries}
    at_once = commit(build(entries), {**updates, **fresh}, known=entries, version=2)
    shaped = commit(build(entries), fresh, known=entries, version=2)
    known = {**entries, **fresh}
    in_turn = commit(shaped, updates, known=known, version=2)
    assert root_hash(at_once) == root_hash(in_turn)


@given(st.dictionaries(keys, values), keys)
def test_lookup_finds_what_is_there(entries: dict[bytes, bytes], key: bytes) -> None:
    tree = build(entries)
    assert lookup(tree, key) == entries.get(key)
    assert all(lookup(tree, each) == value for each, value in entries.items())


@given(changes, changes)
def test_made_is_every_new_node_children_first(
    first: dict[bytes, bytes | None], second: dict[bytes, bytes | None]
) -> None:
    before = {key: value for key, value in first.items() if value is not None}
    made: list[Node] = []
    tree = commit(build(before), second, known=before, version=2, made=made)
    seen = {id(node) for node in made}
    assert len(seen) == len(made)
    assert seen == {id(node) for node in nodes_of(tree) if version_of(node) == 2}
    order = {id(node): place for place, node in enumerate(made)}
    for node in made:
        if len(node) != 5:
            places = [order.get(id(child), -1) for child in (node[3], node[4])]
            assert max(places) < order[id(node)]


def nodes_of(tree: Tree) -> list[Node]:
    """Every node of the tree."""
    if tree is None:
        return []
    return [tree] if len(tree) == 5 else [tree, *nodes_of(tree[3]), *nodes_of(tree[4])]


def test_long_keys_are_hashed_as_any_other() -> None:
    entries = {b"k" * length: b"v" for length in (1, 127, 128, 340, 511, 512, 70_000)}
    tree = build(entries)
    assert tree is not None
    assert size_of(tree) == len(entries)
    assert Auditor().root_of(tree, version=1) == root_hash(tree)


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value
