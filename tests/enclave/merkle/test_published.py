"""Every published case of ICS-23 gets the verdict that it names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from enclave.errors import Refusal
from enclave.merkle.form import check_form, check_inner, check_leaf
from enclave.merkle.ics23 import calculate_root, verify_absence, verify_existence
from enclave.merkle.neighbours import left_is_empty, right_is_empty
from enclave.merkle.operations import apply_inner, apply_leaf, hash_of
from seedpact.ics23.v1 import proofs_pb2 as pb
from tests.enclave.merkle import published

PROOFS: Final = [
    pytest.param(kind, path, id=f"{kind}/{path.stem}")
    for kind in published.SPECS
    for path in sorted((published.FOLDER / kind).glob("*.json"))
]
COUNTS: Final = {
    "TestLeafOpData": 11,
    "TestInnerOpData": 4,
    "TestDoHashData": 7,
    "TestExistenceProofData": 6,
    "TestCheckLeafData": 10,
    "TestCheckAgainstSpecData": 11,
    "TestEmptyBranchData": 8,
}
"""What the README says of the tables."""

REFUSED_BY_NAME: Final = 7
"""Cases of other hashes than SHA-256, in two tables."""

GO_SAYS: Final = {
    "existence Proof needs defined LeafOp": "a leaf operation",
    "innerOps depth too short: 1": "at least 2 inner operations",
    "innerOps depth too long: 5": "at most 4 inner operations",
    "innerOps depth too long: 129": "at most 128 inner operations",
    "inner, unexpected HashOp: 0": "an inner hash HASH_OP_SHA256",
    "inner, unexpected HashOp: 2": "an inner hash HASH_OP_SHA256",
    "leaf, unexpected PrehashValue: 0": "a value's hash HASH_OP_SHA256",
    "inner, IAVL height (0) must be non-negative and greater than or equal to the layer number"
    " (3)": "an IAVL height of at least 3",
}
"""Go's texts, and what we then say was expected: the same rule refuses."""


def cases(name: str) -> list[object]:
    """The cases of a table of named ones."""
    return [pytest.param(case, id=title) for title, case in published.table(name).items()]


def outcome(call: Callable[[], bytes]) -> bytes | Refusal:
    """What `call` gives, or its refusal."""
    try:
        return call()
    except Refusal as refusal:
        return refusal


@pytest.mark.parametrize(("kind", "path"), PROOFS)
def test_a_published_proof_is_verified(kind: str, path: Path) -> None:
    case = {name: bytes.fromhex(text) for name, text in json.loads(path.read_text()).items()}
    proof, spec = pb.CommitmentProof.FromString(case["proof"]), published.SPECS[kind]
    key, root = case["key"], case["root"]
    assert proof.SerializeToString(deterministic=True) == case["proof"]
    assert path.stem.startswith("nonexist") == (not case["value"])
    if case["value"]:
        verify_existence(proof, spec, root=root, key=key, value=case["value"])
        assert calculate_root(proof.exist) == root
        with pytest.raises(Refusal):
            verify_absence(proof, spec, root=root, key=key)
    else:
        verify_absence(proof, spec, root=root, key=key)
        sides = [s for s in ("left", "right") if proof.nonexist.HasField(s)]
        assert all(calculate_root(getattr(proof.nonexist, side)) == root for side in sides)
        with pytest.raises(Refusal):
            verify_existence(proof, spec, root=root, key=key, value=b"a value")


def test_every_kind_has_its_six_proofs() -> None:
    assert len(PROOFS) == 6 * len(published.SPECS)


@pytest.mark.parametrize("name", COUNTS)
def test_no_case_is_missing(name: str) -> None:
    assert len(published.table(name)) == COUNTS[name]
    assert set(COUNTS) == {path.stem for path in published.FOLDER.glob("*.json")}


@pytest.mark.parametrize("case", cases("TestLeafOpData"))
def test_a_leaf_operation(case: published.Case) -> None:
    op, key, value = (
        published.leaf_op(case["Op"]),
        published.decoded(case["Key"]),
        published.decoded(case["Value"]),
    )
    found = outcome(lambda: apply_leaf(op, key=key, value=value))
    if op.hash != pb.HASH_OP_SHA256:
        assert_refused_by_name(found, op.hash)
    elif case["IsErr"]:
        assert isinstance(found, Refusal)
    else:
        assert found == published.decoded(case["Expected"])


