"""Whether two paths of one tree are next to each other, or one is its first or last.

As IsLeftMost, IsRightMost and IsLeftNeighbor of cosmos/ics23 (go/proof.go). A path is the inner
operations of an existence proof, from the leaf to the root; that it leads to the root is not asked
here. Which child a step comes from is told by the lengths of its prefix and suffix. Go panics where
that cannot be told, or where two paths do not part; here both are simply not neighbours.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from enclave.merkle.specs import InnerSpec
from seedpact.ics23.v1 import proofs_pb2 as pb


class Side(enum.Enum):
    """Which child of its parent a step comes from."""

    LEFT = enum.auto()
    RIGHT = enum.auto()


def side_of(op: pb.InnerOp, spec: InnerSpec) -> Side | None:
    """None where the lengths fit neither."""
    before, after = len(op.prefix), len(op.suffix)
    if after == spec.child_size:
        side = Side.LEFT
    elif after == 0:
        side = Side.RIGHT
        before -= spec.child_size
    else:
        return None
    return side if spec.min_prefix_length <= before <= spec.max_prefix_length else None


def left_is_empty(op: pb.InnerOp, spec: InnerSpec) -> bool:
    """Whether the step comes from the right, and to its left is the placeholder of no child."""
    # Most trees have no placeholder, and every prefix ends with b"".
    return (
        spec.empty_child != b""
        and side_of(op, spec) is Side.RIGHT
        and op.prefix.endswith(spec.empty_child)
    )


def right_is_empty(op: pb.InnerOp, spec: InnerSpec) -> bool:
    """The same to its right."""
    return side_of(op, spec) is Side.LEFT and op.suffix == spec.empty_child


def is_leftmost(path: Sequence[pb.InnerOp], spec: InnerSpec) -> bool:
    """Whether the tree has no leaf before this one."""
    return all(side_of(op, spec) is Side.LEFT or left_is_empty(op, spec) for op in path)


def is_rightmost(path: Sequence[pb.InnerOp], spec: InnerSpec) -> bool:
    """Whether the tree has no leaf after this one."""
    return all(side_of(op, spec) is Side.RIGHT or right_is_empty(op, spec) for op in path)


def are_neighbours(
    left: Sequence[pb.InnerOp], right: Sequence[pb.InnerOp], spec: InnerSpec
) -> bool:
    """Whether the tree has no leaf between these two, of which `left` comes first."""
    common = 0
    for one, other in zip(reversed(left), reversed(right), strict=False):
        if one.prefix != other.prefix or one.suffix != other.suffix:
            break
        common += 1
    else:
        return False  # They are one path, or one is inside the other.
    below_left, below_right = len(left) - common - 1, len(right) - common - 1
    return (
        side_of(left[below_left], spec) is Side.LEFT
        and side_of(right[below_right], spec) is Side.RIGHT
        and is_rightmost(left[:below_left], spec)
        and is_leftmost(right[:below_right], spec)
    )
