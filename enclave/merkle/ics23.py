"""Verifies one ICS-23 proof against one root, as cosmos/ics23 does in Go from v0.11 on.

An existence proof says: the tree with this root holds this value under this key. An absence proof
is two existence proofs, of the leaves left and right of where the key would be, which must be
neighbours; at either end of the tree it is one, of the first or the last leaf.

Stricter than Go in one thing: the key that an absence proof names must be the one in question. Go
does not read it, so it could be any bytes, and one statement would have many proofs.
"""

from __future__ import annotations

from enclave.merkle.form import check_form
from enclave.merkle.neighbours import are_neighbours, is_leftmost, is_rightmost
from enclave.merkle.operations import apply_inner, apply_leaf, hash_or_data
from enclave.merkle.refusal import bad_proof
from enclave.merkle.specs import ProofSpec
from seedpact.ics23.v1 import proofs_pb2 as pb


def verify_existence(
    proof: pb.CommitmentProof, spec: ProofSpec, *, root: bytes, key: bytes, value: bytes
) -> None:
    """That the tree with this root holds `value` under `key`.

    Raises:
        Refusal: BAD_PROOF.
    """
    check_root(existence_root(proof, spec, key=key, value=value), root)


def verify_absence(proof: pb.CommitmentProof, spec: ProofSpec, *, root: bytes, key: bytes) -> None:
    """That the tree with this root has a leaf, and none with `key`. Raises Refusal, BAD_PROOF."""
    check_root(absence_root(proof, spec, key=key), root)


def existence_root(
    proof: pb.CommitmentProof, spec: ProofSpec, *, key: bytes, value: bytes
) -> bytes:
    """The root of a tree that holds `value` under `key` by it. Raises Refusal, BAD_PROOF."""
    if not proof.HasField("exist"):
        raise bad_proof("an existence proof", _kind(proof))
    exist = proof.exist
    if exist.key != key:
        raise bad_proof(f"a proof of the key {key.hex()}", exist.key.hex() or "none")
    if exist.value != value:
        raise bad_proof(
            f"a proof of the value of {len(value)} bytes that is in question",
            f"one of another value, of {len(exist.value)} bytes",
        )
    check_form(exist, spec)
    return calculate_root(exist)


def absence_root(proof: pb.CommitmentProof, spec: ProofSpec, *, key: bytes) -> bytes:
    """The root of a tree that lacks `key` by it. Raises Refusal, BAD_PROOF."""
    if not proof.HasField("nonexist"):
        raise bad_proof("an absence proof", _kind(proof))
    absence = proof.nonexist
    wanted = _compared(key, spec)
    if absence.key != wanted:
        raise bad_proof(f"an absence proof of the key {wanted.hex()}", absence.key.hex() or "none")
    left = absence.left if absence.HasField("left") else None
    right = absence.right if absence.HasField("right") else None
    found = _neighbours_root(left, right, spec)
    if right is not None and wanted >= _compared(right.key, spec):
        raise bad_proof(f"a right neighbour with a key above {key.hex()}", right.key.hex())
    if left is not None and wanted <= _compared(left.key, spec):
        raise bad_proof(f"a left neighbour with a key below {key.hex()}", left.key.hex())
    _check_nothing_between(left, right, spec)
    return found


def calculate_root(proof: pb.ExistenceProof) -> bytes:
    """The root to which the operations lead, whatever they are. Raises Refusal, BAD_PROOF."""
    if not proof.HasField("leaf"):
        raise bad_proof("a leaf operation", "none")
    result = apply_leaf(proof.leaf, key=proof.key, value=proof.value)
    for op in proof.path:
        result = apply_inner(op, result)
    return result


def check_root(found: bytes, root: bytes) -> None:
    """That a proof leads to the root in question. Raises Refusal, BAD_PROOF."""
    if found != root:
        raise bad_proof(f"a proof that leads to the root {root.hex()}", found.hex())


def _neighbours_root(
    left: pb.ExistenceProof | None, right: pb.ExistenceProof | None, spec: ProofSpec
) -> bytes:
    """The one root to which the neighbours lead, of which there is at least one."""
    roots: list[bytes] = []
    for neighbour in (left, right):
        if neighbour is not None:
            check_form(neighbour, spec)
            roots.append(calculate_root(neighbour))
    if not roots:
        raise bad_proof("a left or a right neighbour", "neither")
    if roots[0] != roots[-1]:
        raise bad_proof(f"neighbours in one tree, of root {roots[0].hex()}", roots[-1].hex())
    return roots[0]


def _check_nothing_between(
    left: pb.ExistenceProof | None, right: pb.ExistenceProof | None, spec: ProofSpec
) -> None:
    if left is not None and right is not None:
        if not are_neighbours(left.path, right.path, spec.inner):
            raise bad_proof("neighbours with no leaf between them", "two other leaves")
    elif right is not None and not is_leftmost(right.path, spec.inner):
        raise bad_proof("the tree's first leaf, as there is no left neighbour", "another leaf")
    elif left is not None and not is_rightmost(left.path, spec.inner):
        raise bad_proof("the tree's last leaf, as there is no right neighbour", "another leaf")


def _compared(key: bytes, spec: ProofSpec) -> bytes:
    """What the order of leaves is that of."""
    return hash_or_data(spec.leaf.prehash_key, key) if spec.hashed_keys_are_compared else key


def _kind(proof: pb.CommitmentProof) -> str:
    return {"exist": "an existence proof", "nonexist": "an absence proof"}.get(
        proof.WhichOneof("proof") or "", "neither kind of proof"
    )
