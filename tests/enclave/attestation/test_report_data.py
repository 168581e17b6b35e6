"""report_data: every field is bound, in its place, for one purpose and one mode."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.attestation.report_data import (
    FIELD_BYTES,
    FIELD_ORDER,
    Purpose,
    bootstrap_report_data,
    check_report_data,
    register_report_data,
)
from enclave.crypto.labels import Mode
from enclave.errors import Code, Refusal

PREFIX: Final = {Mode.HARDWARE: b"seedpact/v1/", Mode.SOFTWARE: b"seedpact-insecure/v1/"}
BUILDERS: Final[dict[Purpose, Callable[..., bytes]]] = {
    Purpose.REGISTER: register_report_data,
    Purpose.BOOTSTRAP: bootstrap_report_data,
}
VALUES: Final[dict[str, bytes | int]] = {
    "network_id": b"\x01" * 32,
    "operator": b"\x02" * 20,
    "exchange_key": b"\x03" * 32,
    "kem_ciphertext": b"\x04" * 1088,
    "epoch": 5,
    "anchor_height": 6,
    "anchor_hash": b"\x07" * 32,
    "tls_key": b"\x08" * 32,
    "pk_io": b"\x09" * 32,
    "kem_io": b"\x0a" * 1184,
}
FIELDS = [(purpose, name) for purpose in Purpose for name in FIELD_ORDER[purpose]]


def build(
    purpose: Purpose,
    mode: Mode = Mode.HARDWARE,
    *,
    changes: Mapping[str, bytes | int] = MappingProxyType({}),
) -> bytes:
    values = {name: VALUES[name] for name in FIELD_ORDER[purpose]}
    return BUILDERS[purpose](mode, **{**values, **changes})


def by_hand(purpose: Purpose, mode: Mode) -> bytes:
    """Section 2's H512, written out: label, purpose, fields."""
    label = PREFIX[mode] + b"report-data"
    message = len(label).to_bytes(2, "big") + label
    for value in (purpose.value.encode(), *(VALUES[name] for name in FIELD_ORDER[purpose])):
        data = value if isinstance(value, bytes) else value.to_bytes(8, "big")
        message += len(data).to_bytes(4, "big") + data
    return hashlib.sha512(message).digest()


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("purpose", Purpose)
def test_it_is_the_specifications_hash(purpose: Purpose, mode: Mode) -> None:
    assert build(purpose, mode) == by_hand(purpose, mode)


@pytest.mark.parametrize(("purpose", "name"), FIELDS)
def test_every_field_is_bound(purpose: Purpose, name: str) -> None:
    value = VALUES[name]
    other = value + 1 if isinstance(value, int) else value[:-1] + b"\xff"
    assert build(purpose, changes={name: other}) != build(purpose)


@pytest.mark.parametrize("value", [0, 2**64 - 1])
def test_an_integer_has_64_bits(value: int) -> None:
    numbers = [(purpose, name) for purpose, name in FIELDS if isinstance(VALUES[name], int)]
    assert len({build(purpose, changes={name: value}) for purpose, name in numbers}) == len(numbers)


@pytest.mark.parametrize(("purpose", "name"), FIELDS)
def test_every_field_has_its_exact_size(purpose: Purpose, name: str) -> None:
    value = VALUES[name]
    wrong: list[bytes | int]
    if isinstance(value, int):
        wrong, code = [-1, 2**64], Code.BAD_VALUE
        build(purpose, changes={name: 2**64 - 1})
    else:
        assert len(value) == FIELD_BYTES[name]
        wrong, code = [b"", value[:-1], value + b"\0"], Code.BAD_LENGTH
    for bad in wrong:
        with pytest.raises(Refusal) as refused:
            build(purpose, changes={name: bad})
        assert refused.value.code is code


def test_modes_and_purposes_never_meet() -> None:
    found = {build(purpose, mode) for purpose in Purpose for mode in Mode}
    assert len(found) == len(Purpose) * len(Mode)


def test_the_same_values_are_accepted_and_others_are_not() -> None:
    expected = build(Purpose.REGISTER)
    check_report_data(expected, expected=expected)
    for found in (build(Purpose.BOOTSTRAP), bytes(64), b"", expected[:-1]):
        with pytest.raises(Refusal) as refused:
            check_report_data(found, expected=expected)
        assert refused.value.code is Code.REPORT_DATA_MISMATCH
    with pytest.raises(Refusal):
        check_report_data(b"", expected=b"")


@given(st.binary(min_size=64, max_size=64), st.binary(min_size=64, max_size=64))
def test_equal_means_all_64_bytes(found: bytes, expected: bytes) -> None:
    if found == expected:
        check_report_data(found, expected=expected)
        return
    with pytest.raises(Refusal):
        check_report_data(found, expected=expected)
