"""Our verifier of ICS-23 and Go's give forged proofs the same verdict.

A forgery here is not a true proof with a wrong byte, which any hash refuses: its operations are put
together at random and its root is what they lead to, so that the rules of form, order and
neighbours alone decide. `--hypothesis-seed`, printed at the head of each run, chooses them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

import pytest
from hypothesis import settings

from enclave.errors import Refusal
from enclave.merkle.ics23 import absence_root, calculate_root, existence_root, verify_existence
from enclave.merkle.specs import IAVL_SPEC, TENDERMINT_SPEC
from seedpact.ics23.v1 import proofs_pb2 as pb
from tests.chain_module.store.operations import Draw
from tests.differential.proof_verifiers import Claim, Verifier
from tests.enclave.merkle.trees import Entry, iavl, proofs, sha, signed, simple, unsigned

STORE: Final = "registration"
H: Final = sha(b"a sibling")
KEYS: Final = (b"\x01", b"\x02", b"\x03", b"\x02\x00", b"")
VALUES: Final = (b"value", b"value", b"value", b"")
ODD: Final = 12
"""Percent of the choices that no honest tree makes."""

NEWER: Final = {
    "an IAVL leaf of size 1",
    "an inner prefix of 01 alone before a suffix",
    "an inner prefix that starts with 01",
}
"""Rules that Go has in its repository, commit 7f2c2d0, and not yet in v0.11.0."""

T = TypeVar("T")


@pytest.fixture(scope="module")
def go() -> Iterator[Verifier]:
    found = Verifier.go()
    yield found
    found.close()


@pytest.fixture
def draws(pytestconfig: pytest.Config) -> list[Draw]:
    """2,000 forgeries in the dev profile, 10,000 in ci, 400,000 in long."""
    first = int(pytestconfig.getoption("hypothesis_seed")) * 1_000_000
    return [Draw(first + number) for number in range(settings().max_examples * 20)]


def test_forged_proofs_of_a_value(
    go: Verifier, draws: list[Draw], record_property: Callable[[str, object], None]
) -> None:
    verdicts: Counter[str] = Counter()
    for draw in draws:
        exist = forged_iavl(draw, depth=draw.below(4))
        key, value = exist.key, exist.value
        if draw.chance(ODD):
            key, value = one_of(draw, KEYS), one_of(draw, VALUES)
        lower = pb.CommitmentProof(exist=exist)
        verdicts[compare(go, claim_of(lower, root_of(exist), key, value))] += 1
    assert min(verdicts["accepted"], verdicts["refused"]) > len(draws) // 20
    record_property("count", f"forged existence proofs, judged by Go and us: {dict(verdicts)}")


def test_forged_proofs_of_absence(
    go: Verifier, draws: list[Draw], record_property: Callable[[str, object], None]
) -> None:
    """Two paths that part somewhere, or one; in a tree of any shape that its hashes allow."""
    verdicts: Counter[str] = Counter()
    for draw in draws:
        absent = forged_absence(draw)
        some = absent.left if absent.HasField("left") else absent.right
        lower = pb.CommitmentProof(nonexist=absent)
        verdicts[compare(go, claim_of(lower, root_of(some), absent.key, None))] += 1
    assert min(verdicts["accepted"], verdicts["refused"]) > len(draws) // 20
    record_property("count", f"forged absence proofs, judged by Go and us: {dict(verdicts)}")


def test_forged_proofs_of_a_store(
    go: Verifier, draws: list[Draw], record_property: Callable[[str, object], None]
) -> None:
    verdicts: Counter[str] = Counter()
    tree = iavl([(b"key", b"value")])
    lower = pb.CommitmentProof(exist=proofs(tree)[0].message())
    for draw in draws:
        upper = forged_simple(draw, tree.hash, depth=draw.below(4))
        data = (lower.SerializeToString(), pb.CommitmentProof(exist=upper).SerializeToString())
        claim = Claim(root_of(upper), STORE, b"key", b"value", data)
        verdicts[compare(go, claim)] += 1
    assert min(verdicts["accepted"], verdicts["refused"]) > len(draws) // 20
    record_property("count", f"forged proofs of a store, judged by Go and us: {dict(verdicts)}")


def test_go_does_not_read_the_key_of_an_absence_proof(go: Verifier) -> None:
    """The one thing in which we are stricter on purpose: a statement has one proof."""
    table: list[Entry] = [(b"\x01", b"v"), (b"\x03", b"v")]
    tree = iavl(table)
    left, right = (one.message() for one in proofs(tree))
    absent = pb.NonExistenceProof(key=b"any bytes", left=left, right=right)
    claim = claim_of(pb.CommitmentProof(nonexist=absent), tree.hash, b"\x02", None)
    assert go.accepts(claim)
    refusal = refusal_of(claim)
    assert refusal is not None
    assert refusal.expected == "an absence proof of the key 02"
    absent.key = b"\x02"
    claim = claim_of(pb.CommitmentProof(nonexist=absent), tree.hash, b"\x02", None)
    assert go.accepts(claim)
    assert refusal_of(claim) is None


def compare(go: Verifier, claim: Claim) -> str:
    """Go's verdict, which is ours but for what its newest rules refuse."""
    accepted, refusal = go.accepts(claim), refusal_of(claim)
    if accepted and refusal is not None and refusal.expected in NEWER:
        return "refused by rules that v0.11.0 lacks"
    assert accepted == (refusal is None), (claim, refusal)
    return "accepted" if accepted else "refused"


