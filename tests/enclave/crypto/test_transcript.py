"""Laws of `H` and `H512` (docs/spec/protocol.md section 2)."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from enclave.crypto.labels import Label, Mode, Name
from enclave.crypto.transcript import (
    H512,
    MAX_INTEGER,
    Field,
    H,
    encode_integer,
    encode_transcript,
)
from tests.second_opinion import transcript as second

LABELS = st.builds(Label, mode=st.sampled_from(Mode), name=st.sampled_from(Name))
ASCII = st.text(st.characters(max_codepoint=127))
PLAIN = st.binary() | ASCII | st.integers(0, MAX_INTEGER)
FIELDS: st.SearchStrategy[Field] = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=4))
ROWS = st.lists(FIELDS, max_size=6)
BYTES = st.lists(st.binary(max_size=8), max_size=6)


@given(LABELS, ROWS)
def test_it_is_the_second_opinions(entry: Label, row: list[Field]) -> None:
    """Every kind of field, nested lists included."""
    mode, name = entry.mode.value, entry.name.value
    assert encode_transcript(entry, *row) == second.transcript(mode, name, *row)
    assert H(entry, *row) == second.H(mode, name, *row)
    assert H512(entry, *row) == second.H512(mode, name, *row)


@given(LABELS, BYTES, LABELS, BYTES)
def test_it_is_injective(one: Label, row: list[bytes], other: Label, others: list[bytes]) -> None:
    """Different labels or fields have different transcripts."""
    assume((one, row) != (other, others))
    assert encode_transcript(one, *row) != encode_transcript(other, *others)


@given(LABELS, st.binary(), st.integers(0), st.integers(0))
def test_it_is_injective_over_field_splits(entry: Label, data: bytes, a: int, b: int) -> None:
    """The same bytes, cut elsewhere, or not cut, are another transcript."""
    cuts = sorted({a % (len(data) + 1), b % (len(data) + 1)})
    splits: list[tuple[bytes, ...]] = [(data,), (data, b""), (b"", data)]
    splits += [(data[:cut], data[cut:]) for cut in cuts]
    distinct = set(splits)
    assert len({encode_transcript(entry, *split) for split in distinct}) == len(distinct)
    assert len({H(entry, *split) for split in distinct}) == len(distinct)


@given(LABELS, BYTES)
def test_a_transcript_decodes_to_its_label_and_fields(entry: Label, row: list[bytes]) -> None:
    """The strongest form of injective: there is a way back, and it uses every byte."""
    data = encode_transcript(entry, *row)
    size, rest = int.from_bytes(data[:2], "big"), data[2:]
    text, rest = rest[:size], rest[size:]
    fields = []
    while rest:
        size, rest = int.from_bytes(rest[:4], "big"), rest[4:]
        fields.append(rest[:size])
        assert len(fields[-1]) == size
        rest = rest[size:]
    assert text == entry.encoded
    assert fields == row


@given(LABELS, BYTES)
def test_a_list_is_one_field(entry: Label, items: list[bytes]) -> None:
    """H("list", items..) of the same mode, never the items themselves."""
    hashed = H(Label(entry.mode, Name.LIST), *items)
    assert H(entry, list(items)) == H(entry, tuple(items)) == H(entry, hashed)
    assert H(entry, items) != H(entry, *items)


@given(LABELS, ROWS)
def test_the_hashes_are_of_the_transcript(entry: Label, row: list[Field]) -> None:
    data = encode_transcript(entry, *row)
    assert H(entry, *row) == hashlib.sha256(data).digest()
    assert H512(entry, *row) == hashlib.sha512(data).digest()


@pytest.mark.parametrize("value", [-1, MAX_INTEGER + 1, 2**200])
def test_integers_outside_64_bits_are_an_error(value: int) -> None:
    with pytest.raises(ValueError, match="integer outside"):
        encode_integer(value)


@pytest.mark.parametrize("value", [0, MAX_INTEGER])
def test_the_edges_of_64_bits_are_integers(value: int) -> None:
    assert encode_integer(value) == value.to_bytes(8, "big")


@pytest.mark.parametrize("value", [False, True])
def test_a_bool_is_no_field(value: int) -> None:
    with pytest.raises(TypeError, match="bool"):
        H(Label(Mode.HARDWARE, Name.NETWORK), value)


def test_text_outside_ascii_is_an_error() -> None:
    with pytest.raises(UnicodeEncodeError):
        H(Label(Mode.HARDWARE, Name.NETWORK), "ä")
