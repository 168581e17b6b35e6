"""The committed state: two steps to a version, old versions, and what a log record must give."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from chain_module.store.encoding import EMPTY_ROOT
from chain_module.store.errors import StoreCode, StoreFault
from chain_module.store.log_record import decode_record, encode_record
from chain_module.store.state import CommittedState
from chain_module.store.types import StateChanges
from chain_module.store.version import no_version

NAMES: Final = ("auth", "bank")
GENESIS: Final[StateChanges] = {"auth": {b"p": b"1"}, "bank": {b"a": b"1", b"b": b"2"}}


def at_genesis(*, initial: int = 1, keep: int = 2) -> CommittedState:
    """A state after its first version."""
    state = CommittedState(no_version(NAMES, initial_version=initial), keep=keep)
    state.apply(state.prepare(GENESIS))
    return state


def code_of(fault: pytest.ExceptionInfo[StoreFault]) -> StoreCode:
    """Which fault it was."""
    return fault.value.code


def test_before_the_first_version_the_app_hash_is_that_of_nothing() -> None:
    state = CommittedState(no_version(NAMES, initial_version=10))
    assert state.newest.number == 9
    assert state.newest.app_hash == EMPTY_ROOT
    assert state.store("bank").get(b"a") is None
    assert list(state.store("bank").iterate()) == []


def test_preparing_changes_nothing() -> None:
    state = at_genesis()
    before = state.newest
    prepared = state.prepare({"bank": {b"a": b"new", b"b": None}})
    assert prepared.version.app_hash != before.app_hash
    assert state.newest is before
    assert dict(state.store("bank").iterate()) == GENESIS["bank"]
    assert state.store("bank").get(b"a") == b"1"
    state.apply(prepared)
    assert dict(state.store("bank").iterate()) == {b"a": b"new"}
    assert state.store("bank").get(b"b") is None


def test_a_version_without_changes_has_the_same_app_hash() -> None:
    state = at_genesis()
    state.apply(state.prepare({}))
    assert state.newest.number == 2
    assert state.newest.app_hash == state.at(1).app_hash


def test_the_initial_version_is_in_the_app_hash() -> None:
    assert at_genesis(initial=1).newest.app_hash != at_genesis(initial=2).newest.app_hash


def test_of_two_prepared_versions_one_is_taken() -> None:
    state = at_genesis()
    first, second = state.prepare({"bank": {b"a": b"2"}}), state.prepare({"bank": {b"a": b"3"}})
    state.apply(second)
    with pytest.raises(StoreFault) as fault:
        state.apply(first)
    assert code_of(fault) is StoreCode.WRONG_VERSION
    assert state.store("bank").get(b"a") == b"3"


@pytest.mark.parametrize("changes", [{}, {"bank": {b"a": b"1"}}])
def test_no_store_is_without_a_key_at_genesis(changes: StateChanges) -> None:
    state = CommittedState(no_version(NAMES))
    with pytest.raises(StoreFault, match="a key in auth") as fault:
        state.prepare(changes)
    assert code_of(fault) is StoreCode.EMPTY_STORE


def test_no_store_loses_its_last_key() -> None:
    state = at_genesis()
    with pytest.raises(StoreFault) as fault:
        state.prepare({"auth": {b"p": None}})
    assert code_of(fault) is StoreCode.EMPTY_STORE


def test_no_changes_of_a_store_that_there_is_not() -> None:
    with pytest.raises(StoreFault) as fault:
        at_genesis().prepare({"gov": {b"a": b"1"}})
    assert code_of(fault) is StoreCode.UNKNOWN_STORE


def test_the_last_versions_are_readable_and_no_others() -> None:
    state = at_genesis(keep=2)
    for value in (b"2", b"3"):
        state.apply(state.prepare({"bank": {b"a": value}}))
    assert [state.at(number).store("bank").get(b"a") for number in (2, 3)] == [b"2", b"3"]
    for number in (0, 1, 4):
        with pytest.raises(StoreFault) as fault:
            state.at(number)
        assert code_of(fault) is StoreCode.VERSION_NOT_KEPT
        assert fault.value.expected == "a version from 2 to 3"


def test_a_reader_of_a_version_does_not_move() -> None:
    state = at_genesis(keep=1)
    reader = state.newest.store("bank")
    state.apply(state.prepare({"bank": {b"a": None, b"z": b"26"}}))
    assert dict(reader.iterate()) == GENESIS["bank"]
    assert reader.get(b"a") == b"1"


def test_a_replayed_record_gives_the_same_version() -> None:
    state, replica = at_genesis(), CommittedState(no_version(NAMES))
    replica.replay(encode_record(CommittedState(no_version(NAMES)).prepare(GENESIS).record))
    assert replica.newest == state.newest
    assert dict(replica.store("bank").iterate()) == GENESIS["bank"]


def test_a_record_of_another_version_is_refused() -> None:
    state = at_genesis()
    record = state.prepare({"bank": {b"a": b"2"}}).record
    for number in (1, 3):
        with pytest.raises(StoreFault) as fault:
            state.replay(encode_record(replace(record, version=number)))
        assert code_of(fault) is StoreCode.WRONG_VERSION
        assert state.newest.number == 1


def test_a_record_that_gives_another_app_hash_is_refused() -> None:
    state = at_genesis()
    record = state.prepare({"bank": {b"a": b"2"}}).record
    other = encode_record(replace(record, changes={"bank": {b"a": b"3"}}))
    with pytest.raises(StoreFault) as fault:
        state.replay(other)
    assert code_of(fault) is StoreCode.ROOT_MISMATCH
    assert fault.value.expected == f"app hash {record.app_hash.hex()} at version 2"
    assert state.newest.number == 1
    assert state.store("bank").get(b"a") == b"1"
    state.replay(encode_record(record))
    assert decode_record(encode_record(record)) == record
