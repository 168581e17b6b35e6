"""Proofs of the chain's own stores: true of one key, value, store and app hash alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_module.store.commit import commit
from chain_module.store.node import root_hash
from chain_module.store.proofs import root_proof
from chain_module.store.tree_proof import tree_proof
from enclave.errors import Code, Refusal
from enclave.merkle.ics23 import verify_existence
from enclave.merkle.proof_ops import check_absence, check_value
from enclave.merkle.specs import TENDERMINT_SPEC
from enclave.wire import encode, strict_decode
from seedpact.ics23.v1 import proofs_pb2 as pb
from tests.enclave.merkle.states import (
    ABSENT,
    FIXED,
    OTHERS,
    PRESENT,
    STORE,
    State,
    over_stores,
    refused,
    state_of,
)

MAX_OPS_BYTES: Final = 2**20

keys = st.binary(min_size=1, max_size=4)
entries = st.dictionaries(keys, st.binary(min_size=1, max_size=40), min_size=1, max_size=40)


@given(entries, keys)
def test_what_the_chain_proves_is_verified(table: dict[bytes, bytes], key: bytes) -> None:
    """Every key of a store, and any key that it lacks: before, between and after those it has."""
    state = state_of(table)
    for one in (*table, key, min(table)[:-1] or b"\x00", max(table) + b"\x00"):
        state.check(state.prove(one), one)


@given(entries, keys, st.data())
def test_nothing_else_is(table: dict[bytes, bytes], key: bytes, data: st.DataObject) -> None:
    """No proof is one of another key, value, store, version or state, nor of the contrary."""
    state, later = state_of(table), state_of(table, version=8)
    changed = state_of({**table, b"new": b"entry"})
    ops = state.prove(key)
    value = table.get(key, b"a value")
    other = data.draw(keys.filter(lambda one: one != key))
    other_store = data.draw(st.sampled_from(OTHERS))
    value_of = partial(check_value, ops, store=STORE, value=value)
    absence_of = partial(check_absence, ops, store=STORE)
    contrary = absence_of if key in table else value_of
    lies = (
        partial(value_of, app_hash=state.app_hash, key=key, value=value + b"\x00"),
        partial(value_of, app_hash=state.app_hash, key=other),
        partial(absence_of, app_hash=state.app_hash, key=other),
        partial(contrary, app_hash=state.app_hash, key=key),
        partial(value_of, app_hash=later.app_hash, key=key),
        partial(absence_of, app_hash=changed.app_hash, key=key),
        partial(state.check, mixed(ops, later.prove(key)), key),
        partial(state.check, mixed(later.prove(key), ops), key),
        partial(
            _check_in, state, mixed(ops, state.prove(b"key", store=other_store)), other_store, key
        ),
    )
    for lie in lies:
        with pytest.raises(Refusal) as refusal:
            lie()
        assert refusal.value.code is Code.BAD_PROOF


def mixed(first: pb.ProofOps, second: pb.ProofOps) -> pb.ProofOps:
    """The lower level of the one, the upper level of the other."""
    return pb.ProofOps(ops=[first.ops[0], second.ops[1]])


@pytest.mark.parametrize("key", [PRESENT, ABSENT, b"\x01", b"\xff"])
def test_no_byte_of_a_proof_can_be_changed(
    key: bytes, record_property: Callable[[str, object], None]
) -> None:
    """Neither of its fields nor of how they are encoded: there is one proof."""
    data = encode(FIXED.prove(key))
    FIXED.check(strict_decode(pb.ProofOps, data, max_bytes=MAX_OPS_BYTES), key)
    for place, byte in enumerate(data):
        for flipped in {byte ^ 1, byte ^ 0x80, 0, 0xFF} - {byte}:
            other = data[:place] + bytes([flipped]) + data[place + 1 :]
            with pytest.raises(Refusal):
                FIXED.check(strict_decode(pb.ProofOps, other, max_bytes=MAX_OPS_BYTES), key)
    record_property("count", f"proof of {key.hex()}: each of {len(data)} bytes changed, 0 passed")


@given(st.data())
def test_no_bytes_of_a_proof_can_be_changed_together(data: st.DataObject) -> None:
    """Any part of it replaced by other bytes, of the same length or another."""
    key = data.draw(st.sampled_from([PRESENT, ABSENT]))
    true = encode(FIXED.prove(key))
    start = data.draw(st.integers(0, len(true)))
    end = data.draw(st.integers(start, min(len(true), start + 40)))
    other = true[:start] + data.draw(st.binary(max_size=40)) + true[end:]
    if other == true:
        return
    with pytest.raises(Refusal):
        FIXED.check(strict_decode(pb.ProofOps, other, max_bytes=MAX_OPS_BYTES), key)


def test_no_store_passes_for_one_whose_name_ends_its_own() -> None:
    """Its leaf, read with a longer prefix, is that of the other name: ICS-23 lets that pass."""
    name = "a\x0c" + STORE
    table = {b"key": b"forged"}
    tree = commit(None, table, known=(), version=7)
    assert tree is not None
    root = root_hash(tree)
    ops, app_hash = over_stores(b"key", tree_proof(tree, b"key"), root, store=name)
    check_value(ops, app_hash=app_hash, store=name, key=b"key", value=b"forged")

    above = root_proof({name: root}, name)
    above.exist.key = STORE.encode()
    above.exist.leaf.prefix = b"\x00\x0ea"
    verify_existence(above, TENDERMINT_SPEC, root=app_hash, key=STORE.encode(), value=root)
    ops.ops[1].key, ops.ops[1].data = STORE.encode(), encode(above)
    with refused("a store's leaf behind 00 alone"):
        check_value(ops, app_hash=app_hash, store=STORE, key=b"key", value=b"forged")


def test_an_inner_node_never_passes_for_a_leaf() -> None:
    """Of a value that is chosen to look like one: its hash is not the value's."""
    left, right = b"\x11" * 32, b"\x22" * 32
    state = state_of({b"key": b"\x02\x04\x02\x20" + left + b"\x20" + right})
    ops = state.prove(b"key")
    state.check(ops, b"key")
    proof = pb.CommitmentProof.FromString(ops.ops[0].data)
    proof.exist.path.add(hash=pb.HASH_OP_SHA256, prefix=b"\x02\x04\x02\x20", suffix=b"\x20" + right)
    ops.ops[0].data = encode(proof)
    with refused("a proof of"):
        state.check(ops, b"key")


def _check_in(state: State, ops: pb.ProofOps, store: str, key: bytes) -> None:
    """What `STORE` has at a key, as if another store had it."""
    value = state.stores[STORE].get(key)
    if value is None:
        check_absence(ops, app_hash=state.app_hash, store=store, key=key)
    else:
        check_value(ops, app_hash=state.app_hash, store=store, key=key, value=value)
