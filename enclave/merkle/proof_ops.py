"""That a store of the chain holds a value, or lacks a key, under a header's app hash.

protocol.md section 8, step 2: an IAVL proof from the key to the store's root, then one of the
simple tree from the store's name and root to the app hash; key, value and name compared exactly;
any other number, order or type of operations is an error. The wire form is
tendermint.crypto.ProofOps as the Cosmos SDK answers it: `ics23:iavl` (key: the raw key), then
`ics23:simple` (key: the store's name), each with an encoded CommitmentProof. Which header's app
hash, and whether that header is to be trusted, the light client decides.

Everything is bounded before it is decoded, and one statement by one path has one proof: no byte of
it can be changed.
"""

from __future__ import annotations

from typing import Final

from enclave.errors import Code, Refusal
from enclave.merkle.ics23 import absence_root, existence_root, verify_existence
from enclave.merkle.refusal import bad_proof
from enclave.merkle.specs import DEFAULT_MAX_DEPTH, IAVL_SPEC, TENDERMINT_SPEC
from enclave.wire import check_fields, strict_decode
from seedpact.ics23.v1 import proofs_pb2 as pb

IAVL_TYPE: Final = "ics23:iavl"
SIMPLE_TYPE: Final = "ics23:simple"
TYPES: Final = (IAVL_TYPE, SIMPLE_TYPE)
"""From the key to the app hash."""

# protocol.md section 8 wants sizes checked first; it names none. The longest key of our stores has
# fewer than 64 bytes; the largest values are collateral (65,536 bytes and a few) and the genesis
# quote with its own.
MAX_KEY_BYTES: Final = 256
MAX_VALUE_BYTES: Final = 128 * 1024

_MAX_PATH_BYTES: Final = DEFAULT_MAX_DEPTH * 96
"""An inner operation has 45 bytes of prefix, or 12 and 33 of suffix, and at most 8 of tags."""
_REST_BYTES: Final = 256
"""Leaf operation, tags and lengths."""
_MAX_ABSENCE_BYTES: Final = (
    2 * (MAX_KEY_BYTES + MAX_VALUE_BYTES + _MAX_PATH_BYTES + _REST_BYTES) + MAX_KEY_BYTES
)
_MAX_ABSENCE_FIELDS: Final = 2 * (4 * DEFAULT_MAX_DEPTH + 16)
"""Four for each inner operation."""


def check_value(ops: pb.ProofOps, *, app_hash: bytes, store: str, key: bytes, value: bytes) -> None:
    """That `store` holds `value` under `key`, in the state of `app_hash`.

    Args:
        ops: decoded strictly by the caller, as a part of the request.
        app_hash: 32 bytes, of a header that is trusted.
        store: ASCII.
        key: 1 to `MAX_KEY_BYTES`.
        value: 1 to `MAX_VALUE_BYTES`.

    Raises:
        Refusal: TOO_LARGE above these sizes; else BAD_PROOF.
    """
    _check_size("a key", key, MAX_KEY_BYTES)
    _check_size("a value", value, MAX_VALUE_BYTES)
    lower, upper = _two_levels(ops, store=store, key=key)
    most = len(key) + len(value) + _MAX_PATH_BYTES + _REST_BYTES
    root = existence_root(_decode(lower, most), IAVL_SPEC, key=key, value=value)
    _check_store(upper, app_hash=app_hash, store=store, root=root)


def check_absence(ops: pb.ProofOps, *, app_hash: bytes, store: str, key: bytes) -> None:
    """That `store` holds nothing under `key`, in the state of `app_hash`.

    A store without any key has no such proof: ICS-23 has none for it.

    Args:
        ops: decoded strictly by the caller, as a part of the request.
        app_hash: 32 bytes, of a header that is trusted.
        store: ASCII.
        key: 1 to `MAX_KEY_BYTES`.

    Raises:
        Refusal: TOO_LARGE for a proof, or a key, above its size; else BAD_PROOF.
    """
    _check_size("a key", key, MAX_KEY_BYTES)
    lower, upper = _two_levels(ops, store=store, key=key)
    proof = _decode(lower, _MAX_ABSENCE_BYTES, fields=_MAX_ABSENCE_FIELDS)
    root = absence_root(proof, IAVL_SPEC, key=key)
    _check_store(upper, app_hash=app_hash, store=store, root=root)


def _check_size(name: str, data: bytes, most: int) -> None:
    if len(data) > most:
        raise Refusal(
            Code.TOO_LARGE, expected=f"{name} of at most {most} bytes", found=f"{len(data)}"
        )


def _two_levels(ops: pb.ProofOps, *, store: str, key: bytes) -> tuple[bytes, bytes]:
    """The encoded proofs of the store's tree and of the tree over the stores."""
    if len(ops.ops) != len(TYPES):
        raise bad_proof(f"{len(TYPES)} proof operations", f"{len(ops.ops)}")
    lower, upper = ops.ops
    if (lower.type, upper.type) != TYPES:
        raise bad_proof(" then ".join(TYPES), f"{lower.type} then {upper.type}")
    if lower.key != key:
        raise bad_proof(f"an operation with the key {key.hex()}", lower.key.hex() or "none")
    if upper.key != store.encode("ascii"):
        raise bad_proof(f"an operation with the store {store}", upper.key.hex() or "none")
    return lower.data, upper.data


def _check_store(data: bytes, *, app_hash: bytes, store: str, root: bytes) -> None:
    """That the state of `app_hash` has a store of this name with this root."""
    name = store.encode("ascii")
    most = len(name) + len(root) + _MAX_PATH_BYTES + _REST_BYTES
    proof = _decode(data, most)
    # A longer prefix could swallow the beginning of another store's name, so that "a\x04bank"
    # passed for "bank". ICS-23 leaves that to whoever names the stores.
    if proof.exist.leaf.prefix != TENDERMINT_SPEC.leaf.prefix:
        raise bad_proof(
            f"a store's leaf behind {TENDERMINT_SPEC.leaf.prefix.hex()} alone",
            proof.exist.leaf.prefix.hex() or "no prefix",
        )
    verify_existence(proof, TENDERMINT_SPEC, root=app_hash, key=name, value=root)


def _decode(data: bytes, max_bytes: int, *, fields: int | None = None) -> pb.CommitmentProof:
    """The proof whose only encoding is `data`.

    With `max_bytes` small, there is no room for so many fields that parsing would be costly.
    """
    if fields is not None and len(data) <= max_bytes:
        check_fields(pb.CommitmentProof, data, limit=fields, code=Code.BAD_PROOF)
    return strict_decode(pb.CommitmentProof, data, max_bytes=max_bytes, code=Code.BAD_PROOF)
