"""JSON of a stranger: bounded before its numbers are read."""

from __future__ import annotations

import pytest

from enclave.attestation.limits import MAX_JSON_DEPTH, MAX_JSON_DIGITS
from enclave.attestation.strict_json import parse_object


@pytest.mark.parametrize("sign", ["", "-"])
def test_an_integer_of_the_most_digits_is_read(sign: str) -> None:
    number = sign + "9" * MAX_JSON_DIGITS
    assert parse_object(f'{{"a": {number}}}') == {"a": int(number)}
    with pytest.raises(ValueError, match="an integer of more than"):
        parse_object(f'{{"a": {number}9}}')


def test_the_deepest_is_read() -> None:
    inside = MAX_JSON_DEPTH - 1
    assert parse_object('{"a": ' + "[" * inside + "]" * inside + "}")
    with pytest.raises(ValueError, match="nested deeper"):
        parse_object('{"a": ' + "[" * (inside + 1) + "]" * (inside + 1) + "}")
