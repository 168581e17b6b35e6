"""Each rule of a proof's form has a proof that it alone refuses: its hashes lead to the root."""

from __future__ import annotations

import dataclasses
from typing import Final

import pytest

from enclave.errors import Code, Refusal
from enclave.merkle.iavl_prefix import check_inner_prefix
from enclave.merkle.ics23 import calculate_root, verify_existence
from enclave.merkle.operations import apply_leaf, length_name, with_length
from enclave.merkle.specs import (
    IAVL_SPEC,
    TENDERMINT_SPEC,
    InnerSpec,
    Prefixes,
    ProofSpec,
)
from seedpact.ics23.v1 import proofs_pb2 as pb
from tests.enclave.merkle.trees import signed

H: Final = bytes(range(32))
"""A hash of something."""
PLAIN_SPEC: Final = dataclasses.replace(TENDERMINT_SPEC, prefixes=Prefixes.ANY)
"""The rules that hold for any tree."""
DEEP_SPEC: Final = dataclasses.replace(TENDERMINT_SPEC, min_depth=2, max_depth=3)
NO_LENGTH: Final = pb.LENGTH_OP_NO_PREFIX
NOT: Final = pb.HASH_OP_NO_HASH
SHA: Final = pb.HASH_OP_SHA256
IAVL_LEAF: Final = b"\x00\x02\x02"


def leaf(
    prefix: bytes = b"\x00",
    *,
    prehash_key: pb.HashOp = NOT,
    prehash_value: pb.HashOp = SHA,
    length: pb.LengthOp = pb.LENGTH_OP_VAR_PROTO,
) -> pb.LeafOp:
    return pb.LeafOp(
        hash=SHA,
        prehash_key=prehash_key,
        prehash_value=prehash_value,
        length=length,
        prefix=prefix,
    )


def inner(prefix: bytes, suffix: bytes = b"") -> pb.InnerOp:
    return pb.InnerOp(hash=SHA, prefix=prefix, suffix=suffix)


def node(height: int = 1, size: int = 2, version: int = 1, rest: bytes = b"\x20") -> pb.InnerOp:
    """An IAVL node, of which the child is the left one."""
    return inner(signed(height) + signed(size) + signed(version) + rest, b"\x20" + H)


STEP: Final = inner(b"\x01", H)

GOOD: Final = {
    "an IAVL leaf": (IAVL_SPEC, leaf(IAVL_LEAF), ()),
    "an IAVL node": (IAVL_SPEC, leaf(IAVL_LEAF), (node(),)),
    "an IAVL node over a right child": (
        IAVL_SPEC,
        leaf(IAVL_LEAF),
        (inner(b"\x02\x04\x02\x20" + H + b"\x20"),),
    ),
    "an IAVL node higher than it need be": (IAVL_SPEC, leaf(IAVL_LEAF), (node(4, 9, 2**40),)),
    "the longest IAVL varint": (IAVL_SPEC, leaf(b"\x00\x02" + signed(2**63 - 1)), ()),
    "a simple leaf": (TENDERMINT_SPEC, leaf(), ()),
    "a simple node": (TENDERMINT_SPEC, leaf(), (STEP, inner(b"\x01" + H))),
    "any tree": (PLAIN_SPEC, leaf(), (inner(b"\x02", H), inner(b"\x03" + H))),
    "the least depth": (DEEP_SPEC, leaf(), (STEP,) * 2),
    "the greatest depth": (DEEP_SPEC, leaf(), (STEP,) * 3),
    "the greatest depth of all": (TENDERMINT_SPEC, leaf(), (STEP,) * 128),
}