def refusal_of(claim: Claim) -> Refusal | None:
    """Our verdict on both levels: none is a proof."""
    lower, upper = (pb.CommitmentProof.FromString(each) for each in claim.proofs)
    store = claim.store.encode()
    try:
        if claim.value is None:
            root = absence_root(lower, IAVL_SPEC, key=claim.key)
        else:
            root = existence_root(lower, IAVL_SPEC, key=claim.key, value=claim.value)
        verify_existence(upper, TENDERMINT_SPEC, root=claim.app_hash, key=store, value=root)
    except Refusal as refusal:
        return refusal
    return None


def claim_of(lower: pb.CommitmentProof, root: bytes, key: bytes, value: bytes | None) -> Claim:
    """Over a state of two stores, of which this is one."""
    tree = simple([(b"auth", H), (STORE.encode(), root)])
    upper = pb.CommitmentProof(exist=proofs(tree)[1].message())
    data = (lower.SerializeToString(), upper.SerializeToString())
    return Claim(tree.hash, STORE, key, value, data)


def root_of(proof: pb.ExistenceProof) -> bytes:
    """Where the operations lead, or anything where they lead nowhere."""
    try:
        return calculate_root(proof)
    except Refusal:
        return H


def one_of(draw: Draw, choices: Sequence[T]) -> T:
    return choices[draw.below(len(choices))]


def forged_iavl(draw: Draw, *, depth: int, key: bytes | None = None) -> pb.ExistenceProof:
    """A leaf with a path of this length, nearly honest."""
    prefix = b"\x00\x02" + varint(draw)
    if draw.chance(ODD):
        head = one_of(draw, (b"", b"\x00", b"\x02\x02", b"\x00\x04", b"\x01\x02"))
        prefix = head + varint(draw) + one_of(draw, (b"", b"", b"\x00", b"\x20"))
    return pb.ExistenceProof(
        key=one_of(draw, KEYS[:4]) if key is None else key,
        value=one_of(draw, VALUES),
        leaf=leaf_op(draw, prefix),
        path=[forged_step(draw, layer, one_of(draw, "<>")) for layer in range(1, depth + 1)],
    )


def leaf_op(draw: Draw, prefix: bytes) -> pb.LeafOp:
    op = pb.LeafOp(
        hash=pb.HASH_OP_SHA256,
        prehash_value=pb.HASH_OP_SHA256,
        length=pb.LENGTH_OP_VAR_PROTO,
        prefix=prefix,
    )
    if draw.chance(ODD):
        field = one_of(draw, ("hash", "prehash_key", "prehash_value", "length"))
        setattr(op, field, draw.below(9))
    return op


def forged_step(draw: Draw, layer: int, side: str, sibling: bytes = H) -> pb.InnerOp:
    """From the left child (<) or from the right one (>)."""
    height = layer + draw.below(3)
    if draw.chance(ODD):
        height = one_of(draw, (-1, 0, layer - 1, 70, 10**9))
    head = signed(height) + varint(draw) + varint(draw) + b"\x20"
    after = b"\x20" + sibling if side == "<" else b""
    if side == ">":
        head += sibling + b"\x20"
    if draw.chance(ODD):
        head += one_of(draw, (b"\x20", H, b"\x20" + H))
    if draw.chance(ODD):
        after += one_of(draw, (b"\x20", H, b"\x20" + H))
    return pb.InnerOp(hash=inner_hash(draw), prefix=head, suffix=after)


