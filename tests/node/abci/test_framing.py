"""Frames, from whatever pieces they arrive in."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.abci.failures import BadFrame
from node.abci.framing import FrameDecoder, encode_frame

LIMIT = 1000


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    """The same bytes in pieces."""
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


def decode(pieces: list[bytes], *, most: int = 3, limit: int = LIMIT) -> tuple[list[bytes], str]:
    """All frames, and what was wrong in the end."""
    decoder, frames = FrameDecoder(max_message_bytes=limit), []
    try:
        for piece in pieces:
            decoder.feed(piece)
            while taken := decoder.take(most):
                assert len(taken) <= most
                frames += taken
        decoder.end()
    except BadFrame as bad:
        return frames, str(bad)
    return frames, ""


@given(st.lists(st.binary(max_size=LIMIT)), st.lists(st.integers(0)), st.integers(1, 9))
def test_any_split_gives_the_same_frames(messages: list[bytes], cuts: list[int], most: int) -> None:
    data = b"".join(map(encode_frame, messages))
    assert decode(split(data, cuts), most=most) == (messages, "")


@given(st.binary(max_size=40), st.lists(st.integers(0)))
def test_any_split_of_any_bytes_ends_alike(data: bytes, cuts: list[int]) -> None:
    assert decode(split(data, cuts), limit=20) == decode([data], limit=20)


@given(st.binary(max_size=LIMIT))
def test_byte_by_byte(message: bytes) -> None:
    data = encode_frame(message) * 2
    assert decode([bytes([byte]) for byte in data]) == ([message, message], "")


@pytest.mark.parametrize(
    ("message_bytes", "head"),
    [(0, "00"), (1, "01"), (127, "7f"), (128, "8001"), (300, "ac02"), (16384, "808001")],
)
def test_lengths_as_protobuf_has_them(message_bytes: int, head: str) -> None:
    assert encode_frame(bytes(message_bytes)) == bytes.fromhex(head) + bytes(message_bytes)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("e907", "more than 1000 bytes"),  # 1001
        ("ffffffff0f", "more than 1000 bytes"),
        ("ffffffffffffffffff01", "more than 1000 bytes"),
        ("8000", "needless bytes"),
        ("818000", "needless bytes"),
        ("8080808000", "needless bytes"),
        ("8080808080", "too many bytes"),
        ("80808080808001", "too many bytes"),
        ("80", "inside a frame"),
        ("05616263", "inside a frame"),
    ],
)
def test_hostile_lengths(data: str, why: str) -> None:
    good = encode_frame(b"good")
    for pieces in ([good + bytes.fromhex(data)], [good, *map(bytes, zip(bytes.fromhex(data)))]):
        frames, found = decode(pieces)
        assert frames == [b"good"]
        assert why in found


def test_the_limit_itself_is_allowed() -> None:
    assert decode([encode_frame(bytes(LIMIT))]) == ([bytes(LIMIT)], "")


def test_a_refused_length_is_refused_before_its_bytes_arrive() -> None:
    decoder = FrameDecoder(max_message_bytes=LIMIT)
    decoder.feed(bytes.fromhex("e907"))
    with pytest.raises(BadFrame):
        decoder.take(1)
