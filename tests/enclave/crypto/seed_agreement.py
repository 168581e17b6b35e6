"""Reads tests/vectors/seed_agreement.json for the tests that follow it."""

from __future__ import annotations

from typing import Any

from enclave.crypto.key_schedule import IoKeys, derive_io_keys
from enclave.crypto.labels import Mode
from tests.enclave.crypto.published import document

Json = dict[str, Any]

FILE = document("seed_agreement.json")
REGISTRATIONS = {row["name"]: row for row in FILE["registrations"]}
MUST_FAIL = {row["name"]: row for row in FILE["must_fail"]}


def raw(row: Json, name: str) -> bytes:
    """One byte string."""
    return bytes.fromhex(row[name])


def derive(row: Json, epoch: Json) -> IoKeys:
    """The product's keys of one epoch of a registration."""
    return derive_io_keys(
        raw(epoch, "consensus_seed"),
        mode=Mode(row["mode"]),
        network_id=raw(row["network"], "network_id"),
        epoch=epoch["epoch"],
    )
