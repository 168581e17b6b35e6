"""Attack 27: sealed files of another machine, swapped, cut or changed.

[refuse, clear message]: every byte of a sealed file is authenticated, under a key of one machine.
"""

from __future__ import annotations

import pytest

from enclave.crypto.sealing import HEADER_BYTES, Role
from enclave.errors import Code, Refusal
from tests.support.enclaves import MemoryStorage, Node, restore
from tests.support.refusals import refused, refused_unchanged
from tests.support.world import network

FORM = {
    Code.SEALED_MALFORMED,
    Code.SEALED_VERSION_UNKNOWN,
    Code.SEALED_WRONG_MODE,
    Code.SEALED_WRONG_ROLE,
}


def stored(node: Node, role: Role = Role.STATE) -> bytes:
    blob = node.storage.load(role)
    assert blob is not None
    return blob


def start_from(node: Node, blob: bytes) -> None:
    """Starts the enclave of `node` with `blob` in the place of its state."""
    storage = MemoryStorage()
    storage.blobs[Role.STATE] = blob
    node.storage = storage
    node.start()


def test_27_a_sealed_file_does_not_open_on_another_machine() -> None:
    _, (founder, member) = network("founder", "member")
    blobs = stored(founder), stored(member)
    for node, blob in zip((member, founder), blobs, strict=True):
        with refused(Code.SEALED_OPEN_FAILED):
            start_from(node, blob)


def test_27_a_backup_does_not_open_on_another_machine() -> None:
    ledger, (founder,) = network("founder")
    thief = Node("thief")
    with refused_unchanged(thief, Code.SEALED_OPEN_FAILED):
        restore(thief, stored(founder, Role.BACKUP), ledger.network_id)


def test_27_a_sealed_file_cut_at_any_byte_is_refused() -> None:
    _, (founder,) = network("founder")
    blob = stored(founder)
    for size in range(len(blob)):
        with pytest.raises(Refusal) as refusal:
            start_from(founder, blob[:size])
        assert refusal.value.code in {Code.SEALED_MALFORMED, Code.SEALED_OPEN_FAILED}
    start_from(founder, blob)


def test_27_a_sealed_file_with_any_byte_changed_is_refused() -> None:
    _, (founder,) = network("founder")
    blob = stored(founder)
    for index in range(len(blob)):
        changed = bytearray(blob)
        changed[index] ^= 0x01
        with pytest.raises(Refusal) as refusal:
            start_from(founder, bytes(changed))
        code = refusal.value.code
        assert code is Code.SEALED_OPEN_FAILED or (index < HEADER_BYTES and code in FORM)


def test_27_a_sealed_file_with_a_byte_too_many_is_refused() -> None:
    _, (founder,) = network("founder")
    with refused(Code.SEALED_OPEN_FAILED):
        start_from(founder, stored(founder) + b"\0")
