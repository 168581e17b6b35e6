"""Laws of proofs over trees of all three kinds: what a tree holds and lacks, and nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from enclave.errors import Code, Refusal
from enclave.merkle.ics23 import absence_root, verify_absence, verify_existence
from enclave.merkle.specs import IAVL_SPEC, TENDERMINT_SPEC, ProofSpec
from seedpact.ics23.v1 import proofs_pb2 as pb
from tests.enclave.merkle.published import SMT_SPEC
from tests.enclave.merkle.trees import Entry, Node, Proof, iavl, proofs, sha, simple, sparse


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """One kind of tree."""

    spec: ProofSpec
    build: Callable[[Sequence[Entry]], Node]
    compared: Callable[[bytes], bytes] = bytes
    """What the order of leaves is that of."""


KINDS: Final = {
    "iavl": Kind(IAVL_SPEC, iavl),
    "tendermint": Kind(TENDERMINT_SPEC, simple),
    "smt": Kind(SMT_SPEC, sparse, sha),
}
kinds = st.sampled_from(list(KINDS.values()))
keys = st.binary(min_size=1, max_size=4)
tables = st.dictionaries(keys, st.binary(min_size=1, max_size=4), min_size=1, max_size=24)


@dataclasses.dataclass(frozen=True, slots=True)
class Grown:
    """A tree and the proofs of its leaves, in order."""

    kind: Kind
    root: bytes
    proofs: list[Proof]

    def between(self, key: bytes) -> int:
        """The number of leaves before `key`."""
        compared = self.kind.compared
        return sum(compared(one.leaf.key) < compared(key) for one in self.proofs)

    def absence(self, key: bytes, left: int | None, right: int | None) -> pb.CommitmentProof:
        """That `key` is between these two leaves."""
        absent = pb.NonExistenceProof(key=self.kind.compared(key))
        if left is not None:
            absent.left.CopyFrom(self.proofs[left].message())
        if right is not None:
            absent.right.CopyFrom(self.proofs[right].message())
        return pb.CommitmentProof(nonexist=absent)

    def honest_absence(self, key: bytes) -> pb.CommitmentProof:
        """With the neighbours that `key` has."""
        at = self.between(key)
        return self.absence(key, at - 1 if at else None, at if at < len(self.proofs) else None)


def grow(kind: Kind, table: dict[bytes, bytes]) -> Grown:
    entries = sorted(table.items())
    tree = kind.build(entries)
    return Grown(kind, tree.hash, proofs(tree))


def existence(proof: Proof) -> pb.CommitmentProof:
    return pb.CommitmentProof(exist=proof.message())


@contextmanager
def refused(expected: str = "") -> Iterator[None]:
    """By the rule that expected this."""
    with pytest.raises(Refusal) as refusal:
        yield
    assert refusal.value.code is Code.BAD_PROOF
    assert expected in refusal.value.expected


@given(kinds, tables)
def test_whatever_a_tree_holds_is_proven(kind: Kind, table: dict[bytes, bytes]) -> None:
    """For every key, its own value under the tree's own root, and no other."""
    grown = grow(kind, table)
    assert len(grown.proofs) == len(table)
    for each in grown.proofs:
        key, value = each.leaf.key, table[each.leaf.key]
        proof = existence(each)
        verify_existence(proof, kind.spec, root=grown.root, key=key, value=value)
        for wrong in (
            {"root": sha(grown.root), "key": key, "value": value},
            {"root": grown.root[:31], "key": key, "value": value},
            {"root": grown.root, "key": key + b"\x00", "value": value},
            {"root": grown.root, "key": key, "value": value + b"\x00"},
            {"root": grown.root, "key": b"", "value": value},
            {"root": grown.root, "key": key, "value": b""},
        ):
            with refused():
                verify_existence(proof, kind.spec, **wrong)
        with refused("an absence proof"):
            verify_absence(proof, kind.spec, root=grown.root, key=key)


@given(kinds, tables, keys)
def test_whatever_a_tree_lacks_is_proven(kind: Kind, table: dict[bytes, bytes], key: bytes) -> None:
    """With the key's own neighbours, under the tree's own root; a key that it holds never is."""
    assume(key not in table)
    grown = grow(kind, table)
    proof = grown.honest_absence(key)
    verify_absence(proof, kind.spec, root=grown.root, key=key)
    with refused("root"):
        verify_absence(proof, kind.spec, root=sha(grown.root), key=key)
    with refused("an existence proof"):
        verify_existence(proof, kind.spec, root=grown.root, key=key, value=b"v")
    for held in table:
        with refused("of the key"):
            absence_root(proof, kind.spec, key=held)
        with refused("neighbour"):
            absence_root(grown.honest_absence(held), kind.spec, key=held)