FORGED: Final = {
    # Of an IAVL leaf.
    "bytes after the version": (
        "an IAVL leaf's prefix that ends with its version",
        IAVL_SPEC,
        leaf(IAVL_LEAF + b"\x01"),
        (),
    ),
    "a leaf of another size": ("an IAVL leaf of size 1", IAVL_SPEC, leaf(b"\x00\x04\x02"), ()),
    "a leaf of some height": ("an IAVL leaf of height 0", IAVL_SPEC, leaf(b"\x02\x02\x02"), ()),
    "a leaf without a version": (
        "a prefix with an IAVL version, a varint of 64 bits",
        IAVL_SPEC,
        leaf(b"\x00\x02"),
        (),
    ),
    "a leaf of a negative version": (
        "an IAVL version of at least 0",
        IAVL_SPEC,
        leaf(b"\x00\x02" + signed(-1)),
        (),
    ),
    "a varint of 11 bytes": (
        "a prefix with an IAVL version, a varint of 64 bits",
        IAVL_SPEC,
        leaf(b"\x00\x02" + b"\x80" * 10 + b"\x00"),
        (),
    ),
    "a varint of 65 bits": (
        "a prefix with an IAVL version, a varint of 64 bits",
        IAVL_SPEC,
        leaf(b"\x00\x02" + b"\xff" * 9 + b"\x02"),
        (),
    ),
    # Of any leaf.
    "a hashed key": (
        "a key's hash HASH_OP_NO_HASH",
        TENDERMINT_SPEC,
        leaf(prehash_key=SHA),
        (),
    ),
    "a value as it is": (
        "a value's hash HASH_OP_SHA256",
        TENDERMINT_SPEC,
        leaf(prehash_value=NOT),
        (),
    ),
    "parts without their lengths": (
        "a leaf's LENGTH_OP_VAR_PROTO",
        TENDERMINT_SPEC,
        leaf(length=NO_LENGTH),
        (),
    ),
    "an inner node's prefix": (
        "a leaf's prefix that starts with 00",
        TENDERMINT_SPEC,
        leaf(b"\x01"),
        (),
    ),
    # Depth.
    "too shallow": ("at least 2 inner operations", DEEP_SPEC, leaf(), (STEP,)),
    "too deep": ("at most 3 inner operations", DEEP_SPEC, leaf(), (STEP,) * 4),
    "too deep for any tree": (
        "at most 128 inner operations",
        TENDERMINT_SPEC,
        leaf(),
        (STEP,) * 129,
    ),
    # Of an IAVL node.
    "a node no higher than its child": (
        "an IAVL height of at least 2",
        IAVL_SPEC,
        leaf(IAVL_LEAF),
        (node(), node(1)),
    ),
    "a node of negative size": (
        "an IAVL size of at least 0",
        IAVL_SPEC,
        leaf(IAVL_LEAF),
        (node(size=-1),),
    ),
    "a node of a negative version": (
        "an IAVL version of at least 0",
        IAVL_SPEC,
        leaf(IAVL_LEAF),
        (node(version=-1),),
    ),
    "nothing before the child": (
        "1 or 34 bytes after an IAVL node's version",
        IAVL_SPEC,
        leaf(IAVL_LEAF),
        (node(1, 2**20, 1, rest=b""),),
    ),
    "half a left child": (
        "1 or 34 bytes after an IAVL node's version",
        IAVL_SPEC,
        leaf(IAVL_LEAF),
        (node(rest=b"\x20" + H[:16] + b"\x20"),),
    ),
    # Of a simple node.
    "a node behind another byte": (
        "an inner prefix that starts with 01",
        TENDERMINT_SPEC,
        leaf(),
        (inner(b"\x02", H),),
    ),
    "a left and a right child": (
        "an inner prefix of 01 alone before a suffix",
        TENDERMINT_SPEC,
        leaf(),
        (inner(b"\x01" + H, H),),
    ),
    # Of any node.
    "a leaf's prefix": (
        "an inner prefix that is no leaf's",
        PLAIN_SPEC,
        leaf(),
        (inner(b"\x00", H),),
    ),
    "no prefix": ("an inner prefix of at least 1 bytes", PLAIN_SPEC, leaf(), (inner(b"", H),)),
    "a long prefix": (
        "an inner prefix of at most 33 bytes",
        TENDERMINT_SPEC,
        leaf(),
        (inner(b"\x01" + H + b"\x01"),),
    ),
    "long varints": (
        "an inner prefix of at most 45 bytes",
        IAVL_SPEC,
        leaf(IAVL_LEAF),
        (inner(signed(1) + signed(2**36) + signed(2**41) + b"\x20" + H + b"\x20"),),
    ),
    "a short suffix": (
        "a suffix of a multiple of 32 bytes",
        TENDERMINT_SPEC,
        leaf(),
        (inner(b"\x01", H[:31]),),
    ),
}

Case = tuple[ProofSpec, pb.LeafOp, tuple[pb.InnerOp, ...]]


def proof_of(op: pb.LeafOp, path: tuple[pb.InnerOp, ...]) -> pb.CommitmentProof:
    exist = pb.ExistenceProof(key=b"key", value=b"value", leaf=op, path=path)
    return pb.CommitmentProof(exist=exist)


