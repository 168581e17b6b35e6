"""Branches hold real changes only, see what is below, and go stale when it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from chain_module.store.branch import Branch, ChildBranch
from chain_module.store.errors import StoreCode, StoreFault
from chain_module.store.state import CommittedState
from chain_module.store.types import KvStore, StateStore, prefix_end
from chain_module.store.version import no_version

ENTRIES: Final = {b"a": b"1", b"b": b"2", b"c": b"3"}


@pytest.fixture
def state() -> CommittedState:
    """Two stores; the first has a, b and c."""
    state = CommittedState(no_version(["bank", "auth"]))
    state.apply(state.prepare({"bank": ENTRIES, "auth": {b"x": b"y"}}))
    return state


def bank(branch: StateStore) -> KvStore:
    """The store that the tests write to."""
    return branch.store("bank")


def test_a_branch_is_not_seen_below(state: CommittedState) -> None:
    branch = state.branch()
    bank(branch).set(b"a", b"new")
    bank(branch).delete(b"b")
    assert bank(branch).get(b"a") == b"new"
    assert bank(branch).get(b"b") is None
    assert dict(state.store("bank").iterate()) == ENTRIES
    assert branch.changes() == {"bank": {b"a": b"new", b"b": None}}


NOTHING: Final[dict[str, list[tuple[bytes, bytes | None]]]] = {
    "an unchanged value": [(b"a", b"1")],
    "a missing key": [(b"missing", None)],
    "set and set back": [(b"a", b"new"), (b"a", b"1")],
    "set and removed": [(b"new", b"1"), (b"new", None)],
    "removed and set back": [(b"a", None), (b"a", b"1")],
    "removed twice": [(b"no", None), (b"no", None)],
}


def write(store: KvStore, changes: list[tuple[bytes, bytes | None]]) -> None:
    """Sets and removals, in this order."""
    for key, value in changes:
        if value is None:
            store.delete(key)
        else:
            store.set(key, value)


@pytest.mark.parametrize("name", NOTHING)
def test_what_changes_nothing_leaves_nothing(state: CommittedState, name: str) -> None:
    branch = state.branch()
    list(bank(branch).iterate())
    write(bank(branch), NOTHING[name])
    assert branch.changes() == {}
    assert dict(bank(branch).iterate()) == ENTRIES


@pytest.mark.parametrize("name", NOTHING)
def test_nor_does_it_in_a_branch_of_a_branch(state: CommittedState, name: str) -> None:
    branch = state.branch()
    child = branch.branch()
    write(bank(child), NOTHING[name])
    child.commit()
    assert branch.changes() == {}


def test_changes_are_in_the_order_of_keys(state: CommittedState) -> None:
    branch = state.branch()
    for key in (b"z", b"b", b"m", b"a"):
        bank(branch).set(key, b"new")
    assert list(branch.changes()["bank"]) == [b"a", b"b", b"m", b"z"]


def test_a_child_is_committed_whole_or_forgotten(state: CommittedState) -> None:
    branch = state.branch()
    bank(branch.branch()).set(b"lost", b"1")
    child = branch.branch()
    bank(child).set(b"kept", b"1")
    bank(child).delete(b"a")
    child.commit()
    assert branch.changes() == {"bank": {b"a": None, b"kept": b"1"}}


def stale_uses(branch: Branch) -> list[Callable[[], object]]:
    """Every use of a branch."""
    store = branch.store("bank")
    return [
        lambda: store.get(b"a"),
        lambda: store.set(b"a", b"2"),
        lambda: store.delete(b"a"),
        store.iterate,
        branch.changes,
        *([branch.commit] if isinstance(branch, ChildBranch) else []),
    ]


def require_stale(branch: Branch) -> None:
    """Asserts that every use is refused."""
    for use in stale_uses(branch):
        with pytest.raises(StoreFault) as fault:
            use()
        assert fault.value.code is StoreCode.STALE_BRANCH


def test_a_branch_is_stale_once_another_block_was_committed(state: CommittedState) -> None:
    kept, child = state.branch(), state.branch().branch()
    state.apply(state.prepare({"bank": {b"a": b"of the block"}}))
    require_stale(kept)
    require_stale(child)
    assert bank(state.branch()).get(b"a") == b"of the block"


def test_a_branch_is_stale_once_its_parent_was_written(state: CommittedState) -> None:
    block = state.branch()
    first, second = block.branch(), block.branch()
    bank(first).set(b"a", b"first")
    # `second` would drop this write as unchanged, and after `first` it is not.
    bank(second).set(b"a", b"1")
    first.commit()
    require_stale(second)
    require_stale(first)
    assert bank(block).get(b"a") == b"first"


def test_what_changes_nothing_makes_no_branch_stale(state: CommittedState) -> None:
    block = state.branch()
    child = block.branch()
    bank(block).set(b"a", b"1")
    block.branch().commit()
    assert bank(child).get(b"a") == b"1"


def test_iterating_sees_what_was_there_when_it_began(state: CommittedState) -> None:
    branch = state.branch()
    bank(branch).set(b"bb", b"new")
    found = bank(branch).iterate()
    bank(branch).delete(b"bb")
    bank(branch).delete(b"c")
    bank(branch).set(b"d", b"4")
    assert list(found) == [*list(ENTRIES.items())[:2], (b"bb", b"new"), (b"c", b"3")]


def test_keys_and_values_are_not_empty(state: CommittedState) -> None:
    branch = state.branch()
    with pytest.raises(StoreFault) as fault:
        bank(branch).set(b"a", b"")
    assert fault.value.code is StoreCode.BAD_VALUE
    with pytest.raises(StoreFault) as fault:
        bank(branch).set(b"", b"1")
    assert fault.value.code is StoreCode.BAD_KEY
    assert branch.changes() == {}


def test_a_store_that_there_is_not(state: CommittedState) -> None:
    for reader in (state, state.newest, state.branch(), state.branch().branch()):
        assert reader.names == ("auth", "bank")
        with pytest.raises(StoreFault) as fault:
            reader.store("gov")
        assert fault.value.code is StoreCode.UNKNOWN_STORE


@pytest.mark.parametrize(
    ("prefix", "end"),
    [(b"a", b"b"), (b"a\xff", b"b"), (b"a\xfe", b"a\xff"), (b"\xff\xff", None), (b"", None)],
)
def test_the_end_of_a_prefix(prefix: bytes, end: bytes | None) -> None:
    assert prefix_end(prefix) == end
