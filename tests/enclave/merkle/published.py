"""The published cases of ICS-23 (tests/vectors/ics23), and specs that only tests need."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from google.protobuf import json_format

from enclave.merkle.specs import (
    DEFAULT_MAX_DEPTH,
    IAVL_SPEC,
    TENDERMINT_SPEC,
    InnerSpec,
    LeafSpec,
    Prefixes,
    ProofSpec,
)
from seedpact.ics23.v1 import proofs_pb2 as pb

Case = Mapping[str, Any]
"""One case of a table."""

FOLDER: Final = Path(__file__).parents[2] / "vectors" / "ics23"

SMT_SPEC: Final = ProofSpec(
    leaf=LeafSpec(
        hash=pb.HASH_OP_SHA256,
        prehash_key=pb.HASH_OP_SHA256,
        prehash_value=pb.HASH_OP_SHA256,
        length=pb.LENGTH_OP_NO_PREFIX,
        prefix=b"\x00",
    ),
    inner=InnerSpec(
        hash=pb.HASH_OP_SHA256,
        child_size=32,
        min_prefix_length=1,
        max_prefix_length=1,
        empty_child=bytes(32),
    ),
    max_depth=256,
    hashed_keys_are_compared=True,
)
"""Go's SmtSpec: a sparse Merkle tree, with placeholders, ordered by the keys' hashes."""

SPECS: Final = {"iavl": IAVL_SPEC, "tendermint": TENDERMINT_SPEC, "smt": SMT_SPEC}


def table(name: str) -> Any:
    """A table of cases, as it is in the file."""
    return json.loads((FOLDER / f"{name}.json").read_text())


def decoded(text: str | None) -> bytes:
    """Bytes of a table; null is none."""
    return base64.b64decode(text or "")


def leaf_op(fields: Mapping[str, object]) -> pb.LeafOp:
    return json_format.ParseDict(fields, pb.LeafOp())


def inner_op(fields: Mapping[str, object]) -> pb.InnerOp:
    return json_format.ParseDict(fields, pb.InnerOp())


def existence_proof(fields: Mapping[str, object]) -> pb.ExistenceProof:
    return json_format.ParseDict(fields, pb.ExistenceProof())


def leaf_spec(fields: Mapping[str, Any]) -> LeafSpec:
    """A table's spec is written as a leaf operation is."""
    op = leaf_op(fields)
    return LeafSpec(
        hash=op.hash,
        prehash_key=op.prehash_key,
        prehash_value=op.prehash_value,
        length=op.length,
        prefix=op.prefix,
    )


def inner_spec(fields: Mapping[str, Any]) -> InnerSpec:
    """Every published tree is binary, its children in their order."""
    assert fields["child_order"] == [0, 1]
    return InnerSpec(
        hash=fields["hash"],
        child_size=fields["child_size"],
        min_prefix_length=fields["min_prefix_length"],
        max_prefix_length=fields["max_prefix_length"],
        empty_child=decoded(fields.get("empty_child")),
    )


def proof_spec(fields: Mapping[str, Any]) -> ProofSpec:
    """With the rules for prefixes that Go takes for such a spec."""
    leaf, inner = leaf_spec(fields["leaf_spec"]), inner_spec(fields["inner_spec"])
    return ProofSpec(
        leaf=leaf,
        inner=inner,
        prefixes=_prefixes(leaf, inner),
        min_depth=fields.get("min_depth", 0),
        max_depth=fields.get("max_depth", 0) or DEFAULT_MAX_DEPTH,
    )


def _prefixes(leaf: LeafSpec, inner: InnerSpec) -> Prefixes:
    """As Go's SpecEquals tells them: all but the leaf's prefix and the empty child."""
    for spec in (IAVL_SPEC, TENDERMINT_SPEC):
        if _told_by(leaf, inner) == _told_by(spec.leaf, spec.inner):
            return spec.prefixes
    return Prefixes.ANY


def _told_by(leaf: LeafSpec, inner: InnerSpec) -> tuple[int, ...]:
    return (
        leaf.hash,
        leaf.prehash_key,
        leaf.prehash_value,
        leaf.length,
        inner.hash,
        inner.child_size,
        inner.min_prefix_length,
        inner.max_prefix_length,
    )
