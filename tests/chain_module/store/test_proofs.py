"""Proofs of keys: those that Go gave, and what the enclave's own verifier says of ours."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_module.store.errors import StoreCode, StoreFault
from chain_module.store.proofs import Proven, prove, proving_height, root_proof
from chain_module.store.state import CommittedState
from chain_module.store.version import Version, no_version
from enclave.errors import Code, Refusal
from enclave.merkle.proof_ops import check_absence, check_value
from seedpact.ics23.v1 import proofs_pb2
from tests.chain_module.store.questions import blocks_of, run
from tests.vectors.make_state_proofs import OUTPUT, VERSIONS

MULTISTORES: Final = [
    pytest.param(each, id=str(each["seed"]))
    for each in json.loads(OUTPUT.read_text())["multistores"]
]
STORES: Final = ("bank", "registration", "z")
ANCHOR: Final = b"\x80"
"""A key that every store has from the first version on, among the others."""

keys = st.binary(min_size=1, max_size=2)
values = st.binary(min_size=1, max_size=3)
blocks = st.dictionaries(
    st.sampled_from(STORES), st.dictionaries(keys, st.none() | values, max_size=20)
)


@st.composite
def histories(draw: st.DrawFn) -> list[Version]:
    """A few versions of three stores, of which none is ever empty."""
    state = CommittedState(no_version(STORES, initial_version=draw(st.sampled_from((1, 5, 4096)))))
    versions = []
    for block in draw(st.lists(blocks, min_size=1, max_size=6)):
        changes: dict[str, dict[bytes, bytes | None]] = {
            name: dict(block.get(name, {})) for name in STORES
        }
        for each in changes.values():
            each[ANCHOR] = b"here"
        state.apply(state.prepare(changes))
        versions.append(state.newest)
    return versions


@pytest.mark.parametrize("vector", MULTISTORES)
def test_proofs_are_those_of_the_sdk(vector: dict[str, Any]) -> None:
    initial = vector["initial_version"]
    versions = run(
        blocks_of(vector["seed"], vector["stores"], versions=VERSIONS),
        vector["stores"],
        initial=initial,
    )
    found = set()
    for each in vector["proofs"]:
        version = versions[each["version"] - initial]
        proven = prove(version, each["store"], bytes.fromhex(each["key"]))
        assert sha256(proven.ops.SerializeToString()).hexdigest() == each["sha256"]
        found.add(proven.value is None)
    assert found == {True, False}


@given(versions=histories(), data=st.data())
def test_law_what_a_version_has_is_what_is_proven(
    versions: list[Version], data: st.DataObject
) -> None:
    """Of every kept version, also after later ones; of keys there, between, before and beyond."""
    version = data.draw(st.sampled_from(versions))
    store = data.draw(st.sampled_from(STORES))
    present = [key for key, _ in version.store(store).iterate()]
    for key in {*present, data.draw(keys), b"\0", b"\xff\xff\xff"}:
        proven = prove(version, store, key)
        assert proven.value == version.store(store).get(key)
        check(proven, version.app_hash, store, key)


@given(versions=histories(), data=st.data())
def test_law_nothing_else_is_proven(versions: list[Version], data: st.DataObject) -> None:
    version = data.draw(st.sampled_from(versions))
    store = data.draw(st.sampled_from(STORES))
    key = data.draw(keys | st.sampled_from([key for key, _ in version.store(store).iterate()]))
    proven = prove(version, store, key)
    others = {each.app_hash for each in versions} - {version.app_hash}
    for app_hash in (*others, bytes(32)):
        refused(proven, app_hash, store, key)
    for name in set(STORES) - {store}:
        refused(proven, version.app_hash, name, key)
    refused(proven, version.app_hash, store, key + b"\0")
    opposite = b"\1" if proven.value is None else None
    for value in (opposite, b"other"):
        refused(Proven(value, proven.ops), version.app_hash, store, key)


@given(names=st.sets(st.from_regex(r"[a-z]{1,9}", fullmatch=True), min_size=1, max_size=20))
def test_law_every_stores_root_is_proven_among_any_number_of_them(names: set[str]) -> None:
    state = CommittedState(no_version(tuple(names)))
    state.apply(state.prepare({name: {b"k": name.encode()} for name in names}))
    for name in names:
        proven = prove(state.newest, name, b"k")
        assert proven.value == name.encode()
        check(proven, state.newest.app_hash, name, b"k")


def test_the_root_of_a_store_is_proven_as_it_is() -> None:
    """Raw: the leaf hashes it. The height of a proof is that of the header with the app hash."""
    roots = {"a": b"\1" * 32, "b": b"\2" * 32}
    assert root_proof(roots, "b").exist.value == roots["b"]
    assert proving_height(7) == 8


@pytest.mark.parametrize(
    ("store", "key", "code"),
    [
        ("nothing", b"k", StoreCode.UNKNOWN_STORE),
        ("bank", b"", StoreCode.BAD_KEY),
        ("bank", b"k", StoreCode.EMPTY_STORE),
    ],
)
def test_what_cannot_be_proven_is_refused(store: str, key: bytes, code: StoreCode) -> None:
    with pytest.raises(StoreFault) as caught:
        prove(no_version(STORES), store, key)
    assert caught.value.code is code
    assert caught.value.expected
    assert caught.value.found


def test_a_root_among_others_that_lack_it_is_refused() -> None:
    with pytest.raises(StoreFault) as caught:
        root_proof({"a": bytes(32)}, "b")
    assert (caught.value.code, caught.value.expected) == (StoreCode.UNKNOWN_STORE, "one of a")


def check(proven: Proven, app_hash: bytes, store: str, key: bytes) -> None:
    """As the enclave reads it off the wire. Raises Refusal."""
    ops = proofs_pb2.ProofOps.FromString(proven.ops.SerializeToString())
    if proven.value is None:
        check_absence(ops, app_hash=app_hash, store=store, key=key)
    else:
        check_value(ops, app_hash=app_hash, store=store, key=key, value=proven.value)


def refused(proven: Proven, app_hash: bytes, store: str, key: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        check(proven, app_hash, store, key)
    assert caught.value.code is Code.BAD_PROOF
