"""Two levels in their order, and sizes that are bounded before anything is parsed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

import pytest

from enclave.errors import Code, Refusal
from enclave.merkle.ics23 import calculate_root
from enclave.merkle.proof_ops import MAX_KEY_BYTES, MAX_VALUE_BYTES, check_absence, check_value
from enclave.merkle.specs import DEFAULT_MAX_DEPTH, IAVL_SPEC
from enclave.wire import encode
from seedpact.ics23.v1 import proofs_pb2 as pb
from tests.enclave.merkle import trees
from tests.enclave.merkle.states import (
    ABSENT,
    FIXED,
    PRESENT,
    STORE,
    over_stores,
    refused,
    state_of,
)

Change = Callable[[list[pb.ProofOp]], Sequence[pb.ProofOp]]

MISARRANGED: Final[dict[str, tuple[Change, str | tuple[str, str]]]] = {
    "none": (lambda _: [], "2 proof operations"),
    "the lower level alone": (lambda ops: ops[:1], "2 proof operations"),
    "the upper level alone": (lambda ops: ops[1:], "2 proof operations"),
    "one level more": (lambda ops: [*ops, ops[1]], "2 proof operations"),
    "the lower level twice": (lambda ops: [ops[0], ops[0]], "ics23:iavl then ics23:simple"),
    "upside down": (lambda ops: ops[::-1], "ics23:iavl then ics23:simple"),
    "another lower type": (
        lambda ops: [typed(ops[0], "ics23:smt"), ops[1]],
        "ics23:iavl then ics23:simple",
    ),
    "another upper type": (
        lambda ops: [ops[0], typed(ops[1], "simple:v")],
        "ics23:iavl then ics23:simple",
    ),
    "no types": (
        lambda ops: [typed(ops[0], ""), typed(ops[1], "")],
        "ics23:iavl then ics23:simple",
    ),
    "another key named": (lambda ops: [keyed(ops[0], b"k"), ops[1]], "an operation with the key"),
    "no key named": (lambda ops: [keyed(ops[0], b""), ops[1]], "an operation with the key"),
    "another store named": (
        lambda ops: [ops[0], keyed(ops[1], b"bank")],
        "an operation with the store registration",
    ),
    "the upper proof below": (
        lambda ops: [filled(ops[0], ops[1].data), ops[1]],
        ("a proof of the key", "an absence proof"),
    ),
    "the lower proof above": (
        lambda ops: [ops[0], filled(ops[1], ops[0].data)],
        "a store's leaf behind 00 alone",
    ),
    "no proof below": (
        lambda ops: [filled(ops[0], b""), ops[1]],
        ("an existence proof", "an absence proof"),
    ),
    "no proof above": (
        lambda ops: [ops[0], filled(ops[1], b"")],
        "a store's leaf behind 00 alone",
    ),
    "nonsense below": (
        lambda ops: [filled(ops[0], b"\x0a\x05"), ops[1]],
        "an encoded seedpact.ics23.v1.CommitmentProof",
    ),
    "nonsense above": (
        lambda ops: [ops[0], filled(ops[1], b"\x0a\x05")],
        "an encoded seedpact.ics23.v1.CommitmentProof",
    ),
    "an unknown field below": (
        lambda ops: [filled(ops[0], ops[0].data + b"\x1a\x00"), ops[1]],
        "the deterministic encoding",
    ),
    "an unknown field above": (
        lambda ops: [ops[0], filled(ops[1], ops[1].data + b"\x1a\x00")],
        "the deterministic encoding",
    ),
}


def typed(op: pb.ProofOp, kind: str) -> pb.ProofOp:
    return pb.ProofOp(type=kind, key=op.key, data=op.data)


def keyed(op: pb.ProofOp, key: bytes) -> pb.ProofOp:
    return pb.ProofOp(type=op.type, key=key, data=op.data)


def filled(op: pb.ProofOp, data: bytes) -> pb.ProofOp:
    return pb.ProofOp(type=op.type, key=op.key, data=data)


@pytest.mark.parametrize("key", [PRESENT, ABSENT])
@pytest.mark.parametrize("name", MISARRANGED)
def test_the_levels_are_two_and_in_order(name: str, key: bytes) -> None:
    change, expected = MISARRANGED[name]
    ops = pb.ProofOps(ops=change(list(FIXED.prove(key).ops)))
    with refused(expected):
        FIXED.check(ops, key)


def test_a_store_is_proven_to_be_there() -> None:
    """An absence proof over the stores says nothing about this one."""
    ops = FIXED.prove(PRESENT)
    exist = pb.CommitmentProof.FromString(ops.ops[1].data).exist
    absent = pb.NonExistenceProof(key=STORE.encode(), left=exist)
    ops.ops[1].data = encode(pb.CommitmentProof(nonexist=absent))
    with refused("a store's leaf behind 00 alone"):
        FIXED.check(ops, PRESENT)


def proof_of_size(key: bytes, value: bytes) -> tuple[pb.ProofOps, bytes]:
    """A store of this one key, and the app hash."""
    state = state_of({key: value})
    return state.prove(key), state.app_hash


def test_the_largest_key_and_value_are_proven() -> None:
    key, value = b"k" * MAX_KEY_BYTES, b"v" * MAX_VALUE_BYTES
    ops, app_hash = proof_of_size(key, value)
    check_value(ops, app_hash=app_hash, store=STORE, key=key, value=value)


def test_a_larger_key_or_value_is_refused() -> None:
    key, value = b"k" * (MAX_KEY_BYTES + 1), b"v" * (MAX_VALUE_BYTES + 1)
    ops, app_hash = proof_of_size(key, b"v")
    with refused("a key of at most 256 bytes", code=Code.TOO_LARGE):
        check_value(ops, app_hash=app_hash, store=STORE, key=key, value=b"v")
    with refused("a key of at most 256 bytes", code=Code.TOO_LARGE):
        check_absence(ops, app_hash=app_hash, store=STORE, key=key)
    ops, app_hash = proof_of_size(b"k", value)
    with refused("a value of at most 131072 bytes", code=Code.TOO_LARGE):
        check_value(ops, app_hash=app_hash, store=STORE, key=b"k", value=value)


def test_the_largest_neighbours_with_the_deepest_paths_are_read() -> None:
    """No proof that fits the spec is refused for its size, whatever its neighbours hold."""
    left, right = (
        pb.ExistenceProof(
            key=bytes([at]) * MAX_KEY_BYTES,
            value=bytes([at]) * MAX_VALUE_BYTES,
            leaf=pb.LeafOp(
                hash=pb.HASH_OP_SHA256,
                prehash_value=pb.HASH_OP_SHA256,
                length=pb.LENGTH_OP_VAR_PROTO,
                prefix=b"\x00\x02" + trees.signed(2**62),
            ),
        )
        for at in (1, 3)
    )
    head = trees.signed(128) + trees.signed(2**25) + trees.signed(2**33) + b"\x20"
    assert len(head) == IAVL_SPEC.inner.max_prefix_length
    up_from_left = pb.InnerOp(hash=pb.HASH_OP_SHA256, prefix=head, suffix=b"\x20" + bytes(32))
    up_from_right = pb.InnerOp(hash=pb.HASH_OP_SHA256, prefix=head + bytes(32) + b"\x20")
    left.path.extend([up_from_right] * (DEFAULT_MAX_DEPTH - 1))
    right.path.extend([up_from_left] * (DEFAULT_MAX_DEPTH - 1))
    below_left, below_right = calculate_root(left), calculate_root(right)
    left.path.add(hash=pb.HASH_OP_SHA256, prefix=head, suffix=b"\x20" + below_right)
    right.path.add(hash=pb.HASH_OP_SHA256, prefix=head + below_left + b"\x20")

    key = b"\x02" * MAX_KEY_BYTES
    absent = pb.NonExistenceProof(key=key, left=left, right=right)
    ops, app_hash = over_stores(key, pb.CommitmentProof(nonexist=absent), calculate_root(left))
    check_absence(ops, app_hash=app_hash, store=STORE, key=key)
    ops, app_hash = over_stores(left.key, pb.CommitmentProof(exist=left), calculate_root(left))
    check_value(ops, app_hash=app_hash, store=STORE, key=left.key, value=left.value)


def test_nor_is_one_of_the_most_bytes() -> None:
    """Its fields are counted up to the last byte that it may have."""
    ops = FIXED.prove(ABSENT)
    ops.ops[0].data = bytes(2**20)
    with pytest.raises(Refusal) as caught:
        FIXED.check(ops, ABSENT)
    (most,) = re.findall(r"at most (\d+) bytes", caught.value.expected)
    ops.ops[0].data = b"\x08\x01" * (int(most) // 2) + b"\x08" * (int(most) % 2)
    assert len(ops.ops[0].data) == int(most)
    with refused("a request of at most 1056 fields", code=Code.TOO_LARGE):
        FIXED.check(ops, ABSENT)


@pytest.mark.parametrize("key", [PRESENT, ABSENT])
def test_a_proof_of_too_many_bytes_is_not_parsed(key: bytes) -> None:
    ops = FIXED.prove(key)
    ops.ops[0].data = bytes(2**20)
    with refused("seedpact.ics23.v1.CommitmentProof of at most", code=Code.TOO_LARGE):
        FIXED.check(ops, key)
    ops = FIXED.prove(key)
    ops.ops[1].data = bytes(2**20)
    with refused("seedpact.ics23.v1.CommitmentProof of at most", code=Code.TOO_LARGE):
        FIXED.check(ops, key)


def test_an_absence_proof_of_too_many_fields_is_not_parsed() -> None:
    """2 bytes each of them, and 100 times that in memory."""
    ops = FIXED.prove(ABSENT)
    neighbour = b"\x22\x00" * 2000
    length = trees.unsigned(len(neighbour))
    absent = b"\x12" + length + neighbour
    ops.ops[0].data = b"\x12" + trees.unsigned(len(absent)) + absent
    with refused("a request of at most 1056 fields", code=Code.TOO_LARGE):
        FIXED.check(ops, ABSENT)