def verify(spec: ProofSpec, op: pb.LeafOp, path: tuple[pb.InnerOp, ...]) -> None:
    """Against the root to which the operations lead."""
    proof = proof_of(op, path)
    root = calculate_root(proof.exist)
    verify_existence(proof, spec, root=root, key=b"key", value=b"value")


@pytest.mark.parametrize("name", GOOD)
def test_what_a_tree_can_have_is_verified(name: str) -> None:
    verify(*GOOD[name])


@pytest.mark.parametrize("name", FORGED)
def test_what_no_tree_has_is_refused(name: str) -> None:
    expected, spec, op, path = FORGED[name]
    with pytest.raises(Refusal) as refusal:
        verify(spec, op, path)
    assert refusal.value.code is Code.BAD_PROOF
    assert refusal.value.expected == expected


@pytest.mark.parametrize(("key", "value", "expected"), [(b"", b"v", "key"), (b"k", b"", "value")])
def test_nothing_is_proven_of_an_empty_key_or_value(
    key: bytes, value: bytes, expected: str
) -> None:
    """A spec without lengths would hash a key alone as a value alone."""
    with pytest.raises(Refusal, match=f"a leaf with a {expected}"):
        apply_leaf(leaf(length=NO_LENGTH), key=key, value=value)


@pytest.mark.parametrize("size", [32, 64])
def test_a_length_that_must_be_so_is_so(size: int) -> None:
    op = {32: pb.LENGTH_OP_REQUIRE_32_BYTES, 64: pb.LENGTH_OP_REQUIRE_64_BYTES}[size]
    assert with_length(op, bytes(size)) == bytes(size)
    for other in (0, size - 1, size + 1):
        with pytest.raises(Refusal, match=f"expected {size} bytes, as LENGTH_OP_REQUIRE_{size}"):
            with_length(op, bytes(other))


@pytest.mark.parametrize(
    ("size", "length"), [(0, "00"), (127, "7f"), (128, "8001"), (16_384, "808001")]
)
def test_a_length_is_a_varint(size: int, length: str) -> None:
    assert with_length(pb.LENGTH_OP_VAR_PROTO, bytes(size)) == bytes.fromhex(length) + bytes(size)


BYTE: Final = b"\x20"
TWO_TO_64: Final = b"\x80" * 9 + b"\x02"


@pytest.mark.parametrize("size", [b"\x00", b"\x02", b"\xfe" + b"\xff" * 8 + b"\x01"])
@pytest.mark.parametrize("version", [b"\x00", b"\x02"])
def test_an_inner_prefix_of_any_size_and_version(size: bytes, version: bytes) -> None:
    check_inner_prefix(b"\x02" + size + version + BYTE, layer=1)


@pytest.mark.parametrize(("size", "version"), [(b"\x01", b"\x00"), (b"\x00", b"\x01")])
def test_no_size_or_version_is_negative(size: bytes, version: bytes) -> None:
    with pytest.raises(Refusal, match="of at least 0"):
        check_inner_prefix(b"\x02" + size + version + BYTE, layer=1)


def test_a_varint_of_65_bits_is_none() -> None:
    with pytest.raises(Refusal, match="a varint of 64 bits"):
        check_inner_prefix(b"\x02" + TWO_TO_64 + b"\x00" + BYTE, layer=1)


def test_an_unknown_operation_is_refused_by_name_or_number() -> None:
    with pytest.raises(Refusal, match="LENGTH_OP_VAR_RLP"):
        with_length(pb.LENGTH_OP_VAR_RLP, b"data")
    op = pb.LeafOp.FromString(b"\x08\x63\x20\x63")  # hash 99, length 99
    assert length_name(op.length) == "length operation 99"
    with pytest.raises(Refusal, match="hash 99"):
        apply_leaf(pb.LeafOp(hash=op.hash), key=b"k", value=b"v")


def test_a_spec_that_cannot_tell_left_from_right_is_none() -> None:
    with pytest.raises(ValueError, match="a child has a size"):
        InnerSpec(hash=SHA, child_size=0, min_prefix_length=2, max_prefix_length=1)
    with pytest.raises(ValueError, match="longer than any without"):
        InnerSpec(hash=SHA, child_size=32, min_prefix_length=1, max_prefix_length=33)
    InnerSpec(hash=SHA, child_size=1, min_prefix_length=1, max_prefix_length=1)
    InnerSpec(hash=SHA, child_size=32, min_prefix_length=1, max_prefix_length=32)
