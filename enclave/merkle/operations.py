"""Applies a proof's operations: key and value to a leaf's hash, a child's hash to its parent's.

As `Apply` in cosmos/ics23 (go/ops.go). SHA-256 is the only hash: it is what our trees use, and an
enclave needs no other. The rest of the protocol's hashes are refused by name. Nothing here asks
whether an operation is one that a tree would have: that is `form`.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final, Literal

from enclave.merkle.refusal import bad_proof
from enclave.wire import varint
from seedpact.ics23.v1 import proofs_pb2 as pb

_FIXED: Final[dict[int, tuple[int, Literal["big", "little"]]]] = {
    pb.LENGTH_OP_FIXED32_BIG: (4, "big"),
    pb.LENGTH_OP_FIXED32_LITTLE: (4, "little"),
    pb.LENGTH_OP_FIXED64_BIG: (8, "big"),
    pb.LENGTH_OP_FIXED64_LITTLE: (8, "little"),
}
_REQUIRED: Final = {pb.LENGTH_OP_REQUIRE_32_BYTES: 32, pb.LENGTH_OP_REQUIRE_64_BYTES: 64}


def apply_leaf(op: pb.LeafOp, *, key: bytes, value: bytes) -> bytes:
    """The leaf's hash, 32 bytes.

    Raises:
        Refusal: BAD_PROOF without a key or a value, or for an operation that is not known here.
    """
    if not key:
        raise bad_proof("a leaf with a key", "an empty key")
    if not value:
        # Whether a tree holds "" or nothing cannot be told apart everywhere: ICS-23 proves neither.
        raise bad_proof("a leaf with a value", "an empty value")
    parts = (
        op.prefix,
        with_length(op.length, hash_or_data(op.prehash_key, key)),
        with_length(op.length, hash_or_data(op.prehash_value, value)),
    )
    return hash_of(op.hash, b"".join(parts))


def apply_inner(op: pb.InnerOp, child: bytes) -> bytes:
    """The hash of the parent, 32 bytes. Raises Refusal, BAD_PROOF."""
    if not child:
        raise bad_proof("an inner operation with a child", "an empty child")
    return hash_of(op.hash, b"".join((op.prefix, child, op.suffix)))


def hash_of(op: pb.HashOp, data: bytes) -> bytes:
    """SHA-256, 32 bytes. Raises Refusal, BAD_PROOF, for any other hash."""
    if op != pb.HASH_OP_SHA256:
        raise bad_proof("the hash HASH_OP_SHA256", hash_name(op))
    return sha256(data).digest()


def hash_or_data(op: pb.HashOp, data: bytes) -> bytes:
    """`data` as it is for NO_HASH, else its hash. Raises Refusal, BAD_PROOF."""
    return data if op == pb.HASH_OP_NO_HASH else hash_of(op, data)


def with_length(op: pb.LengthOp, data: bytes) -> bytes:
    """`data` behind its length. Raises Refusal, BAD_PROOF."""
    size = len(data)
    if op == pb.LENGTH_OP_VAR_PROTO:
        return varint(size) + data
    if op == pb.LENGTH_OP_NO_PREFIX:
        return data
    if op in _FIXED:
        width, order = _FIXED[op]
        return size.to_bytes(width, order) + data
    if op not in _REQUIRED:
        raise bad_proof("a length operation that is known here", length_name(op))
    if size != _REQUIRED[op]:
        raise bad_proof(f"{_REQUIRED[op]} bytes, as {length_name(op)} wants", f"{size} bytes")
    return data


def hash_name(op: pb.HashOp) -> str:
    """For a refusal: open enums hold any number."""
    return pb.HashOp.Name(op) if op in pb.HashOp.values() else f"hash {op}"


def length_name(op: pb.LengthOp) -> str:
    """For a refusal."""
    known = op in pb.LengthOp.values()
    return pb.LengthOp.Name(op) if known else f"length operation {op}"
