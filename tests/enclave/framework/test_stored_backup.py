"""What a backup is known to hold: every field of a value counts, but a header (docs/adr/0022)."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from enclave.crypto.labels import Mode
from enclave.framework.sealed_state import HISTORY_BYTES, Place, Sealed, SealedState
from enclave.framework.sealed_values import (
    FORK,
    KEM,
    QUOTE,
    SEED,
    TRUST,
    KemSecret,
    QuoteEntry,
    Trust,
)
from enclave.framework.store import Codec
from enclave.framework.stored_backup import BACKUP_HEADERS, StoredBackup
from enclave.light_client.fork import Fork
from enclave.light_client.types import Header
from tests.support.enclaves import Entropy, MemoryStorage
from tests.support.headers import HeaderChain
from tests.support.world import Ledger

KEM_KEY, KEM_TEXT = bytes(1184), bytes(1088)
ONE, TWO = bytes(32), b"\x01" * 32


def header(height: int) -> Header:
    """Any header."""
    chain = HeaderChain(chain_id="seedpact-test-1", first=height)
    return chain.add(app_hash=bytes(32), time=Ledger().time(1))


ROOT = Trust(root_height=5, root_hash=ONE, header=header(7))
BOUND = QuoteEntry(5, ONE, bytes(64), ONE, header(7))
CHANGES: list[tuple[bytes, Codec[Any], Any, dict[str, Any]]] = [
    (
        b"trust",
        TRUST,
        ROOT,
        {"root_height": 6, "root_hash": TWO, "header": header(7 + BACKUP_HEADERS)},
    ),
    (
        b"quote/" + bytes(8),
        QUOTE,
        BOUND,
        {
            "anchor_height": 6,
            "anchor_hash": TWO,
            "report_data": TWO * 2,
            "tls_seed": TWO,
            "header": header(7 + BACKUP_HEADERS),
        },
    ),
    (
        b"kem/" + bytes(8),
        KEM,
        KemSecret(KEM_KEY, KEM_TEXT, ONE),
        {"kem_io": b"\x01" * 1184, "ciphertext": b"\x01" * 1088, "secret": TWO},
    ),
    (b"fork", FORK, Fork(9, ONE, TWO), {"height": 8, "first": b"\x02" * 32, "second": ONE}),
]


@pytest.mark.parametrize(
    ("key", "codec", "value", "changed"), CHANGES, ids=lambda one: repr(one)[:9]
)
def test_every_field_of_a_value_counts_but_a_header(
    key: bytes, codec: Codec[Any], value: Any, changed: dict[str, Any]
) -> None:
    """A field that somebody adds has to say here whether the backup follows it."""
    assert {field.name for field in fields(value)} == set(changed)
    stored = stored_backup()
    stored.save(sealed({key: codec.encode(value)}), network_id=ONE)
    for name, other in changed.items():
        assert not stored.is_current(
            sealed({key: codec.encode(replace(value, **{name: other}))})
        ), name
    assert not stored.is_current(sealed({}))
    assert not stored.is_current(sealed({key: codec.encode(value), b"fork/": b""}))


@pytest.mark.parametrize(("key", "codec", "value"), [one[:3] for one in CHANGES[:2]])
def test_a_header_of_the_same_thousand_does_not(key: bytes, codec: Codec[Any], value: Any) -> None:
    stored = stored_backup()
    stored.save(sealed({key: codec.encode(value)}), network_id=ONE)
    for other in (header(8), header(BACKUP_HEADERS - 1)):
        assert stored.is_current(sealed({key: codec.encode(replace(value, header=other))}))


def test_seeds_and_keys_count_whole() -> None:
    stored = stored_backup()
    stored.save(sealed({b"seed/" + bytes(8): SEED.encode(ONE), b"node_key": ONE}), network_id=ONE)
    assert not stored.is_current(sealed({b"seed/" + bytes(8): SEED.encode(TWO), b"node_key": ONE}))
    assert not stored.is_current(sealed({b"seed/" + bytes(8): SEED.encode(ONE), b"node_key": TWO}))


def test_its_place_counts() -> None:
    """The same entries of a later generation: what lies between was never stored here."""
    stored, state = stored_backup(), sealed({b"node_key": ONE})
    stored.save(state, network_id=ONE)
    assert stored.is_current(state)
    later = replace(state.place, generation=2)
    assert not stored.is_current(replace(state, place=later))


def sealed(entries: dict[bytes, bytes]) -> Sealed:
    """These entries, in one place."""
    return Sealed(entries, Place(bytes(HISTORY_BYTES), 1))


def stored_backup() -> StoredBackup:
    """One over a disk of its own."""
    state = SealedState(
        MemoryStorage(), mode=Mode.SOFTWARE, seal_key=ONE, entropy=Entropy("backup")
    )
    return StoredBackup(state)
