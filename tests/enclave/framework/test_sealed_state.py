"""What a sealed blob has to hold: its entries in order, a history and a generation."""

from __future__ import annotations

from typing import Any

import pytest

from enclave.crypto.labels import Mode
from enclave.crypto.sealing import SALT_BYTES, Role, seal
from enclave.errors import Code
from enclave.framework.sealed_state import HISTORY_BYTES, SealedState
from enclave.wire import encode
from seedpact.enclave.v1 import sealed_pb2 as pb
from tests.support.enclaves import Entropy, MemoryStorage
from tests.support.refusals import refused

KEY, NETWORK = b"\x01" * 32, b"\x02" * 32
STATE = SealedState(
    MemoryStorage(), mode=Mode.SOFTWARE, seal_key=KEY, entropy=Entropy("sealed state")
)


def blob(*keys: bytes, history: bytes = bytes(HISTORY_BYTES), generation: int = 1) -> bytes:
    """Entries under these keys, sealed under the true key."""
    message = pb.SealedEntries(
        entries=[pb.SealedEntry(key=key, value=b"1") for key in keys],
        history=history,
        generation=generation,
    )
    return seal(
        encode(message),
        mode=Mode.SOFTWARE,
        role=Role.BACKUP,
        network_id=NETWORK,
        seal_key=KEY,
        salt=bytes(SALT_BYTES),
    )


def test_entries_in_order_are_opened() -> None:
    opened = STATE.open_backup(blob(b"a", b"b"), network_id=NETWORK)
    assert opened.entries == {b"a": b"1", b"b": b"1"}


@pytest.mark.parametrize("keys", [(b"b", b"a"), (b"a", b"a")])
def test_entries_twice_or_out_of_order_are_refused(keys: tuple[bytes, ...]) -> None:
    """One state has one encoding: nobody can say later which of two values was meant."""
    with refused(Code.SEALED_MALFORMED):
        STATE.open_backup(blob(*keys), network_id=NETWORK)


@pytest.mark.parametrize("place", [{"history": bytes(15)}, {"generation": 0}])
def test_a_state_without_its_place_is_refused(place: dict[str, Any]) -> None:
    """It would pass for older than any backup, or for a stranger to its own."""
    with refused(Code.SEALED_MALFORMED):
        STATE.open_backup(blob(b"a", **place), network_id=NETWORK)