@given(kinds, tables, keys)
def test_no_other_leaves_are_the_neighbours(
    kind: Kind, table: dict[bytes, bytes], key: bytes
) -> None:
    """Of all pairs of leaves, and of all single leaves, one proves that a key is absent."""
    grown = grow(kind, table)
    places = [None, *range(len(grown.proofs))]
    accepted = []
    for left in places:
        for right in places:
            try:
                absence_root(grown.absence(key, left, right), kind.spec, key=key)
            except Refusal:
                continue
            accepted.append((left, right))
    at = grown.between(key)
    honest = (at - 1 if at else None, at if at < len(grown.proofs) else None)
    assert accepted == ([] if key in table else [honest])


@given(kinds, tables, tables, keys)
def test_neighbours_of_two_trees_prove_nothing(
    kind: Kind, table: dict[bytes, bytes], other: dict[bytes, bytes], key: bytes
) -> None:
    """Neither under the one root nor under the other."""
    assume(key not in table)
    grown, strange = grow(kind, table), grow(kind, {**other, b"another": b"tree"})
    assume(0 < grown.between(key) < len(table) and grown.root != strange.root)
    at = strange.between(key)
    assume(at < len(strange.proofs))
    proof = grown.honest_absence(key)
    proof.nonexist.right.CopyFrom(strange.proofs[at].message())
    with refused("neighbours in one tree"):
        absence_root(proof, kind.spec, key=key)


TABLE: Final = {bytes([number]): b"v" for number in range(10, 90, 10)}
"""Eight leaves, three levels."""


def forged(left: int | None, right: int | None, key: bytes) -> pb.CommitmentProof:
    return grow(KINDS["iavl"], TABLE).absence(key, left, right)


@pytest.mark.parametrize(
    ("left", "right", "key", "expected"),
    [
        (None, None, b"\x0f", "a left or a right neighbour"),
        (3, 4, b"\x33", "a right neighbour with a key above 33"),
        (3, 4, b"\x32", "a right neighbour with a key above 32"),
        (3, 4, b"\x27", "a left neighbour with a key below 27"),
        (3, 4, b"\x28", "a left neighbour with a key below 28"),
        (3, 5, b"\x2f", "neighbours with no leaf between them"),
        (2, 4, b"\x2f", "neighbours with no leaf between them"),
        (0, 7, b"\x2f", "neighbours with no leaf between them"),
        (None, 1, b"\x0f", "the tree's first leaf"),
        (None, 4, b"\x0f", "the tree's first leaf"),
        (6, None, b"\x5f", "the tree's last leaf"),
        (3, None, b"\x5f", "the tree's last leaf"),
    ],
)
def test_the_rules_of_absence(
    left: int | None, right: int | None, key: bytes, expected: str
) -> None:
    with refused(expected):
        absence_root(forged(left, right, key), IAVL_SPEC, key=key)


@pytest.mark.parametrize(("left", "right", "key"), [(0, None, b"\x0b"), (None, 0, b"\x09")])
def test_a_neighbour_has_the_form_of_its_tree(
    left: int | None, right: int | None, key: bytes
) -> None:
    """Or a node on the way could pass for a leaf, and hide those below it."""
    proof = grow(KINDS["iavl"], {b"\x0a": b"v"}).absence(key, left, right)
    absence_root(proof, IAVL_SPEC, key=key)
    neighbour = proof.nonexist.right if left is None else proof.nonexist.left
    neighbour.leaf.prefix += b"\x00"
    with refused("an IAVL leaf's prefix that ends with its version"):
        absence_root(proof, IAVL_SPEC, key=key)


def test_an_absence_proof_names_its_key() -> None:
    """Go does not read it; then one statement would have many proofs."""
    proof = forged(3, 4, b"\x2a")
    verify_absence(proof, IAVL_SPEC, root=grow(KINDS["iavl"], TABLE).root, key=b"\x2a")
    with refused("an absence proof of the key 2b"):
        absence_root(proof, IAVL_SPEC, key=b"\x2b")


def test_a_proof_of_neither_kind_is_refused() -> None:
    nothing = pb.CommitmentProof()
    with refused("an existence proof"):
        verify_existence(nothing, IAVL_SPEC, root=bytes(32), key=b"k", value=b"v")
    with refused("an absence proof"):
        absence_root(nothing, IAVL_SPEC, key=b"k")
