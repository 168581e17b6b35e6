"""What the enclave does where its disk refuses, loses a file, or does not know (section 10)."""

from __future__ import annotations

import gc

from enclave.crypto.key_schedule import IoKeys
from enclave.crypto.primitives import KemKey
from enclave.crypto.sealing import Role
from enclave.errors import Code, Refusal
from enclave.framework.sealed_state import StorageUncertain
from enclave.framework.states import State
from seedpact.enclave.v1 import service_pb2 as pb
from tests.support.enclaves import MemoryStorage, Node, inputs
from tests.support.refusals import entries, refused, refused_unchanged
from tests.support.world import Ledger, network

KEM_IO = KemKey(bytes(range(64))).public


def full(_role: Role) -> None:
    """A disk that has room for nothing."""
    raise Refusal(Code.STORAGE_FAILED, expected="room", found="No space left on device")


def no_backup(role: Role) -> None:
    """A disk that has room for the state alone."""
    if role is Role.BACKUP:
        raise Refusal(Code.STORAGE_FAILED, expected="room", found="none")


def test_a_full_disk_changes_nothing_and_the_request_can_be_repeated() -> None:
    storage = MemoryStorage()
    node = Node("newcomer", storage=storage)

    storage.on_save = full
    with refused_unchanged(node, Code.STORAGE_FAILED):
        node.create_node_key(inputs(), kem_io=KEM_IO)
    storage.on_save = lambda _role: None
    node.create_node_key(inputs(), kem_io=KEM_IO)
    assert node.info().backup_current


def test_keys_that_never_reached_the_disk_are_not_kept() -> None:
    """Each refused bootstrap derives the keys of another seed."""
    node = Node("founder", storage=MemoryStorage())
    assert isinstance(node.storage, MemoryStorage)

    def alive() -> int:
        gc.collect()
        return sum(isinstance(kept, IoKeys) for kept in gc.get_objects())

    node.storage.on_save = full
    before = alive()
    for _ in range(5):
        with refused_unchanged(node, Code.STORAGE_FAILED):
            node.bootstrap(inputs())
    assert alive() <= before + 1


def test_a_quote_is_not_answered_before_its_backup_is_written() -> None:
    storage = MemoryStorage()
    node = Node("newcomer", storage=storage)
    node.create_node_key(inputs(), kem_io=KEM_IO)
    storage.on_save = no_backup
    with refused(Code.STORAGE_FAILED):
        node.make_quote(Ledger().purpose())
    assert not node.info().backup_current
    storage.on_save = lambda _role: None
    node.make_quote(Ledger().purpose())
    assert node.info().backup_current
    assert node.info().quotes == 2


def test_the_bootstrap_quote_is_not_answered_before_its_backup_is_written() -> None:
    """It changes nothing, and still vouches for keys that one disk alone holds."""
    storage = MemoryStorage()
    node = Node("founder", storage=storage)
    storage.on_save = no_backup
    with refused(Code.STORAGE_FAILED):
        node.bootstrap(inputs())
    request = pb.MakeQuoteRequest(bootstrap=pb.BootstrapPurpose())
    with refused(Code.STORAGE_FAILED):
        node.call("MakeQuote", request, pb.MakeQuoteResponse)
    storage.on_save = lambda _role: None
    node.call("MakeQuote", request, pb.MakeQuoteResponse)
    assert node.info().backup_current


def test_new_keys_never_overwrite_the_backup_of_a_lost_state() -> None:
    _, (founder,) = network("founder")
    node, before = Node("founder", storage=founder.storage), entries(founder)
    assert isinstance(node.storage, MemoryStorage)
    backup_file = node.storage.blobs[Role.BACKUP]
    del node.storage.blobs[Role.STATE]
    node.start()
    with refused_unchanged(node, Code.KEYS_EXIST):
        node.bootstrap(inputs())
    with refused_unchanged(node, Code.KEYS_EXIST):
        node.create_node_key(inputs(), kem_io=KEM_IO)
    request = pb.RestoreRequest(backup=backup_file, network_id=Ledger().network_id)
    node.call("Restore", request, pb.RestoreResponse)
    assert entries(node) == before


def test_a_start_mends_an_old_backup_and_a_disk_that_refuses_does_not_stop_it() -> None:
    storage = MemoryStorage()
    node = Node("newcomer", storage=storage)
    node.create_node_key(inputs(), kem_io=KEM_IO)
    del storage.blobs[Role.BACKUP]

    storage.on_save = full
    node.start()
    assert not node.info().backup_current
    storage.on_save = lambda _role: None
    node.start()
    assert node.info().backup_current
    assert Role.BACKUP in storage.blobs


def test_after_an_uncertain_write_only_a_restart_helps() -> None:
    storage = MemoryStorage()
    node = Node("newcomer", storage=storage)

    def uncertain(_role: Role) -> None:
        raise StorageUncertain

    storage.on_save = uncertain
    with refused(Code.STORAGE_FAILED):
        node.create_node_key(inputs(), kem_io=KEM_IO)
    storage.on_save = lambda _role: None
    with refused(Code.STORAGE_FAILED):
        node.info()
    node.start()
    assert node.info().state == State.EMPTY.value
