"""The form of a freshness record: one encoding, and heights that the chain's rule can have made."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.errors import Refusal
from enclave.registration.freshness import (
    MAX_FRESHNESS_BYTES,
    MAX_RECENT,
    NONCE_BYTES,
    RECENT_BLOCKS,
    Freshness,
    decode_freshness,
    encode_freshness,
)
from seedpact.registration.v1 import types_pb2 as pb

HEIGHT: Final = 500
NONCE: Final = bytes(range(NONCE_BYTES))


@st.composite
def records(draw: st.DrawFn) -> Freshness:
    """What a chain can have stored."""
    height = draw(st.integers(1, 2**63 - 1))
    ages = draw(st.lists(st.integers(0, min(RECENT_BLOCKS, height) - 1), max_size=MAX_RECENT - 1))
    recent = tuple(height - age for age in sorted([0, *ages], reverse=True))
    return Freshness(draw(st.binary(min_size=32, max_size=32)), height, recent)


@given(records())
def test_what_is_written_is_read_again(record: Freshness) -> None:
    data = encode_freshness(record)
    assert len(data) <= MAX_FRESHNESS_BYTES
    assert decode_freshness(data) == record


@given(records(), st.binary(min_size=1, max_size=3))
def test_more_bytes_are_another_encoding(record: Freshness, more: bytes) -> None:
    with pytest.raises(Refusal):
        decode_freshness(encode_freshness(record) + more)


@pytest.mark.parametrize(
    ("nonce", "height", "recent", "code"),
    [
        (NONCE[1:], HEIGHT, [HEIGHT], "bad_length"),
        (NONCE + b"\0", HEIGHT, [HEIGHT], "bad_length"),
        (NONCE, 0, [0], "bad_value"),
        (NONCE, 2**63, [2**63], "bad_value"),
        (NONCE, HEIGHT, [], "bad_value"),
        (NONCE, HEIGHT, [HEIGHT - 1], "bad_value"),
        (NONCE, HEIGHT, [HEIGHT, HEIGHT - 1], "bad_value"),
        (NONCE, HEIGHT, [HEIGHT, HEIGHT + 1], "bad_value"),
        (NONCE, HEIGHT, [HEIGHT - RECENT_BLOCKS, HEIGHT], "bad_value"),
        (NONCE, HEIGHT, [HEIGHT] * (MAX_RECENT + 1), "bad_value"),
        (NONCE, HEIGHT, [HEIGHT] * 300, "too_large"),
    ],
)
def test_a_fault_of_form_is_refused(
    nonce: bytes, height: int, recent: list[int], code: str
) -> None:
    message = pb.Freshness(nonce=nonce, height=height, recent_heights=recent)
    with pytest.raises(Refusal) as caught:
        decode_freshness(message.SerializeToString(deterministic=True))
    assert caught.value.code == code


def test_the_edges_of_the_window_are_read() -> None:
    for recent in ((HEIGHT,), (HEIGHT - RECENT_BLOCKS + 1, HEIGHT), (HEIGHT,) * MAX_RECENT):
        record = Freshness(NONCE, HEIGHT, recent)
        assert decode_freshness(encode_freshness(record)) == record
