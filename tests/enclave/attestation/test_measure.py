"""The software measurement: paths and contents count, their order and split do not mix."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from enclave.attestation.measure import measure_files
from enclave.errors import Code, Refusal

paths = st.text("abc/._", min_size=1, max_size=8)
trees = st.dictionaries(paths, st.binary(max_size=8), min_size=1, max_size=4)


def test_known_answer() -> None:
    """Written out by hand: label, then each path and content behind its 4-byte length."""
    label = b"seedpact-insecure/v1/software-measurement"
    fields = (b"a.py", b"x = 1\n", b"b.py", b"")
    message = len(label).to_bytes(2, "big") + label
    message += b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    files = [("b.py", b""), ("a.py", b"x = 1\n")]
    assert measure_files(files) == hashlib.sha256(message).digest()


@given(trees)
def test_law_order_does_not_count(tree: dict[str, bytes]) -> None:
    assert measure_files(tree.items()) == measure_files(reversed(tree.items()))


@given(trees, trees)
def test_law_different_trees_measure_differently(
    one: dict[str, bytes], other: dict[str, bytes]
) -> None:
    assume(one != other)
    assert measure_files(one.items()) != measure_files(other.items())


@pytest.mark.parametrize(
    "files",
    [
        [],
        [("a", b"1"), ("a", b"2")],
        [("a", b"1"), ("a", b"1")],
        [("é", b"")],
        [("a", b""), ("é", b"")],
    ],
)
def test_what_cannot_be_measured_is_refused(files: list[tuple[str, bytes]]) -> None:
    with pytest.raises(Refusal) as refused:
        measure_files(files)
    assert refused.value.code is Code.BAD_VALUE
