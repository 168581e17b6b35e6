"""Which leaves are next to each other, told by paths alone; where Go panics, the answer is no."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.merkle.neighbours import (
    Side,
    are_neighbours,
    is_leftmost,
    is_rightmost,
    left_is_empty,
    right_is_empty,
    side_of,
)
from enclave.merkle.specs import TENDERMINT_SPEC
from seedpact.ics23.v1 import proofs_pb2 as pb
from tests.enclave.merkle.published import SMT_SPEC

SPEC: Final = TENDERMINT_SPEC.inner
SPARSE: Final = SMT_SPEC.inner
H: Final = bytes(range(32))
LEFT: Final = pb.InnerOp(prefix=b"\x01", suffix=H)
RIGHT: Final = pb.InnerOp(prefix=b"\x01" + H)
NEITHER: Final = pb.InnerOp(prefix=b"\x01" + H, suffix=H)
LEFT_OF_NONE: Final = pb.InnerOp(prefix=b"\x01", suffix=bytes(32))
RIGHT_OF_NONE: Final = pb.InnerOp(prefix=b"\x01" + bytes(32))
OPS: Final = [LEFT, RIGHT, NEITHER, LEFT_OF_NONE, RIGHT_OF_NONE]
paths = st.lists(st.sampled_from(OPS), max_size=6)


def test_a_side_is_told_by_lengths() -> None:
    told = {
        (before, after): side_of(pb.InnerOp(prefix=bytes(before), suffix=bytes(after)), SPEC)
        for before in range(70)
        for after in range(70)
    }
    sides = {lengths: side for lengths, side in told.items() if side is not None}
    assert sides == {(1, 32): Side.LEFT, (33, 0): Side.RIGHT}


@given(paths)
def test_the_ends_of_a_tree(path: list[pb.InnerOp]) -> None:
    """A first leaf is left of all, a last one right of all, placeholders aside."""
    assert is_leftmost(path, SPEC) == all(op in (LEFT, LEFT_OF_NONE) for op in path)
    assert is_rightmost(path, SPEC) == all(op in (RIGHT, RIGHT_OF_NONE) for op in path)
    firsts, lasts = (LEFT, LEFT_OF_NONE, RIGHT_OF_NONE), (RIGHT, RIGHT_OF_NONE, LEFT_OF_NONE)
    assert is_leftmost(path, SPARSE) == all(op in firsts for op in path)
    assert is_rightmost(path, SPARSE) == all(op in lasts for op in path)


@given(paths, paths, paths)
def test_two_paths_part_once(
    left: list[pb.InnerOp], right: list[pb.InnerOp], common: list[pb.InnerOp]
) -> None:
    """Above the parting they are equal; below, the last of the left and the first of the right."""
    one, other = [*left, LEFT, *common], [*right, RIGHT, *common]
    expected = is_rightmost(left, SPARSE) and is_leftmost(right, SPARSE)
    assert are_neighbours(one, other, SPARSE) == expected
    assert not are_neighbours(other, one, SPARSE)


@given(paths, paths)
def test_paths_that_do_not_part_are_not_neighbours(
    below: list[pb.InnerOp], common: list[pb.InnerOp]
) -> None:
    """One leaf, or a leaf and a node above it: Go runs past the end of the path."""
    assert not are_neighbours(common, common, SPEC)
    assert not are_neighbours([*below, *common], common, SPEC)
    assert not are_neighbours(common, [*below, *common], SPEC)


DEEP: Final = pb.InnerOp(prefix=bytes(40), suffix=bytes(32))
"""A prefix that is too long for either side, and a placeholder behind it."""


def test_a_placeholder_counts_on_its_own_side_alone() -> None:
    ends_so = pb.InnerOp(prefix=b"\x01" + bytes(32), suffix=H)
    assert not left_is_empty(ends_so, SPARSE)
    assert left_is_empty(RIGHT_OF_NONE, SPARSE)
    assert not right_is_empty(DEEP, SPARSE)
    assert right_is_empty(LEFT_OF_NONE, SPARSE)
    assert is_rightmost([LEFT_OF_NONE], SPARSE)
    assert not is_rightmost([LEFT_OF_NONE], SPEC)


@pytest.mark.parametrize(
    "changed", [pb.InnerOp(prefix=b"\x02", suffix=H), pb.InnerOp(prefix=b"\x01", suffix=H[::-1])]
)
def test_steps_that_differ_in_one_part_differ(changed: pb.InnerOp) -> None:
    """No root has both: a step that differs is where the paths part, and these have one side."""
    assert not are_neighbours([LEFT, LEFT], [RIGHT, changed], SPEC)
    assert are_neighbours([LEFT, LEFT], [RIGHT, LEFT], SPEC)


@pytest.mark.parametrize("pair", [(NEITHER, RIGHT), (LEFT, NEITHER), (LEFT, LEFT_OF_NONE)])
def test_a_parting_without_two_sides_is_none(pair: tuple[pb.InnerOp, pb.InnerOp]) -> None:
    left, right = pair
    assert not are_neighbours([left], [right], SPEC)