def varint(draw: Draw) -> bytes:
    """Of a size or a version; now and then of none."""
    if draw.chance(ODD // 3):
        long = (b"\x80" * 9 + b"\x01", b"\xfe" + b"\xff" * 8 + b"\x01", b"\xff" * 9 + b"\x02")
        return one_of(draw, (signed(-1), b"", b"\x80", b"\x84\x00", signed(2**62), *long))
    return signed(one_of(draw, (0, 1, 2, 70, 2**20)))


def forged_absence(draw: Draw) -> pb.NonExistenceProof:
    """Of one neighbour or two, mostly in their order and next to each other."""
    key = b"\x02"
    left_key, right_key = b"\x01", b"\x03"
    if draw.chance(ODD):
        left_key, right_key = one_of(draw, KEYS[:4]), one_of(draw, KEYS[:4])
    left = forged_iavl(draw, depth=0, key=left_key)
    right = forged_iavl(draw, depth=0, key=right_key)
    climb(draw, left, draw.below(3), ">")
    climb(draw, right, draw.below(3), "<")
    sides = draw.below(8)
    if sides < 4:
        join(draw, left, right)
        for layer in range(draw.below(3)):
            deepest = max(len(left.path), len(right.path))
            step = forged_step(draw, deepest + 1 + layer, one_of(draw, "<>"))
            left.path.append(step)
            right.path.append(step)
    absent = pb.NonExistenceProof(key=key)
    if sides != 4:
        absent.left.CopyFrom(left)
    if sides != 5:
        absent.right.CopyFrom(right)
    if sides == 7:
        absent.right.CopyFrom(left)
    return absent


def climb(draw: Draw, proof: pb.ExistenceProof, count: int, honest: str) -> None:
    """Along the end of a subtree; now and then away from it."""
    for layer in range(1, count + 1):
        side = one_of(draw, "<>") if draw.chance(ODD) else honest
        proof.path.append(forged_step(draw, layer, side))


def join(draw: Draw, left: pb.ExistenceProof, right: pb.ExistenceProof) -> None:
    """One node over both; now and then with the left on the right."""
    below_left, below_right = root_of(left), root_of(right)
    layer = max(len(left.path), len(right.path)) + 1
    head = signed(layer) + unsigned(draw.below(100)) + varint(draw) + b"\x20"
    if draw.chance(ODD // 2):
        left, right, below_left, below_right = right, left, below_right, below_left
    left.path.add(hash=pb.HASH_OP_SHA256, prefix=head, suffix=b"\x20" + below_right)
    right.path.add(hash=pb.HASH_OP_SHA256, prefix=head + below_left + b"\x20")


def forged_simple(draw: Draw, value: bytes, *, depth: int) -> pb.ExistenceProof:
    """A store's leaf with a path of this length, nearly honest."""
    prefix = one_of(draw, (b"", b"\x01", b"\x00\x02")) if draw.chance(ODD) else b"\x00"
    proof = pb.ExistenceProof(key=STORE.encode(), value=value, leaf=leaf_op(draw, prefix))
    for _ in range(depth):
        left = draw.chance(50)
        op = proof.path.add(
            hash=inner_hash(draw), prefix=b"\x01" if left else b"\x01" + H, suffix=H * left
        )
        if draw.chance(ODD):
            op.prefix = one_of(draw, (b"", b"\x00", b"\x02", b"\x01\x01", b"\x01" + H + b"\x01"))
        if draw.chance(ODD):
            op.suffix += one_of(draw, (b"\x01", H, H + H))
    return proof


def inner_hash(draw: Draw) -> pb.HashOp:
    """SHA-256, but for a few."""
    hashes = (pb.HASH_OP_NO_HASH, pb.HASH_OP_SHA512, pb.HASH_OP_SHA512_256)
    return one_of(draw, hashes) if draw.chance(ODD // 4) else pb.HASH_OP_SHA256
