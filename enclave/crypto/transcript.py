"""`H` and `H512`: the one way in which several values become one hash (protocol.md section 2).

`H(label, f1, .., fn)` = SHA-256 of the 2-byte big-endian length of the label, the label, then for
each field its 4-byte big-endian length and its bytes. Integers are unsigned, 8 bytes, big-endian.
A list is one field: `H("list", items..)` under the same mode. Text is ASCII.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from enclave.crypto.labels import Label, Name

MAX_INTEGER: Final = 2**64 - 1

Field = bytes | int | str | Sequence["Field"]


def encode_integer(value: int) -> bytes:
    """8 bytes, big-endian. Raises ValueError outside 0 .. 2^64-1."""
    if not 0 <= value <= MAX_INTEGER:
        raise ValueError("integer outside 0 .. 2^64-1")
    return value.to_bytes(8, "big")


def encode_transcript(label: Label, *fields: Field) -> bytes:
    """The bytes that `H` and `H512` hash: injective over label and field split."""
    text = label.encoded
    parts = [len(text).to_bytes(2, "big"), text]
    for field in fields:
        data = field if isinstance(field, bytes) else _field_bytes(label, field)
        parts += (len(data).to_bytes(4, "big"), data)
    return b"".join(parts)


def H(label: Label, *fields: Field) -> bytes:
    """SHA-256 of the transcript: 32 bytes."""
    return hashlib.sha256(encode_transcript(label, *fields)).digest()


def H512(label: Label, *fields: Field) -> bytes:
    """SHA-512 of the transcript: 64 bytes, the size of a quote's report_data."""
    return hashlib.sha512(encode_transcript(label, *fields)).digest()


def _field_bytes(label: Label, field: int | str | Sequence[Field]) -> bytes:
    match field:
        case bool():
            raise TypeError("a bool is not a field: encode it as an integer on purpose")
        case int():
            return encode_integer(field)
        case str():
            return field.encode("ascii")
        case _:
            return H(Label(label.mode, Name.LIST), *field)