@pytest.mark.parametrize("case", cases("TestInnerOpData"))
def test_an_inner_operation(case: published.Case) -> None:
    op, child = published.inner_op(case["Op"]), published.decoded(case["Child"])
    found = outcome(lambda: apply_inner(op, child))
    if case["IsErr"]:
        assert isinstance(found, Refusal)
    else:
        assert found == published.decoded(case["Expected"])


@pytest.mark.parametrize("case", cases("TestDoHashData"))
def test_a_hash(case: published.Case) -> None:
    preimage = (case.get("Preimage") or case["PreImage"]).encode()
    found = outcome(lambda: hash_of(case["HashOp"], preimage))
    if case["HashOp"] == pb.HASH_OP_SHA256:
        assert found == bytes.fromhex(case["ExpectedHash"])
    else:
        assert_refused_by_name(found, case["HashOp"])


def test_the_cases_of_other_hashes_are_counted(
    record_property: Callable[[str, object], None],
) -> None:
    asked = [case["HashOp"] for case in published.table("TestDoHashData").values()]
    for case in published.table("TestLeafOpData").values():
        op = published.leaf_op(case["Op"])
        asked += {op.hash, op.prehash_key, op.prehash_value} - {pb.HASH_OP_NO_HASH}
    for case in published.table("TestInnerOpData").values():
        asked.append(case["Op"]["hash"])
    for case in published.table("TestExistenceProofData").values():
        proof = published.existence_proof(case["Proof"])
        asked += {proof.leaf.hash, *(op.hash for op in proof.path)} - {pb.HASH_OP_NO_HASH}
    refused = [op for op in asked if op != pb.HASH_OP_SHA256]
    assert len(refused) == REFUSED_BY_NAME
    total = sum(COUNTS.values()) + len(PROOFS)
    record_property(
        "count",
        f"ics23: {total} published cases, of which {len(refused)} ask for another hash than "
        "SHA-256 and are refused by its name",
    )


@pytest.mark.parametrize("case", cases("TestExistenceProofData"))
def test_the_root_of_a_proof(case: published.Case) -> None:
    proof = published.existence_proof(case["Proof"])
    found = outcome(lambda: calculate_root(proof))
    if case["IsErr"]:
        assert isinstance(found, Refusal)
    else:
        assert found == published.decoded(case["Expected"])


@pytest.mark.parametrize("case", cases("TestCheckLeafData"))
def test_a_leaf_against_its_spec(case: published.Case) -> None:
    op, spec = published.leaf_op(case["Leaf"]), published.leaf_spec(case["Spec"])
    if case["IsErr"]:
        with pytest.raises(Refusal):
            check_leaf(op, spec)
    else:
        check_leaf(op, spec)


@pytest.mark.parametrize("case", cases("TestCheckAgainstSpecData"))
def test_a_proof_against_its_spec(case: published.Case) -> None:
    """The rule that refuses is the one that refuses in Go."""
    proof, spec = published.existence_proof(case["Proof"]), published.proof_spec(case["Spec"])
    if case["Err"]:
        with pytest.raises(Refusal) as refusal:
            check_form(proof, spec)
        assert refusal.value.expected == GO_SAYS[case["Err"]]
    else:
        check_form(proof, spec)


@pytest.mark.parametrize("case", published.table("TestEmptyBranchData"))
def test_the_placeholder_of_no_child(case: published.Case) -> None:
    op, spec = published.inner_op(case["Op"]), published.proof_spec(case["Spec"])
    check_inner(op, spec, layer=1)
    assert left_is_empty(op, spec.inner) == case["IsLeft"]
    assert right_is_empty(op, spec.inner) == case["IsRight"]


def assert_refused_by_name(found: bytes | Refusal, op: pb.HashOp) -> None:
    assert isinstance(found, Refusal)
    assert found.expected == "the hash HASH_OP_SHA256"
    assert found.found == pb.HashOp.Name(op)
