"""Log records: one encoding, and damage is found."""

from __future__ import annotations

from typing import Final, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_module.store.columns import pack_integers, pack_rows, seal
from chain_module.store.errors import StoreCode, StoreFault
from chain_module.store.log_record import MAGIC, Record, decode_record, encode_record

keys = st.binary(min_size=1, max_size=5)
changes = st.dictionaries(keys, st.none() | st.binary(min_size=1, max_size=5), min_size=1)
names = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=5)
records = st.builds(
    Record,
    version=st.integers(min_value=0, max_value=2**64 - 1),
    app_hash=st.binary(min_size=32, max_size=32),
    changes=st.dictionaries(names, changes, max_size=4),
)

HEAD: Final = MAGIC + pack_integers([7], width=8) + bytes(32)


def stores(*parts: bytes) -> bytes:
    """A payload with these stores."""
    return HEAD + pack_integers([len(parts)], width=4) + b"".join(parts)


def store(name: bytes, rows: list[bytes], values: list[bytes]) -> bytes:
    """One store of a payload."""
    count = pack_integers([len(rows)], width=4)
    return pack_rows([name]) + count + pack_rows(rows) + pack_rows(values)


@given(records)
def test_a_record_comes_back(record: Record) -> None:
    assert decode_record(encode_record(record)) == record


@given(records)
def test_equal_records_have_equal_bytes(record: Record) -> None:
    turned = {
        name: dict(reversed(list(each.items())))
        for name, each in reversed(list(record.changes.items()))
    }
    again = Record(record.version, record.app_hash, {**turned, "zzzzzz": {}})
    assert encode_record(again) == encode_record(record)


@given(records, st.data())
def test_a_changed_or_missing_byte_is_found(record: Record, data: st.DataObject) -> None:
    encoded = encode_record(record)
    place = data.draw(st.integers(min_value=0, max_value=len(encoded) - 1))
    flipped = bytearray(encoded)
    flipped[place] ^= 1 << data.draw(st.integers(min_value=0, max_value=7))
    for damaged in (bytes(flipped), encoded[:place], encoded + encoded[: place + 1]):
        with pytest.raises(StoreFault) as fault:
            decode_record(damaged)
        assert fault.value.code is StoreCode.DAMAGED_RECORD


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda tail: HEAD + tail))
def test_whatever_is_sealed_is_a_record_or_refused(payload: bytes) -> None:
    found = outcome(seal(payload))
    assert found is StoreCode.DAMAGED_RECORD or encode_record(found) == seal(payload)


def outcome(data: bytes) -> Record | Literal[StoreCode.DAMAGED_RECORD]:
    """The record, or that it is damaged; any other fault is an error of the test."""
    try:
        return decode_record(data)
    except StoreFault as fault:
        if fault.code is StoreCode.DAMAGED_RECORD:
            return StoreCode.DAMAGED_RECORD
        raise


MALFORMED: Final = {
    "no record at all": b"",
    "another format": HEAD.replace(b"log 1", b"log 2") + pack_integers([0], width=4),
    "a store is missing": HEAD + pack_integers([1], width=4),
    "bytes too many": stores() + b"\x00",
    "a store without changes": stores(store(b"a", [], [])),
    "stores out of order": stores(store(b"b", [b"k"], [b"v"]), store(b"a", [b"k"], [b"v"])),
    "a store twice": stores(store(b"a", [b"k"], [b"v"]), store(b"a", [b"l"], [b"v"])),
    "a store without a name": stores(store(b"", [b"k"], [b"v"])),
    "a name that is not ASCII": stores(store(b"\xff", [b"k"], [b"v"])),
    "keys out of order": stores(store(b"a", [b"l", b"k"], [b"v", b"v"])),
    "a key twice": stores(store(b"a", [b"k", b"k"], [b"v", b"v"])),
    "an empty key": stores(store(b"a", [b""], [b"v"])),
    "a value is missing": stores(store(b"a", [b"k", b"l"], [b"v"])),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_no_record_looks_like_is_refused(name: str) -> None:
    with pytest.raises(StoreFault) as fault:
        decode_record(seal(MALFORMED[name]))
    assert fault.value.code is StoreCode.DAMAGED_RECORD


def test_the_bytes_of_a_record() -> None:
    """The format is on disks: a change of it needs a new magic."""
    record = Record(258, bytes(range(32)), {"b": {b"k": b"v", b"gone": None}, "a": {b"x": b"y"}})
    expected = (
        b"seedpact log 1\n"
        + bytes.fromhex("0000000000000102")
        + bytes(range(32))
        + bytes.fromhex("00000002")
        + bytes.fromhex("00000001 61 00000001 00000001 78 00000001 79")
        + bytes.fromhex("00000001 62 00000002 00000004 00000001 676f6e65 6b 00000000 00000001 76")
    )
    assert encode_record(record) == seal(expected)
