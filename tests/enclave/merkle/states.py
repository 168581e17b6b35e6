"""States of some stores, made and proven by the chain's own code, and how refusals are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from chain_module.store.commit import commit
from chain_module.store.multistore import app_hash as app_hash_of
from chain_module.store.node import Tree, root_hash
from chain_module.store.proofs import root_proof
from chain_module.store.tree_proof import tree_proof
from enclave.errors import Code, Refusal
from enclave.merkle.proof_ops import IAVL_TYPE, SIMPLE_TYPE, check_absence, check_value
from enclave.wire import encode
from seedpact.ics23.v1 import proofs_pb2 as pb

STORE: Final = "registration"
OTHERS: Final = ("auth", "bank", "consensus")


class State:
    """A committed state of some stores."""

    def __init__(self, stores: dict[str, dict[bytes, bytes]], *, version: int = 7) -> None:
        self.stores = stores
        self.trees: dict[str, Tree] = {
            name: commit(None, table, known=(), version=version) for name, table in stores.items()
        }
        self.roots = {name: root_hash(tree) for name, tree in self.trees.items()}
        self.app_hash = app_hash_of(self.roots)

    def prove(self, key: bytes, *, store: str = STORE) -> pb.ProofOps:
        """As the chain answers, for a key that is there or not."""
        tree = self.trees[store]
        assert tree is not None
        ops = pb.ProofOps()
        ops.ops.add(type=IAVL_TYPE, key=key, data=encode(tree_proof(tree, key)))
        above = encode(root_proof(self.roots, store))
        ops.ops.add(type=SIMPLE_TYPE, key=store.encode(), data=above)
        return ops

    def check(self, ops: pb.ProofOps, key: bytes, *, store: str = STORE) -> None:
        """What the state has at `key`, against its own app hash."""
        value = self.stores[store].get(key)
        if value is None:
            check_absence(ops, app_hash=self.app_hash, store=store, key=key)
        else:
            check_value(ops, app_hash=self.app_hash, store=store, key=key, value=value)


def state_of(table: dict[bytes, bytes], *, version: int = 7) -> State:
    """A state whose other stores have a key each."""
    stores = {name: {b"key": name.encode()} for name in OTHERS}
    return State({**stores, STORE: table}, version=version)


TABLE: Final = {bytes([number]): b"value %d" % number for number in range(10, 130, 10)}
PRESENT: Final = b"\x32"
ABSENT: Final = b"\x33"
FIXED: Final = state_of(TABLE)


@contextmanager
def refused(expected: str | tuple[str, ...], *, code: Code = Code.BAD_PROOF) -> Iterator[None]:
    """By the rule that expected this."""
    with pytest.raises(Refusal) as refusal:
        yield
    assert refusal.value.code is code
    assert refusal.value.expected.startswith(expected), refusal.value


def over_stores(
    key: bytes, proof: pb.CommitmentProof, root: bytes, *, store: str = STORE
) -> tuple[pb.ProofOps, bytes]:
    """A proof for a store of this root, and the app hash of it alone."""
    roots = {store: root}
    ops = pb.ProofOps()
    ops.ops.add(type=IAVL_TYPE, key=key, data=encode(proof))
    ops.ops.add(type=SIMPLE_TYPE, key=store.encode(), data=encode(root_proof(roots, store)))
    return ops, app_hash_of(roots)
