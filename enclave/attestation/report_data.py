"""report_data: the 64 bytes with which a quote binds what an enclave says (protocol.md 5 and 9).

One builder for each purpose; the purpose is the first field, so that a quote made for one never
serves for another. This file decides which values are bound and in which order. It does not check
what the values mean (keys: gate 1; anchor and epoch: gate 2), only that each has its exact size.
"""

from __future__ import annotations

import enum
import hmac
from collections.abc import Sequence
from typing import Final

from enclave.attestation.types import REPORT_DATA_BYTES
from enclave.crypto.labels import Mode, Name, label
from enclave.crypto.transcript import H512, MAX_INTEGER
from enclave.errors import Code, Refusal


class Purpose(enum.StrEnum):
    """What a quote is made for: the first field of its report_data."""

    REGISTER = "register"
    BOOTSTRAP = "bootstrap"


FIELD_ORDER: Final = {
    # protocol.md section 5.
    Purpose.REGISTER: (
        "network_id",
        "operator",
        "exchange_key",
        "kem_ciphertext",
        "epoch",
        "anchor_height",
        "anchor_hash",
        "tls_key",
    ),
    # protocol.md section 9.
    Purpose.BOOTSTRAP: ("network_id", "exchange_key", "pk_io", "kem_io", "tls_key"),
}
"""The fields after the purpose, in the order of the specification."""

FIELD_BYTES: Final = {
    "network_id": 32,
    "operator": 20,
    "exchange_key": 32,
    "kem_ciphertext": 1088,
    "anchor_hash": 32,
    "tls_key": 32,
    "pk_io": 32,
    "kem_io": 1184,
}
"""Exact sizes of the fields that are bytes. The others are integers, 0 .. 2^64-1."""


def register_report_data(
    mode: Mode,
    *,
    network_id: bytes,
    operator: bytes,
    exchange_key: bytes,
    kem_ciphertext: bytes,
    epoch: int,
    anchor_height: int,
    anchor_hash: bytes,
    tls_key: bytes,
) -> bytes:
    """The report_data of a quote that registers or renews a node (section 5): 64 bytes.

    Args:
        mode: the registry of labels; a quote of one mode never binds in the other.
        network_id: 32 bytes.
        operator: 20 bytes, the raw account address.
        exchange_key: 32 bytes, X25519.
        kem_ciphertext: 1,088 bytes, ML-KEM-768.
        epoch: the epoch whose KEM key the ciphertext is for.
        anchor_height: height of the header that is the newcomer's root of trust.
        anchor_hash: 32 bytes, that header's hash.
        tls_key: 32 bytes, Ed25519.

    Raises:
        Refusal: BAD_LENGTH or BAD_VALUE.
    """
    values: dict[str, bytes | int] = {
        "network_id": network_id,
        "operator": operator,
        "exchange_key": exchange_key,
        "kem_ciphertext": kem_ciphertext,
        "epoch": epoch,
        "anchor_height": anchor_height,
        "anchor_hash": anchor_hash,
        "tls_key": tls_key,
    }
    return _hash(mode, Purpose.REGISTER, values)


def bootstrap_report_data(
    mode: Mode,
    *,
    network_id: bytes,
    exchange_key: bytes,
    pk_io: bytes,
    kem_io: bytes,
    tls_key: bytes,
) -> bytes:
    """The report_data of the bootstrap enclave's quote (section 9): 64 bytes.

    Args:
        mode: the registry of labels.
        network_id: 32 bytes.
        exchange_key: 32 bytes, X25519.
        pk_io: 32 bytes, the network's X25519 key of epoch 0.
        kem_io: 1,184 bytes, the network's ML-KEM-768 encapsulation key of epoch 0.
        tls_key: 32 bytes, Ed25519.

    Raises:
        Refusal: BAD_LENGTH.
    """
    values: dict[str, bytes | int] = {
        "network_id": network_id,
        "exchange_key": exchange_key,
        "pk_io": pk_io,
        "kem_io": kem_io,
        "tls_key": tls_key,
    }
    return _hash(mode, Purpose.BOOTSTRAP, values)


def check_report_data(found: bytes, *, expected: bytes) -> None:
    """Gate 4: the quote binds exactly the values that came with it.

    Raises:
        Refusal: REPORT_DATA_MISMATCH.
    """
    if len(expected) != REPORT_DATA_BYTES or not hmac.compare_digest(found, expected):
        raise Refusal(Code.REPORT_DATA_MISMATCH, expected=expected.hex(), found=found.hex())


def _hash(mode: Mode, purpose: Purpose, values: dict[str, bytes | int]) -> bytes:
    fields: Sequence[bytes | int] = [_checked(name, values[name]) for name in FIELD_ORDER[purpose]]
    return H512(label(mode, Name.REPORT_DATA), purpose.value, *fields)


def _checked(name: str, value: bytes | int) -> bytes | int:
    if isinstance(value, int):
        if not 0 <= value <= MAX_INTEGER:
            raise Refusal(Code.BAD_VALUE, expected=f"{name} in 0 .. 2^64-1", found=str(value))
    elif len(value) != FIELD_BYTES[name]:
        expected = f"{name} of {FIELD_BYTES[name]} bytes"
        raise Refusal(Code.BAD_LENGTH, expected=expected, found=f"{len(value)} bytes")
    return value
