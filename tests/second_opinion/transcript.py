"""Labels, `H` and `H512` (docs/spec/protocol.md section 2).

Does not know which entries the registry has: a short name is taken as it comes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

HARDWARE: Final = "hardware"
SOFTWARE: Final = "software"

PREFIX: Final = {HARDWARE: b"seedpact/v1/", SOFTWARE: b"seedpact-insecure/v1/"}
"""Software mode has its own registry, so no label of one mode is a label of the other."""

Field = bytes | str | int | Sequence["Field"]


def label_text(mode: str, name: str) -> bytes:
    """The whole text of the entry `name`, as ASCII."""
    return PREFIX[mode] + name.encode("ascii")


def transcript(mode: str, name: str, *fields: Field) -> bytes:
    """What `H` hashes: length-prefixed label, then length-prefixed fields."""
    text = label_text(mode, name)
    out = len(text).to_bytes(2, "big") + text
    for field in fields:
        encoded = field_bytes(mode, field)
        out += len(encoded).to_bytes(4, "big") + encoded
    return out


def H(mode: str, name: str, *fields: Field) -> bytes:
    """SHA-256 of the transcript, 32 bytes."""
    return hashlib.sha256(transcript(mode, name, *fields)).digest()


def H512(mode: str, name: str, *fields: Field) -> bytes:
    """SHA-512 of the transcript, 64 bytes."""
    return hashlib.sha512(transcript(mode, name, *fields)).digest()


def field_bytes(mode: str, field: Field) -> bytes:
    """One field: bytes as they are, ASCII text, 8-byte big-endian integers, a list as its hash."""
    if isinstance(field, bytes):
        return field
    if isinstance(field, str):
        return field.encode("ascii")
    if isinstance(field, int):
        return field.to_bytes(8, "big")
    return H(mode, "list", *field)
