"""Whether a proof has its tree's form: `CheckAgainstSpec` of cosmos/ics23 (go/ops.go, proof.go).

Each function is one rule or the list of them, in Go's order. Nothing is hashed here, and the number
of operations is bounded before any of them is read.
"""

from __future__ import annotations

from typing import Final

from enclave.merkle.iavl_prefix import check_inner_prefix, check_leaf_prefix
from enclave.merkle.operations import hash_name, length_name
from enclave.merkle.refusal import bad_proof
from enclave.merkle.specs import LeafSpec, Prefixes, ProofSpec
from seedpact.ics23.v1 import proofs_pb2 as pb

_SIMPLE_INNER_PREFIX: Final = b"\x01"


def check_form(proof: pb.ExistenceProof, spec: ProofSpec) -> None:
    """Leaf, depth, and each inner operation, from the leaf to the root.

    Raises:
        Refusal: BAD_PROOF.
    """
    if not proof.HasField("leaf"):
        raise bad_proof("a leaf operation", "none")
    if spec.prefixes is Prefixes.IAVL:
        check_leaf_prefix(proof.leaf.prefix)
    check_leaf(proof.leaf, spec.leaf)
    depth = len(proof.path)
    if depth < spec.min_depth:
        raise bad_proof(f"at least {spec.min_depth} inner operations", f"{depth}")
    if depth > spec.max_depth:
        raise bad_proof(f"at most {spec.max_depth} inner operations", f"{depth}")
    for layer, op in enumerate(proof.path, start=1):
        check_inner(op, spec, layer=layer)


def check_leaf(op: pb.LeafOp, spec: LeafSpec) -> None:
    """How a leaf is hashed, and what it begins with. Raises Refusal, BAD_PROOF."""
    if op.hash != spec.hash:
        raise bad_proof(f"a leaf's hash {hash_name(spec.hash)}", hash_name(op.hash))
    if op.prehash_key != spec.prehash_key:
        raise bad_proof(f"a key's hash {hash_name(spec.prehash_key)}", hash_name(op.prehash_key))
    if op.prehash_value != spec.prehash_value:
        raise bad_proof(
            f"a value's hash {hash_name(spec.prehash_value)}", hash_name(op.prehash_value)
        )
    if op.length != spec.length:
        raise bad_proof(f"a leaf's {length_name(spec.length)}", length_name(op.length))
    if not op.prefix.startswith(spec.prefix):
        raise bad_proof(f"a leaf's prefix that starts with {spec.prefix.hex()}", op.prefix.hex())


def check_inner(op: pb.InnerOp, spec: ProofSpec, *, layer: int) -> None:
    """One step up the tree; `layer` counts from 1 above the leaf. Raises Refusal, BAD_PROOF."""
    inner, prefix, suffix = spec.inner, op.prefix, op.suffix
    if op.hash != inner.hash:
        raise bad_proof(f"an inner hash {hash_name(inner.hash)}", hash_name(op.hash))
    if spec.prefixes is Prefixes.IAVL:
        check_inner_prefix(prefix, layer=layer)
    elif spec.prefixes is Prefixes.TENDERMINT:
        _check_simple_prefix(prefix, suffix)
    if prefix.startswith(spec.leaf.prefix):
        raise bad_proof("an inner prefix that is no leaf's", prefix.hex())
    if len(prefix) < inner.min_prefix_length:
        raise bad_proof(
            f"an inner prefix of at least {inner.min_prefix_length} bytes", f"{len(prefix)}"
        )
    most = inner.max_prefix_length + inner.child_size
    if len(prefix) > most:
        raise bad_proof(f"an inner prefix of at most {most} bytes", f"{len(prefix)}")
    if len(suffix) % inner.child_size:
        raise bad_proof(
            f"a suffix of a multiple of {inner.child_size} bytes", f"{len(suffix)} bytes"
        )


def _check_simple_prefix(prefix: bytes, suffix: bytes) -> None:
    """0x01, alone where the right child lies in the suffix (Go: validateTendermintOps)."""
    if not prefix.startswith(_SIMPLE_INNER_PREFIX):
        raise bad_proof("an inner prefix that starts with 01", prefix.hex() or "an empty prefix")
    if suffix and prefix != _SIMPLE_INNER_PREFIX:
        raise bad_proof("an inner prefix of 01 alone before a suffix", prefix.hex())
