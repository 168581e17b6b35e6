"""Proofs from a key of a store up to the app hash, as ICS-23 has them.

Two levels, as the Cosmos SDK's multistore gives them: the key in its store's tree (`tree_proof`),
then the tree's root among the roots of all stores. What verifies them are any ICS-23 library with
iavlSpec and tendermintSpec, and `enclave.merkle.proof_ops`.

The app hash of version h stands in the header of block h + 1: `proving_height`. A proof of the
newest version can be checked one block later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chain_module.store.branch import unknown_store
from chain_module.store.errors import StoreCode, StoreFault
from chain_module.store.multistore import store_leaf
from chain_module.store.node import root_hash
from chain_module.store.tree_proof import leaf_op, tree_proof
from chain_module.store.version import Version
from enclave.merkle.simple_tree import INNER_PREFIX, LEAF_PREFIX, root_of_hashes
from seedpact.ics23.v1 import proofs_pb2 as pb

# github.com/cosmos/cosmos-sdk, store/types/proof.go.
IAVL_OP: Final = "ics23:iavl"
SIMPLE_OP: Final = "ics23:simple"


@dataclass(frozen=True, slots=True)
class Proven:
    """What a version has at a key, and the proof of it."""

    value: bytes | None
    """None: the key is absent, and that is proven."""
    ops: pb.ProofOps
    """ics23:iavl for the key, then ics23:simple for the store."""


def prove(version: Version, store: str, key: bytes) -> Proven:
    """What `version` has at a key of a store, with its proof under `version.app_hash`.

    Raises:
        StoreFault: UNKNOWN_STORE; BAD_KEY for an empty one; EMPTY_STORE, which proves nothing and
            which no version after the first commit has.
    """
    tree = version.store(store).tree
    if not key:
        raise StoreFault(StoreCode.BAD_KEY, expected="a key", found="an empty one")
    if tree is None:
        raise StoreFault(StoreCode.EMPTY_STORE, expected=f"a key in {store}", found="none")
    entry = tree_proof(tree, key)
    roots = {name: root_hash(each) for name, each in version.trees.items()}
    name, above = store.encode("ascii"), root_proof(roots, store)
    ops = pb.ProofOps()
    ops.ops.add(type=IAVL_OP, key=key, data=_encode(entry))
    ops.ops.add(type=SIMPLE_OP, key=name, data=_encode(above))
    return Proven(value=entry.exist.value if entry.HasField("exist") else None, ops=ops)


def root_proof(roots: Mapping[str, bytes], store: str) -> pb.CommitmentProof:
    """That the app hash over `roots` has this store's root, as it is: the leaf hashes it.

    Raises:
        StoreFault: UNKNOWN_STORE.
    """
    names = sorted(roots)
    if store not in roots:
        raise unknown_store(store, tuple(names))
    leaves = [store_leaf(name, roots[name]) for name in names]
    return pb.CommitmentProof(
        exist=pb.ExistenceProof(
            key=store.encode("ascii"),
            value=roots[store],
            leaf=leaf_op(LEAF_PREFIX),
            path=_simple_path(leaves, names.index(store)),
        )
    )


def proving_height(version: int) -> int:
    """The height of the header that has the app hash of a version."""
    return version + 1


def _simple_path(leaves: Sequence[bytes], index: int) -> list[pb.InnerOp]:
    """From a leaf of the simple tree to its root; the tree is split as RFC 6962 has it."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = leaves[:split], leaves[split:]
    if index < split:
        op = pb.InnerOp(hash=pb.HASH_OP_SHA256, prefix=INNER_PREFIX, suffix=root_of_hashes(right))
        return [*_simple_path(left, index), op]
    op = pb.InnerOp(hash=pb.HASH_OP_SHA256, prefix=INNER_PREFIX + root_of_hashes(left))
    return [*_simple_path(right, index - split), op]


def _encode(proof: pb.CommitmentProof) -> bytes:
    return proof.SerializeToString(deterministic=True)
