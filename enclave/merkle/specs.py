"""What a proof of each kind of tree must look like: ProofSpec of cosmos/ics23 (proofs.proto).

A proof carries its own leaf and inner operations. Only a spec makes it one of a certain tree:
without it, any bytes can be called a leaf. The values are those of Go's `IavlSpec` and
`TendermintSpec` (go/proof.go). Where Go tells the two trees by comparing specs, here a spec says
which it is. Only binary trees: `child_order` is [0, 1] in every spec that is in use.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from seedpact.ics23.v1 import proofs_pb2 as pb

DEFAULT_MAX_DEPTH: Final = 128
"""Inner operations of a proof, where its spec names no number."""


class Prefixes(enum.Enum):
    """What is known of an operation's prefix, besides its length."""

    ANY = enum.auto()
    IAVL = enum.auto()
    """Height, size and version, and the length before a hash."""
    TENDERMINT = enum.auto()
    """0x01 before the hashes of an inner node."""


@dataclass(frozen=True, slots=True)
class LeafSpec:
    """How key and value become a leaf's hash."""

    hash: pb.HashOp
    prehash_key: pb.HashOp
    prehash_value: pb.HashOp
    length: pb.LengthOp
    prefix: bytes
    """What a leaf's prefix begins with, and that of an inner node does not."""


@dataclass(frozen=True, slots=True)
class InnerSpec:
    """How two children become their parent's hash. Lengths in bytes.

    Raises:
        ValueError: for lengths by which a left child could not be told from a right one.
    """

    hash: pb.HashOp
    child_size: int
    """Of a child's hash with what stands before it."""
    min_prefix_length: int
    max_prefix_length: int
    """Without a left child's hash, which lies in the prefix of a right one."""
    empty_child: bytes = b""
    """The hash that stands for no child, in trees that have such."""

    def __post_init__(self) -> None:
        if self.child_size < 1:
            raise ValueError("a child has a size")
        if self.max_prefix_length >= self.min_prefix_length + self.child_size:
            raise ValueError("a prefix with a left child is longer than any without")


@dataclass(frozen=True, slots=True)
class ProofSpec:
    """All of it."""

    leaf: LeafSpec
    inner: InnerSpec
    prefixes: Prefixes = Prefixes.ANY
    min_depth: int = 0
    max_depth: int = DEFAULT_MAX_DEPTH
    hashed_keys_are_compared: bool = False
    """Whether the order of leaves is that of their keys' hashes (Go: PrehashKeyBeforeComparison).

    The hash is the leaf's `prehash_key`.
    """


IAVL_SPEC: Final = ProofSpec(
    leaf=LeafSpec(
        hash=pb.HASH_OP_SHA256,
        prehash_key=pb.HASH_OP_NO_HASH,
        prehash_value=pb.HASH_OP_SHA256,
        length=pb.LENGTH_OP_VAR_PROTO,
        prefix=b"\x00",
    ),
    inner=InnerSpec(
        hash=pb.HASH_OP_SHA256, child_size=33, min_prefix_length=4, max_prefix_length=12
    ),
    prefixes=Prefixes.IAVL,
)
"""A store's tree. A child is a hash behind its length, 0x20."""

TENDERMINT_SPEC: Final = ProofSpec(
    leaf=IAVL_SPEC.leaf,
    inner=InnerSpec(
        hash=pb.HASH_OP_SHA256, child_size=32, min_prefix_length=1, max_prefix_length=1
    ),
    prefixes=Prefixes.TENDERMINT,
)
"""The simple tree over a chain's stores."""
